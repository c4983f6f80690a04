import type { ReaderAnalysis } from '@photopeak/analysis';
import { html, STYLE } from '../report/index.ts';
import { NOTICE } from '../study/index.ts';
import { cell, number, table } from './report.ts';

export interface ReaderStudyReport {
  readonly name: string;
  readonly question: string;
  readonly arms: { readonly a: string; readonly b: string };
  readonly seed: number;
  readonly cases: number;
  readonly analysis: ReaderAnalysis;
}

type Preference = ReaderAnalysis['preference'];

/** The analysis of a reader study as one HTML file. */
export function readerStudyReport({
  name,
  question,
  arms,
  seed,
  cases,
  analysis,
}: ReaderStudyReport): string {
  const { preference, grades, readers, agreement } = analysis;
  const p = (value: number) => (value < 0.001 ? '< 0.001' : value.toFixed(3));
  const interval = ({ interval: one }: Preference) =>
    one === null ? '–' : `${number(one.low)} to ${number(one.high)}`;
  const share = ({ shareOfB }: Preference) => (shareOfB === null ? '–' : number(shareOfB));
  const row = (title: string, one: Preference) =>
    html`<tr><th scope="row">${title}</th>${cell(one.a)}${cell(one.b)}${cell(one.none)}${cell(share(one))}${cell(interval(one))}${cell(p(one.p))}</tr>`;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reader study ${name}</title><style>${{ html: STYLE }}</style></head><body>
<header><h1>Reader study: ${name}</h1><dl class="facts"><div><dt>A</dt><dd>${arms.a}</dd></div><div><dt>B</dt><dd>${arms.b}</dd></div><div><dt>Cases read</dt><dd>${preference.a + preference.b + preference.none} of ${cases}</dd></div><div><dt>Readers</dt><dd>${readers.length}</dd></div></dl></header><main>
<p>${question}</p>
<h2>Preference</h2>${table(['', 'A', 'B', 'neither', 'share of B', '95 % interval', 'p (sign test)'], [row('cases, by most readers', preference), ...readers.map((one) => row(one.reader, one.preference))])}
<p class="dim">The share is of those that prefer one; its interval is exact (Clopper and Pearson).</p>
<h2>Grades</h2>${table(['', 'cases', 'mean of A', 'mean of B'], [html`<tr><th scope="row">all, over cases</th>${cell(preference.a + preference.b + preference.none)}${cell(number(grades.a))}${cell(number(grades.b))}</tr>`, ...readers.map((one) => html`<tr><th scope="row">${one.reader}</th>${cell(one.cases)}${cell(number(one.a))}${cell(number(one.b))}</tr>`)])}
<p>${grades.test === null ? 'No case was graded differently.' : `B less A over cases: Wilcoxon's signed ranks, p ${p(grades.test.p)} (${grades.test.method}, ${grades.test.pairs} cases that differ).`}</p>
<h2>Agreement of readers</h2>${
    agreement.length === 0
      ? html`<p class="dim">One reader alone.</p>`
      : table(
          ['readers', 'arm', 'cases', 'weighted kappa', '95 % interval'],
          agreement.map(
            (one) =>
              html`<tr><th scope="row">${one.readers.join(' and ')}</th>${cell(one.arm.toUpperCase())}${cell(one.cases)}${cell(one.kappa === null ? '–' : number(one.kappa.kappa))}${cell(one.kappa?.interval === undefined ? '–' : `${number(one.kappa.interval.low)} to ${number(one.kappa.interval.high)}`)}</tr>`,
          ),
        )
  }
<p class="dim">Grades 1 to 5, quadratic weights; intervals by bootstrap over cases, seed ${seed}.</p></main>
<footer>${NOTICE}</footer></body></html>
`;
  return page.html;
}
