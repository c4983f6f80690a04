import { figure, type Html, html, STYLE } from '../report/index.ts';
import { NOTICE } from '../study/index.ts';
import type { ModelValidation } from './schema.ts';
import { titleOf } from './summarise.ts';
import type { CasePicture } from './validate-model.ts';

type Statistic = ModelValidation['statistics'][number];

/** Four figures, and minus signs that are minus signs. */
export const number = (value: number): string => {
  const text =
    Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
      ? value.toExponential(2)
      : String(Number(value.toPrecision(4)));
  return text.replace('-', '−');
};
const interval = (one: { readonly low: number; readonly high: number } | null): string =>
  one === null ? '–' : `${number(one.low)} to ${number(one.high)}`;
const probability = (p: number | null): string => (p === null ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));
const named = ({ measure, label, unit }: Pick<Statistic, 'measure' | 'label' | 'unit'>): Html =>
  html`<th scope="row">${titleOf(measure)}${label === null ? '' : `, ${label}`} <span class="dim">${unit === '1' ? '' : unit}</span></th>`;
export const cell = (text: string | number): Html => html`<td class="number">${text}</td>`;

export function table(head: readonly string[], rows: readonly Html[]): Html {
  const columns = head.map((title, n) =>
    n === 0 ? html`<th>${title}</th>` : html`<th class="number">${title}</th>`,
  );
  return html`<table><thead><tr>${columns}</tr></thead><tbody>${rows}</tbody></table>`;
}

export const statisticsTable = (statistics: readonly Statistic[]): Html =>
  table(
    ['measure', 'cases', 'mean', '95 % interval', 'least', 'most'],
    statistics.map(
      (one) =>
        html`<tr>${named(one)}${cell(one.cases)}${cell(number(one.mean))}${cell(interval(one.interval))}${cell(number(one.least))}${cell(number(one.most))}</tr>`,
    ),
  );

function pairedTable({ paired }: ModelValidation): Html {
  return table(
    [
      'measure',
      'cases',
      'mean difference',
      '95 % interval',
      'p (signed ranks)',
      'margin',
      '90 % interval',
      'equivalent',
    ],
    paired.map((one) => {
      const { equivalence } = one;
      const verdict =
        equivalence === null
          ? html`<td class="number dim">no margin given</td>`
          : html`<td class="number"><span class="pill ${equivalence.isEquivalent ? 'green' : 'amber'}">${equivalence.isEquivalent ? 'yes' : 'not shown'}</span> p ${probability(equivalence.p)}</td>`;
      return html`<tr>${named(one)}${cell(one.cases)}${cell(number(one.mean))}${cell(interval(one.interval))}${cell(probability(one.p))}${cell(equivalence === null ? '–' : `± ${number(equivalence.margin)}`)}${cell(interval(equivalence?.interval ?? null))}${verdict}</tr>`;
    }),
  );
}

function casesTable({ cases, statistics }: ModelValidation): Html {
  const columns = statistics.slice(0, MOST_COLUMNS);
  return table(
    [
      'case',
      'scanner',
      'protocol',
      ...columns.map(({ measure, label }) => (label === null ? measure : `${measure} ${label}`)),
      's',
    ],
    cases.map(({ number: n, id, strata, measures, seconds, failure }) => {
      const values =
        failure === null
          ? columns.map(({ measure, label }) => {
              const found = measures.find((one) => one.measure === measure && one.label === label);
              return cell(found === undefined ? '–' : number(found.value));
            })
          : [
              html`<td colspan="${columns.length}"><span class="pill red">${failure.code}</span> ${failure.message}</td>`,
            ];
      return html`<tr><th scope="row" title="${id}">${n}</th><td>${strata.scanner ?? ''}</td><td>${strata.protocol ?? ''}</td>${values}${cell(seconds.toFixed(1))}</tr>`;
    }),
  );
}

const MOST_COLUMNS = 8;

