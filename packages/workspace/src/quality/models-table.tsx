import type { QualityList } from '../api/index.ts';

const mark = (value: number | null) => (value === null ? '–' : value.toFixed(1));

/** What quality control and people said of each model, over all time, by month, and what has drifted. */
export function ModelsTable({ models }: { readonly models: QualityList['models'] }) {
  if (models.length === 0) return <p className="text-[13px] text-muted">No series was checked yet.</p>;
  const titles = [
    'Model',
    'Modality',
    'Passed',
    'Flagged',
    'Held back',
    'Forms',
    'Artefacts',
    'Sharpness',
    'Noise texture',
    'Confidence',
    'By month (passed / flagged / held back)',
    'Drift of the newest 30',
  ];
  return (
    <table className="w-full border-collapse text-left text-[12px]">
      <thead className="text-muted">
        <tr className="border-b border-line">
          {titles.map((title) => (
            <th key={title} scope="col" className="py-1 pr-3 font-medium">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {models.map(({ model, modality, counts, scored, marks, months, drift }) => (
          <tr key={`${model} ${modality}`} className="border-b border-line/60 align-top">
            <td className="py-1 pr-3">{model}</td>
            <td className="py-1 pr-3">{modality}</td>
            <td className="py-1 pr-3">{counts.passed}</td>
            <td className="py-1 pr-3">{counts.flagged}</td>
            <td className="py-1 pr-3">{counts.held}</td>
            <td className="py-1 pr-3">{scored}</td>
            <td className="py-1 pr-3">{mark(marks.artefacts)}</td>
            <td className="py-1 pr-3">{mark(marks.sharpness)}</td>
            <td className="py-1 pr-3">{mark(marks.noiseTexture)}</td>
            <td className="py-1 pr-3">{mark(marks.confidence)}</td>
            <td className="py-1 pr-3">
              {months.map(({ month, passed, flagged, held }) => (
                <div key={month}>
                  {month}: {passed} / {flagged} / {held}
                </div>
              ))}
            </td>
            <td className="py-1 text-check">
              {drift.map(({ check, before, now }) => (
                <div key={check}>
                  {check}: {Number(before.toPrecision(3))} → {Number(now.toPrecision(3))}
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
