import { type Html, html } from '../report/html.ts';
import { fixed } from '../report/names.ts';
import { STYLE } from '../report/style.ts';
import type { CardiacStateSummary, CardiacSummary } from './summary.ts';

export interface HeartReportInput {
  readonly summary: CardiacSummary;
  /** As in the image header; for the reader's eyes, not for logs. */
  readonly patient: {
    readonly name: string;
    readonly id: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  readonly pictures: readonly { readonly title: string; readonly png: Uint8Array }[];
}

const TITLES = { stress: 'Stress', rest: 'Rest' } as const;
const titleOf = ({ state }: CardiacStateSummary): string => (state === null ? 'Examination' : TITLES[state]);
const percent = (share: number | null | undefined): string =>
  share == null ? '–' : (100 * share).toFixed(0);

/** The report that a physician reads: one self-contained HTML file. */
export function heartReport({ summary, patient, pictures }: HeartReportInput): string {
  const notices = summary.findings.filter(({ severity }) => severity !== 'info');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Myocardial perfusion (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header><p class="draft">AI draft, not verified</p>
<h1>Myocardial perfusion</h1>
<dl class="facts">${facts(summary, patient).map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl></header>
<main>
${
  notices.length === 0
    ? null
    : html`<section class="check"><h2>To check first</h2><ul>${notices.map(
        ({ code, severity, message, remedy }) =>
          html`<li class="${severity}"><span>${message}.</span> ${remedy === undefined ? null : html`<em>${remedy}.</em>`} <code>${code}</code></li>
`,
      )}</ul></section>`
}
<section><h2>Draft</h2>${summary.sentences.map((sentence) => html`<p>${sentence}</p>`)}</section>
${pictures.map(
  ({ title, png }) =>
    html`<figure><img alt="${title}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}"><figcaption>${title}</figcaption></figure>
`,
)}
${numbers(summary)}
${segments(summary)}
${evidence(summary)}
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`;
  return page.html;
}

const date = (text: string): string => text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');

function facts(
  { study }: CardiacSummary,
  patient: HeartReportInput['patient'],
): (readonly [string, string])[] {
  return [
    ['Patient', patient.name.replaceAll('^', ' ').trim()],
    ['Patient ID', patient.id],
    ['Born', date(patient.birthDate)],
    ['Sex', patient.sex],
    ['Study', `${date(study.studyDate ?? '')} ${study.description}`],
  ];
}

function numbers({ states, difference, dilation, normals }: CardiacSummary): Html {
  const row = (name: string, value: (state: CardiacStateSummary) => string) =>
    html`<tr><th scope="row">${name}</th>${states.map((state) => html`<td class="number">${value(state)}</td>`)}</tr>
`;
  return html`<section><h2>Numbers</h2>
<table><thead><tr><th></th>${states.map((state) => html`<th class="number">${titleOf(state)}</th>`)}</tr></thead><tbody>
${row('Summed score (of 68)', ({ perfusion }) => fixed(perfusion?.summedScore ?? null, 0))}
${row('Extent % of the ventricle', ({ perfusion }) => percent(perfusion?.extent))}
${row('Extent inside half-depth contours %', ({ perfusion }) => percent(perfusion?.halfDepthExtent))}
${row('Total perfusion deficit %', ({ perfusion }) => percent(perfusion?.tpd))}
${row('Severity SD', ({ perfusion }) => fixed(perfusion?.severitySd ?? null, 1))}
${row('Heart of the CT away from that of the emission, mm', ({ ctAlignment }) => fixed(ctAlignment?.distanceMm ?? null, 0))}
${row('Cavity, not gated, ml', ({ ventricle }) => fixed(ventricle.cavityMl, 0))}
${row('End-diastolic volume ml', ({ beat }) => fixed(beat?.endDiastolicMl ?? null, 0))}
${row('End-systolic volume ml', ({ beat }) => fixed(beat?.endSystolicMl ?? null, 0))}
${row('Ejection fraction %', ({ beat }) => percent(beat?.ejectionFraction))}
${row('Phase SD °', ({ beat }) => fixed(beat?.phase?.sdDegrees ?? null, 0))}
${row('Phase bandwidth °', ({ beat }) => fixed(beat?.phase?.bandwidthDegrees ?? null, 0))}
</tbody></table>
<p>${difference === null ? null : `Summed difference score ${difference.summedDifferenceScore}. `}${dilation === null ? null : `Dilation ratio ${dilation.ratio.toFixed(2)}. `}</p>
<p class="dim">Compared with: ${normals.name}.</p></section>`;
}

function segments({ states }: CardiacSummary): Html | null {
  const [first] = states.flatMap(({ perfusion }) => perfusion ?? []);
  if (first === undefined) return null;
  return html`<section><h2>Segments</h2><table><thead><tr><th>No.</th><th>Segment</th><th>Artery</th>${states.map(
    (state) => html`<th class="number">${titleOf(state)} %</th><th class="number">Score</th>`,
  )}</tr></thead><tbody>${first.segments.map(
    ({ segment, name, territory }, n) =>
      html`<tr><td>${segment}</td><td>${name}</td><td>${territory}</td>${states.map(
        ({ perfusion }) =>
          html`<td class="number">${percent(perfusion?.segments[n]?.uptake)}</td><td class="number">${fixed(perfusion?.segments[n]?.score ?? null, 0)}</td>`,
      )}</tr>
`,
  )}</tbody></table></section>`;
}

function evidence({ states, rejected, run, findings }: CardiacSummary): Html {
  return html`<section><h2>What the numbers rest on</h2><table><tbody>${states.map(
    (state) =>
      html`<tr><th scope="row">${titleOf(state)}</th><td>${state.series.description}: ${state.series.reason}. Wall contrast ${percent(state.ventricle.contrast)} %, resolution ${fixed(state.ventricle.fwhmMm, 1)} mm, wall ${fixed(state.ventricle.residualMm, 1)} mm from the half ellipsoid.</td></tr>
`,
  )}</tbody></table>
${
  rejected.length === 0
    ? null
    : html`<details><summary>${rejected.length} series not used, and why</summary><table><tbody>${rejected.map(
        ({ modality, description, reason }) =>
          html`<tr><td>${modality}</td><td>${description}</td><td>${reason}</td></tr>
`,
      )}</tbody></table></details>`
}
${findings.filter(({ severity }) => severity === 'info').map(({ message }) => html`<p class="dim">${message}</p>`)}
<p class="dim">Run ${run.key.slice(0, 16)}, content time ${run.at.replace('T', ' ')}. All numbers are in summary.json and in the DICOM measurement report.</p></section>`;
}