/** The whole report in one file; nothing is loaded from elsewhere, nothing in it names a patient. */
export function validationReport(validation: ModelValidation, pictures: readonly CasePicture[]): string {
  const { model, against, cases, strata, findings, worst } = validation;
  const failed = cases.filter(({ failure }) => failure !== null).length;
  const seconds = cases.filter(({ failure }) => failure === null).map((one) => one.seconds);
  const typical = seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)];
  const facts: [string, string][] = [
    ['Model', `${model.id} ${model.version}`],
    ['Task', model.task],
    ['Held against', against === null ? 'nothing' : `${against.id} ${against.version}`],
    ['Cases', `${cases.length}${failed === 0 ? '' : `, ${failed} without result`}`],
    ['Reference', validation.hasReference ? 'given' : 'none: only changes are measured'],
    ['Computed by', `${model.provider} ${model.runtimeVersion}`.trim()],
    ['Time a case', typical === undefined ? '–' : `${typical.toFixed(1)} s (median)`],
    ['Digest', model.digest.slice(0, 16)],
  ];
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${model.id} ${model.version} on the site's own studies</title><style>${{ html: STYLE }}</style></head><body>
<header><h1>${model.title}: tried on the site's own studies</h1><dl class="facts">${facts.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl></header><main>
${findings.length === 0 ? null : html`<section class="check"><h2>To check first</h2><ul>${findings.map(({ severity, code, message, remedy }) => html`<li class="${severity}"><span>${message}</span> <em>${remedy ?? ''}</em> <code>${code}</code></li>`)}</ul></section>`}
<h2>Over all cases</h2>${statisticsTable(validation.statistics)}
<p class="dim">Intervals: percentile bootstrap over cases, seed ${validation.seed}. PSNR and similarity of CT with a range of 2000 HU, else with that of the image.</p>
${against === null ? null : html`<h2>${model.version} less ${against.version}, case by case</h2>${pairedTable(validation)}<p class="dim">Equivalence: two one-sided t-tests at 5 %, that is where the 90 % interval lies within the margin. "Not shown" is no proof of a difference.</p>`}
${pictures.length === 0 ? null : html`<h2>Worst cases${worst.measure === null ? '' : ` by: ${titleOf(worst.measure).toLowerCase()}`}</h2>${pictures.map((one) => figure({ title: `case ${one.number}, ${one.title}`, png: one.png }))}`}
${strata.length === 0 ? null : html`<h2>By scanner and protocol</h2>${strata.map(({ by, value, statistics }) => html`<details open><summary>${WORDS[by] ?? by}: ${value}</summary>${statisticsTable(statistics)}</details>`)}`}
<h2>Each case</h2>${casesTable(validation)}</main>
<footer>${NOTICE} Numbers of cases are those of validation.json and cases.csv, which hold their identities.</footer></body></html>
`;
  return page.html;
}

const WORDS: Readonly<Record<string, string>> = {
  scanner: 'Scanner',
  protocol: 'Protocol',
  kernel: 'Kernel',
  sliceThickness: 'Slice thickness',
};

/** One line for each number of each case; a header line; fields that need it in quotes (RFC 4180). */
export function validationCsv({ cases, model, against }: ModelValidation): string {
  const head = ['case', 'id', 'scanner', 'protocol', 'kernel', 'slice_thickness', 'measure', 'label', 'unit'];
  const lines = [
    [
      ...head,
      `${model.id}@${model.version}`,
      against === null ? 'against' : `${against.id}@${against.version}`,
    ],
  ];
  for (const { number: n, id, strata, measures, failure } of cases) {
    const front = [
      String(n),
      id,
      ...['scanner', 'protocol', 'kernel', 'sliceThickness'].map((by) => strata[by] ?? ''),
    ];
    if (failure !== null) lines.push([...front, 'failure', failure.code, '', '', '']);
    for (const { measure, label, unit, value, against: other } of measures)
      lines.push([...front, measure, label ?? '', unit, String(value), other === null ? '' : String(other)]);
  }
  return csv(lines);
}

/** Fields that spreadsheets would take for a formula are made text. */
export function csv(lines: readonly (readonly string[])[]): string {
  const field = (text: string) => {
    const safe = /^[=+@\t\r]/.test(text) || /^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${lines.map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}
