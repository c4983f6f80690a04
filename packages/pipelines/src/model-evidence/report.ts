import { csvField } from '../csv-field.ts';
import { figure, type Html, html, STYLE } from '../report/index.ts';
import { NOTICE } from '../study/index.ts';
import { UNKNOWN } from './cases.ts';
import type { ModelValidation } from './schema.ts';
import { strip } from './strip.ts';
import { titleOf } from './summarise.ts';
import type { ValidationResult } from './validate-model.ts';

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

/** The columns of equivalence are there only where a margin was given: the answer must not lie beyond the page. */
function pairedTable({ paired }: ModelValidation): Html {
  const isTested = paired.some(({ equivalence }) => equivalence !== null);
  const tested = ({ equivalence }: ModelValidation['paired'][number]): Html =>
    equivalence === null
      ? html`${cell('–')}${cell('–')}<td class="number dim">no margin</td>`
      : html`${cell(`±${number(equivalence.margin)}`)}${cell(interval(equivalence.interval))}<td class="number"><span class="pill ${equivalence.isEquivalent ? 'green' : 'amber'}">${equivalence.isEquivalent ? 'yes' : 'not shown'}</span> p ${probability(equivalence.p)}</td>`;
  return table(
    [
      'measure',
      'cases',
      'mean',
      '95 % interval',
      'p (ranks)',
      ...(isTested ? ['margin', '90 % interval', 'equivalent'] : []),
    ],
    paired.map(
      (one) =>
        html`<tr>${named(one)}${cell(one.cases)}${cell(number(one.mean))}${cell(interval(one.interval))}${cell(probability(one.p))}${isTested ? tested(one) : null}</tr>`,
    ),
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

/** Long names of measures wrap, and the lines of cases stand in two columns. */
const MORE_STYLE = `${STYLE}
th[scope=row] { white-space: normal; width: auto; padding-right: 12px; }
.strips { display: grid; grid-template-columns: repeat(auto-fill, minmax(480px, 1fr)); gap: 10px 28px; }
.strips figure { margin: 0; } .strips svg { display: block; width: 100%; height: auto; }`;

/** Where every case lies: the differences to the version beside where there is one, else the values. */
function strips({ cases, statistics, paired, against }: ModelValidation): readonly Html[] {
  const rows: readonly (Statistic | ModelValidation['paired'][number])[] =
    against === null ? statistics : paired;
  return rows.slice(0, MOST_STRIPS).flatMap((one) => {
    const values = cases.flatMap(({ number: n, measures }) =>
      measures
        .filter(({ measure, label }) => measure === one.measure && label === one.label)
        .flatMap(({ value, against: other }) => {
          if (against === null) return [{ number: n, value }];
          return other === null ? [] : [{ number: n, value: value - other }];
        }),
    );
    if (values.length < 2) return [];
    const margin = 'equivalence' in one ? one.equivalence?.margin : undefined;
    return [
      strip({
        title: `${titleOf(one.measure)}${one.label === null ? '' : `, ${one.label}`}`,
        unit: one.unit === '1' ? '' : one.unit,
        values,
        mean: one.mean,
        interval: one.interval,
        ...(margin === undefined ? {} : { margin }),
      }),
    ];
  });
}

const MOST_STRIPS = 12;

/** What equivalence was asked for, and the answer, in words; nothing where no margin was given. */
function verdicts({ paired, against, model }: ModelValidation): readonly Html[] {
  return paired.flatMap(({ measure, label, unit, equivalence }) => {
    if (equivalence === null) return [];
    const what = `${titleOf(measure)}${label === null ? '' : `, ${label}`}`;
    const margin = `±${number(equivalence.margin)}${unit === '1' ? '' : ` ${unit}`}`;
    return [
      equivalence.isEquivalent
        ? html`<li><span class="pill green">equivalent</span> ${what}: ${model.version} and ${against?.version ?? ''} differ by less than ${margin} in the mean</li>`
        : html`<li><span class="pill amber">not shown</span> ${what}: that they differ by less than ${margin} is not shown</li>`,
    ];
  });
}

/** What was measured of a case that is shown, beside the mean over all. */
function measuredOf({ cases, statistics }: ModelValidation, shown: number): string {
  const row = cases.find(({ number: n }) => n === shown);
  const where = [row?.strata.scanner, row?.strata.protocol]
    .filter((one) => one !== undefined && one !== UNKNOWN)
    .join(', ');
  const values = (row?.measures ?? []).slice(0, MOST_COLUMNS).map(({ measure, label, unit, value }) => {
    const mean = statistics.find((one) => one.measure === measure && one.label === label)?.mean;
    const beside = mean === undefined ? '' : ` (mean ${number(mean)})`;
    return `${label === null ? measure : `${measure} ${label}`} ${number(value)}${unit === '1' ? '' : ` ${unit}`}${beside}`;
  });
  return [...(where === '' ? [] : [where]), ...values].join('; ');
}

/** The whole report in one file; nothing is loaded from elsewhere, nothing in it names a patient. */
export function validationReport({
  validation,
  manifest,
  pictures,
}: Pick<ValidationResult, 'validation' | 'manifest' | 'pictures'>): string {
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
    [
      'Memory',
      validation.peakMemoryMb === null ? 'not told' : `${Math.round(validation.peakMemoryMb)} MB at most`,
    ],
    ['Digest', model.digest.slice(0, 16)],
  ];
  const drawn = strips(validation);
  const answers = verdicts(validation);
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${model.id} ${model.version} on the site's own studies</title><style>${{ html: MORE_STYLE }}</style></head><body>
<header><h1>${model.title}: tried on the site's own studies</h1><dl class="facts">${facts.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl>
<p><strong>Intended use:</strong> ${manifest.intendedUse} <span class="dim">${manifest.regulatory.map(({ region, status }) => `${region}: ${status}`).join(', ')}</span></p></header><main>
${findings.length === 0 ? null : html`<section class="check"><h2>To check first</h2><ul>${findings.map(({ severity, code, message, remedy }) => html`<li class="${severity}"><span>${message}</span> <em>${remedy ?? ''}</em> <code>${code}</code></li>`)}</ul></section>`}
${answers.length === 0 ? null : html`<h2>Equivalence</h2><ul>${answers}</ul>`}
<h2>Over all cases</h2>${statisticsTable(validation.statistics)}
<p class="dim">Intervals: percentile bootstrap over cases, seed ${validation.seed}. PSNR and similarity of CT with a range of 2000 HU, else with that of the image.</p>
${against === null ? null : html`<h2>${model.version} less ${against.version}, case by case</h2>${pairedTable(validation)}<p class="dim">Equivalence: two one-sided t-tests at 5 %, that is where the 90 % interval lies within the margin. "Not shown" is no proof of a difference.</p>`}
${drawn.length === 0 ? null : html`<h2>Where each case lies${against === null ? '' : `: ${model.version} less ${against.version}`}</h2><p class="dim">A dot is a case (its number where the pointer rests), the line the mean with its 95 % interval, dashed nought${answers.length === 0 ? '' : ', green the margin'}.</p><div class="strips">${drawn}</div>`}
${pictures.length === 0 ? null : html`<h2>Worst cases${worst.measure === null ? '' : ` by: ${titleOf(worst.measure)}`}</h2>${pictures.map((one) => html`${figure({ title: `case ${one.number}, ${one.title}`, png: one.png })}<p class="dim">${measuredOf(validation, one.number)}</p>`)}`}
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
    return csvField(safe);
  };
  return `${lines.map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}
