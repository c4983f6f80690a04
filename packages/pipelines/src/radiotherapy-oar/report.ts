import { type Html, html } from '../report/html.ts';
import { STYLE } from '../report/style.ts';
import type { PatientFacts } from '../study/index.ts';
import type { RadiotherapySummary, SummaryStructure } from './summary.ts';

export interface RadiotherapyReportInput {
  readonly summary: RadiotherapySummary;
  /** As in the image header; for the reader's eyes, not for logs. */
  readonly patient: PatientFacts;
  readonly pictures: readonly { readonly title: string; readonly png: Uint8Array }[];
}

/** What was outlined, how far it can be relied on, and what to check: one HTML file that loads nothing from elsewhere. */
export function radiotherapyReport({ summary, patient, pictures }: RadiotherapyReportInput): string {
  const notices = summary.findings.filter(({ severity }) => severity !== 'info');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Structures on the planning CT (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header>
<p class="draft">AI draft: every outline is to be checked before it is used</p>
<h1>Structures on the planning CT: ${summary.study.description || 'study without description'}</h1>
<dl class="facts">
<div><dt>Patient</dt><dd>${patient.name.replaceAll('^', ' ').trim() || '–'}</dd></div>
<div><dt>ID</dt><dd>${patient.id || '–'}</dd></div>
<div><dt>Study</dt><dd>${date(summary.study.studyDate ?? '') || '–'}</dd></div>
<div><dt>CT</dt><dd>${summary.chosen.ct.description}, ${summary.chosen.ct.instanceCount} images</dd></div>
<div><dt>PET</dt><dd>${summary.chosen.pet?.description ?? 'none'}</dd></div>
<div><dt>Computed by</dt><dd>${summary.pipeline.name} ${summary.pipeline.version}</dd></div>
</dl>
</header>
<main>
${
  notices.length === 0
    ? null
    : html`<section class="check"><h2>To check first</h2><ul>${notices.map(
        ({ code, severity, message, remedy }) =>
          html`<li class="${severity}"><span>${message}${remedy ? html` <em>${remedy}</em>` : null}</span> <code>${code}</code></li>
`,
      )}</ul></section>`
}
<section><h2>Structures</h2>
<table><thead><tr><th>Name</th><th>From</th><th>Type</th><th class="number">ml</th><th class="number">Contours</th><th class="number">Confidence</th><th>To check</th></tr></thead>
<tbody>${summary.structures.map(row)}</tbody></table>
<p class="dim">Confidence is a rule of thumb from 0 to 1, not a probability. Names follow AAPM TG-263 where it has one.</p></section>
${doses(summary)}
${priors(summary)}
${pictures.length === 0 ? null : html`<section><h2>Slices</h2>${pictures.map(figure)}</section>`}
<section><p class="dim">Run ${summary.run.key.slice(0, 16)}, content time ${summary.run.at.replace('T', ' ')}. All numbers are in summary.json.</p></section>
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`.html;
}

const ORIGINS: Record<SummaryStructure['origin'], string> = {
  anatomy: 'CT',
  lesion: 'PET',
  prior: 'plan from before',
};

function row(structure: SummaryStructure): Html {
  const { agreement } = structure;
  const drawn =
    agreement === null
      ? []
      : [
          `overlap (Dice) with ${agreement.name} of ${agreement.setLabel || 'the structure set'}: ${agreement.dice.toFixed(2)}`,
        ];
  return html`<tr title="${structure.description}"><td>${structure.name}</td><td>${ORIGINS[structure.origin]}</td><td>${structure.interpretedType || '–'}</td><td class="number">${structure.volumeMl.toFixed(1)}</td><td class="number">${structure.contours}</td><td class="number">${structure.confidence?.toFixed(2) ?? '–'}</td><td>${[...drawn, ...structure.toCheck].join('; ')}</td></tr>
`;
}

function doses({ structures }: RadiotherapySummary): Html | null {
  const rows = structures.flatMap(({ name, doses: list }) => list.map((dose) => ({ name, ...dose })));
  if (rows.length === 0) return null;
  const gy = (value: number | null) => value?.toFixed(2) ?? '–';
  return html`<section><h2>Dose</h2><table><thead><tr><th>Structure</th><th>Dose</th><th class="number">Covered %</th><th class="number">Mean Gy</th><th class="number">D95 Gy</th><th class="number">D2 Gy</th><th class="number">Max Gy</th></tr></thead><tbody>${rows.map(
    (dose) =>
      html`<tr><td>${dose.name}</td><td>${dose.summationType}</td><td class="number">${dose.coveredPercent.toFixed(1)}</td><td class="number">${gy(dose.meanGy)}</td><td class="number">${gy(dose.d95Gy)}</td><td class="number">${gy(dose.d2Gy)}</td><td class="number">${gy(dose.maximumGy)}</td></tr>
`,
  )}</tbody></table></section>`;
}

function priors(summary: RadiotherapySummary): Html | null {
  if (summary.priors.length === 0) return null;
  return html`<section><h2>Plans from before</h2><ul>${summary.priors.map(
    ({ label, used, reason, structures }) =>
      html`<li>${label || 'structure set without label'}: ${used ? `${structures} structures carried over; ` : 'not used; '}${reason}</li>
`,
  )}</ul></section>`;
}

function figure({ title, png }: RadiotherapyReportInput['pictures'][number]): Html {
  const data = Buffer.from(png).toString('base64');
  return html`<figure><img alt="${title}" src="data:image/png;base64,${data}"><figcaption>${title}</figcaption></figure>
`;
}

/** `19600116` as `1960-01-16`; anything else as it is. */
function date(text: string): string {
  return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text;
}
