import type { EnhancementSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was enhanced, by what and why, what was measured, and what stays as it is, for a terminal. */
export function describeEnhancement({ series, left, findings }: EnhancementSummary): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = series.flatMap(({ source, method, result, measured }) =>
    measured.length === 0
      ? [
          [
            source.description,
            `${method.id} ${method.version}`,
            result === null ? 'nothing to do' : '',
            '',
            '',
            '',
          ],
        ]
      : measured.map(({ name, unit, before, after }, index) => [
          index === 0 ? source.description : '',
          index === 0 ? `${method.id} ${method.version}` : '',
          name,
          before === null ? '-' : String(before),
          after === null ? '-' : String(after),
          unit,
        ]),
  );
  return [
    ...(rows.length === 0
      ? []
      : [
          textTable(
            [
              { title: 'series' },
              { title: 'method' },
              { title: 'measured' },
              right('before'),
              right('after'),
              { title: 'unit' },
            ],
            rows,
          ),
        ]),
    ...series.map(({ source, phase }) => `${source.description}: ${source.reason} (${phase})`),
    ...left.map(({ modality, description, reason }) => `as it is: ${modality} ${description}: ${reason}`),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}
