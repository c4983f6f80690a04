import type { ComparedLesion, ComparisonSummary } from '../prior-comparison/summary.ts';
import { type Html, html } from './html.ts';
import { fixed } from './names.ts';
import { date, figure, type ReportInput, type ReportPicture, sentence, toCheck } from './page-parts.ts';
import { STYLE } from './style.ts';

export interface ComparisonPageInput {
  readonly summary: ComparisonSummary;
  readonly patient: ReportInput['patient'];
  /** Projections of the examination before and of the current one. */
  readonly overviews: readonly ReportPicture[];
  /** In the order of the lesions. */
  readonly lesionPictures: readonly ReportPicture[];
}

/** The comparison as a physician reads it: response with its arithmetic, then lesions, then what it rests on. */
export function comparisonPage(input: ComparisonPageInput): string {
  const { summary } = input;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PET/CT against before (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
${heading(input)}
<main>
${toCheck(summary.findings)}
<section><h2>Response</h2>${summary.response.map((one) => response(one, summary))}</section>
<section><h2>Lesions</h2>${lesions(summary)}</section>
<section><h2>Over time</h2>${overTime(summary)}</section>
${input.overviews.length === 0 ? null : html`<section><h2>Before and now</h2>${input.overviews.map(figure)}</section>`}
${input.lesionPictures.length === 0 ? null : html`<section><h2>Each lesion, before above now</h2>${input.lesionPictures.map(figure)}</section>`}
${evidence(summary)}
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`;
  return page.html;
}

function heading({ summary, patient }: ComparisonPageInput): Html {
  const name = patient.name.replaceAll('^', ' ').trim();
  return html`<header>
<p class="draft">AI draft, not verified by a physician</p>
<h1>PET/CT against before: ${summary.study.description || 'study without description'}</h1>
<dl class="facts">
<div><dt>Patient</dt><dd>${name || '–'}</dd></div>
<div><dt>ID</dt><dd>${patient.id || '–'}</dd></div>
<div><dt>Born</dt><dd>${date(patient.birthDate) || '–'}${patient.sex === '' ? null : `, ${patient.sex}`}</dd></div>
${summary.timePoints.map(
  ({ label, studyDate, day }) =>
    html`<div><dt>${label}</dt><dd>${date(studyDate ?? '') || '–'}${day === null || day === 0 ? null : `, day ${day}`}</dd></div>`,
)}
<div><dt>Computed by</dt><dd>${summary.pipeline.name} ${summary.pipeline.version}</dd></div>
</dl>
</header>`;
}

function response(one: ComparisonSummary['response'][number], summary: ComparisonSummary): Html {
  const against = summary.timePoints[one.against - 1]?.label ?? '';
  const verdict =
    one.status === 'assessed'
      ? html`<strong>${one.category}</strong>: ${one.meaning}`
      : html`<strong>cannot be assessed</strong>, because ${one.reasons.join('; ')}`;
  const steps = one.statements.map(
    ({
      text,
      holds,
    }) => html`<li>${text}${holds === undefined ? null : html` <em>${holds ? 'yes' : 'no'}</em>`}</li>
`,
  );
  const cautions = one.status === 'assessed' ? one.cautions : [];
  return html`<p>${one.criteria}, against ${against}: ${verdict}.</p>
${cautions.length === 0 ? null : html`<ul>${cautions.map((text) => html`<li>${sentence(text)}</li>`)}</ul>`}
${steps.length === 0 ? null : html`<details><summary>The arithmetic</summary><ol>${steps}</ol></details>`}`;
}

function lesions({ lesions: list, timePoints }: ComparisonSummary): Html {
  if (list.length === 0) return html`<p>No lesion at any examination, or none could be compared.</p>`;
  return html`<table><thead><tr><th>Lesion</th><th>State</th>${timePoints.map(
    ({ label }) => html`<th class="number">SUVmax ${label}</th><th class="number">MTV ml</th>`,
  )}<th class="number">SUVpeak</th><th class="number">MTV</th></tr></thead>
<tbody>${list.map(lesionRow)}</tbody></table>
<p class="dim">The last two columns: change since the lesion was last seen before the current study. In brackets: what is left where a lesion is gone.</p>`;
}

const percent = (relative: number | null | undefined): string =>
  relative == null ? '–' : `${relative > 0 ? '+' : ''}${(relative * 100).toFixed(0)} %`;

function lesionRow({ label, state, timePoints, fromPrevious, doubt }: ComparedLesion): Html {
  return html`<tr><td>${label}</td><td>${state}${doubt === null ? null : html` <em title="${doubt}">to check</em>`}</td>${timePoints.map(
    ({ values, residual }) =>
      html`<td class="number">${values !== null ? fixed(values.suvMax, 2) : residual === null ? '–' : `(${fixed(residual.suvMax, 2)})`}</td><td class="number">${fixed(values?.mtvMl ?? null, 1)}</td>`,
  )}<td class="number">${percent(fromPrevious.suvPeak?.relative)}</td><td class="number">${percent(fromPrevious.mtvMl?.relative)}</td></tr>
`;
}

function overTime({ trends, timePoints }: ComparisonSummary): Html {
  if (trends.length === 0) return html`<p>The dates of the studies do not allow an order.</p>`;
  return html`<table><thead><tr><th>Whole patient</th>${timePoints.map(
    ({ label, day }) => html`<th class="number">${label}${day === null ? null : `, day ${day}`}</th>`,
  )}<th class="number">from baseline</th><th class="number">from lowest</th></tr></thead>
<tbody>${trends.map(
    ({ name, unit, points, fromBaseline, fromNadir }) =>
      html`<tr><td>${name}${unit === '1' ? null : ` (${unit})`}</td>${points.map(
        ({ value }) => html`<td class="number">${fixed(value, unit === '1' ? 0 : 1)}</td>`,
      )}<td class="number">${percent(fromBaseline?.relative)}</td><td class="number">${percent(fromNadir?.relative)}</td></tr>
`,
  )}</tbody></table>`;
}

function evidence(summary: ComparisonSummary): Html {
  const { timePoints, registrations, comparability } = summary;
  return html`<section><h2>What the comparison rests on</h2>
<table><tbody>${timePoints.map(
    ({ label, pet, uptakeMinutes, threshold, alignmentScore }) =>
      html`<tr><th scope="row">${label}</th><td>${pet?.description ?? 'no PET'}; uptake ${fixed(uptakeMinutes, 0)} min; lesions above SUV ${fixed(threshold.value, 2)} (${threshold.method}); PET to CT alignment ${alignmentScore === null ? 'not scored' : `${alignmentScore}/100`}</td></tr>
`,
  )}${registrations.map(
    ({ order, reason, used, expectedErrorMm }) =>
      html`<tr><th scope="row">${timePoints[order - 1]?.label ?? ''} to current</th><td>${used === 'none' ? 'not registered: ' : ''}${reason}${used === 'none' ? null : `; lesions are looked for within ${fixed(expectedErrorMm, 0)} mm of error`}</td></tr>
`,
  )}</tbody></table>
${comparability.map(
  ({ order, checks }) =>
    html`<details><summary>${timePoints[order - 1]?.label ?? ''} and current: ${checks.filter(({ status }) => status === 'differs').length} of ${checks.length} conditions differ</summary><ul>${checks.map(
      ({ status, message }) => html`<li>${message}: <em>${status}</em></li>
`,
    )}</ul></details>`,
)}
<p class="dim">Run ${summary.run.key.slice(0, 16)}, content time ${summary.run.at.replace('T', ' ')}. All numbers are in summary.json and in the DICOM report.</p></section>`;
}
