import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { ActionButton, type Dispatcher } from '../actions/index.ts';
import { type ColorTableId, colorTables } from '../geometry/index.ts';
import { Select } from '../ui/index.ts';
import { currentLayout, type ReadingContext } from './context.ts';
import { ctWindows, fusionTables, petRangeText, petTables, type Range, windowText } from './presets.ts';

function Group({ children }: { readonly children: ReactNode }) {
  return <div className="flex items-center gap-1 border-r border-line pr-2 last:border-0">{children}</div>;
}

function same(a: Range, b: Range): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

interface Option {
  readonly id: string;
  readonly label: string;
}

function Choice({
  label,
  value,
  options,
  onChoose,
  disabled = false,
  className,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChoose: (id: string) => void;
  readonly disabled?: boolean;
  readonly className?: string;
}) {
  return (
    <Select
      aria-label={label}
      title={label}
      value={value}
      disabled={disabled}
      onChange={(event) => {
        onChoose(event.target.value);
        // The keys of the page work again at once.
        event.target.blur();
      }}
      isSmall
      className={className ?? ''}
    >
      {options.map((option) => (
        <option key={option.id} value={option.id}>
          {option.label}
        </option>
      ))}
    </Select>
  );
}

const OWN = 'own';

/** Layout, windows, tables, fusion and tools. Everything here has a key. */
export function Toolbar({
  dispatcher,
  context,
}: {
  readonly dispatcher: Dispatcher<ReadingContext>;
  readonly context: ReadingContext;
}) {
  const { store, model } = context;
  const now = useStore(store);
  const button = (id: string) => <ActionButton key={id} dispatcher={dispatcher} id={id} context={context} />;
  const ctWindow = ctWindows.find((preset) => same(preset.range, now.ctRange));
  const petRange = model.petPresets.find((preset) => same(preset.range, now.petRange));
  const tables = (ids: readonly ColorTableId[]) => ids.map((id) => colorTables[id]);
  return (
    <div
      role="toolbar"
      aria-label="Display"
      className="flex h-10 shrink-0 items-center gap-2 overflow-x-clip border-b border-line bg-surface px-2"
    >
      <Group>
        {button('tool.triangulate')}
        {button('tool.window')}
      </Group>
      <Group>
        <Choice
          label="Layout"
          value={currentLayout(model, now.layoutId)?.id ?? ''}
          options={model.layouts}
          disabled={model.layouts.length < 2}
          onChoose={(layoutId) => store.setState({ layoutId, maximised: null })}
        />
        {button('pane.maximise')}
        {button('pane.reset')}
      </Group>
      <Group>
        <Choice
          label="CT window (1–5)"
          value={ctWindow?.id ?? OWN}
          options={[
            ...ctWindows.map((preset) => ({
              id: preset.id,
              label: `${preset.label}  ${windowText(preset.range)}`,
            })),
            ...(ctWindow === undefined ? [{ id: OWN, label: windowText(now.ctRange) }] : []),
          ]}
          disabled={model.ct === undefined}
          onChoose={(id) =>
            store.setState({ ctRange: ctWindows.find((preset) => preset.id === id)?.range ?? now.ctRange })
          }
          className="w-44"
        />
      </Group>
      <Group>
        <Choice
          label="PET range (6–9)"
          value={petRange?.id ?? OWN}
          options={[
            ...model.petPresets,
            ...(petRange === undefined
              ? [{ id: OWN, label: petRangeText(now.petRange, model.pet?.unit ?? '1') }]
              : []),
          ]}
          disabled={model.pet === undefined}
          onChoose={(id) =>
            store.setState({
              petRange: model.petPresets.find((preset) => preset.id === id)?.range ?? now.petRange,
            })
          }
          className="w-32"
        />
        <Choice
          label="PET colour table (I)"
          value={now.petTable}
          options={tables(petTables)}
          disabled={model.pet === undefined}
          onChoose={(id) => store.setState({ petTable: id as ColorTableId })}
        />
      </Group>
      {model.fusion.isAllowed && (
        <Group>
          {button('fusion.toggle')}
          {model.isDeformable && button('fusion.deformed')}
          {button('align.by-hand')}
          <label className="flex items-center gap-2 text-[11px] text-muted">
            CT
            <input
              type="range"
              min={0}
              max={100}
              step={5}
              value={Math.round(now.opacity * 100)}
              aria-label="Share of PET in the fusion"
              onChange={(event) =>
                store.setState({ opacity: Number(event.target.value) / 100, content: 'fused' })
              }
              className="slider w-24"
            />
            PET
          </label>
          <Choice
            label="Fusion colour table (Shift I)"
            value={now.fusionTable}
            options={tables(fusionTables)}
            onChoose={(id) => store.setState({ fusionTable: id as ColorTableId })}
          />
        </Group>
      )}
      <Group>
        {button('mip.spin')}
        {button('mip.maximise')}
        {button('outlines')}
        {button('enhance.open')}
      </Group>
      <div className="ml-auto flex items-center gap-1">
        {button('undo')}
        <ActionButton dispatcher={dispatcher} id="help" context={context} className="tip-left" />
      </div>
    </div>
  );
}
