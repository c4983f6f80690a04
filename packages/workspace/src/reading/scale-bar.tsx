import { type ColorTableId, colorTables, cssGradient } from '../geometry/index.ts';
import { isSuvUnit, type Range, readable } from './presets.ts';

/** The colour table with the values of its ends, in SUV or in the series' own unit. */
export function ScaleBar({
  range,
  unit,
  table,
}: {
  readonly range: Range;
  readonly unit: string;
  readonly table: ColorTableId;
}) {
  const middle = (range[0] + range[1]) / 2;
  const text = (value: number) => {
    const shown = isSuvUnit(unit) ? value : readable(value, unit).value;
    return String(Number(shown.toFixed(shown >= 100 ? 0 : 1)));
  };
  const name = isSuvUnit(unit) ? 'SUV' : readable(range[1], unit).name;
  return (
    <div className="absolute right-2 bottom-1.5 flex items-stretch gap-1">
      <div className="flex flex-col justify-between text-right">
        <span>{text(range[1])}</span>
        <span>{text(middle)}</span>
        <span>
          <span className="mr-1 opacity-80">{name}</span>
          {text(range[0])}
        </span>
      </div>
      <div
        className="h-20 w-2 border border-current/50"
        style={{ backgroundImage: cssGradient(colorTables[table], 'top') }}
      />
    </div>
  );
}
