import { z } from 'zod';
import { html, STYLE } from '../report/index.ts';
import { NOTICE } from '../study/index.ts';
import { cell, number, statisticsTable, table } from './report.ts';
import { modelValidation } from './schema.ts';
import { statisticsOf } from './summarise.ts';

export const MODEL_COMPARISON_SCHEMA = 'photopeak/model-comparison/1';

const { statistics } = modelValidation.shape;
const failure = z.object({ code: z.string(), message: z.string() });

/** What `photopeak model compare --json` prints. */
export const modelComparison = z.object({
  schema: z.literal(MODEL_COMPARISON_SCHEMA),
  model: z.string(),
  version: z.string(),
  candidate: z.string(),
  seed: z.int(),
  series: z.array(
    z.object({
      number: z.int(),
      studyInstanceUid: z.string(),
      seriesInstanceUid: z.string(),
      strata: z.record(z.string(), z.string()),
      differences: z.array(
        z.object({ name: z.string(), label: z.string().nullable(), unit: z.string(), value: z.number() }),
      ),
      versionSeconds: z.number().nullable(),
      candidateSeconds: z.number().nullable(),
      failure: failure.nullable(),
    }),
  ),
  statistics,
  strata: z.array(z.object({ by: z.string(), value: z.string(), statistics })),
});
export type ModelComparison = z.infer<typeof modelComparison>;

type Compared = Omit<ModelComparison['series'][number], 'number'>;

/** Sums up how a candidate differed from the version in use; differences are candidate less version. */
export function summariseComparison(
  names: Pick<ModelComparison, 'model' | 'version' | 'candidate'>,
  compared: readonly Compared[],
  seed = 1,
): ModelComparison {
  const series = compared.map((one, index) => ({ number: index + 1, ...one }));
  const rows = series.map((one) => ({
    number: one.number,
    id: one.seriesInstanceUid,
    strata: one.strata,
    measures: one.differences.map(({ name, ...rest }) => ({ measure: name, ...rest, against: null })),
    difference: [],
    seconds: one.candidateSeconds ?? 0,
    failure: one.failure,
  }));
  const strata = ['scanner', 'protocol', 'modality'].flatMap((by) => {
    const values = [...new Set(rows.map((row) => row.strata[by] ?? ''))].sort();
    if (values.length < 2) return [];
    return values.map((value) => ({
      by,
      value,
      statistics: statisticsOf(
        rows.filter((row) => (row.strata[by] ?? '') === value),
        seed,
      ),
    }));
  });
  return {
    schema: MODEL_COMPARISON_SCHEMA,
    ...names,
    seed,
    series,
    statistics: statisticsOf(rows, seed),
    strata,
  };
}

/** The report as one HTML file; series are named by number, their UIDs are in the JSON. */
export function comparisonReport(comparison: ModelComparison): string {
  const { model, version, candidate, series, strata, seed } = comparison;
  const failed = series.filter((one) => one.failure !== null);
  const seconds = (value: number | null) => cell(value === null ? '–' : value.toFixed(1));
  const rows = series.map((one) => {
    const told =
      one.failure === null
        ? one.differences
            .map(
              ({ name, label, unit, value }) =>
                `${label ?? name} ${number(value)}${unit === '1' ? '' : ` ${unit}`}`,
            )
            .join('; ')
        : `${one.failure.code}: ${one.failure.message}`;
    return html`<tr><th scope="row" title="${one.seriesInstanceUid}">${one.number}</th><td>${one.strata.scanner ?? ''}</td><td>${one.strata.protocol ?? ''}</td>${seconds(one.versionSeconds)}${seconds(one.candidateSeconds)}<td>${told}</td></tr>`;
  });
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${model}: ${candidate} beside ${version}</title><style>${{ html: STYLE }}</style></head><body>
<header><h1>${model}: ${candidate} as a shadow beside ${version}</h1><dl class="facts"><div><dt>Series compared</dt><dd>${series.length}</dd></div><div><dt>Without result</dt><dd>${failed.length}</dd></div></dl></header><main>
<p>Differences are ${candidate} less ${version}, on the same series; nobody was shown what ${candidate} gave. They say how much would change, not whether it would be better.</p>
<h2>Over all series</h2>${statisticsTable(comparison.statistics)}<p class="dim">Intervals: percentile bootstrap over series, seed ${seed}.</p>
${strata.length === 0 ? null : html`<h2>By scanner, protocol and modality</h2>${strata.map(({ by, value, statistics: some }) => html`<details open><summary>${by}: ${value === '' ? '(not told)' : value}</summary>${statisticsTable(some)}</details>`)}`}
<h2>Each series</h2>${table(['series', 'scanner', 'protocol', `s, ${version}`, `s, ${candidate}`, 'differences'], rows)}</main>
<footer>${NOTICE}</footer></body></html>
`;
  return page.html;
}
