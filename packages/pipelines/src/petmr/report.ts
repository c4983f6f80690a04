import { type Html, html } from '../report/html.ts';
import { fixed } from '../report/names.ts';
import { date, figure, type ReportPicture, sentence, toCheck } from '../report/page-parts.ts';
import { STYLE } from '../report/style.ts';
import type { PatientFacts } from '../study/index.ts';
import { inWords } from './objects.ts';
import type { PetmrLesion, PetmrSummary } from './summary.ts';

export interface PetmrReportInput {
  readonly summary: PetmrSummary;
  readonly patient: PatientFacts;
  readonly overview: ReportPicture | null;
  readonly pictures: readonly ReportPicture[];
}

/** The report that a physician reads: one self-contained HTML file. */
export function petmrReport({ summary, patient, overview, pictures }: PetmrReportInput): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PET/MR findings (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header><p class="draft">AI draft, not verified by a physician</p>
<h1>PET/MR: ${summary.study.description || 'study without description'}</h1>
<dl class="facts">
<div><dt>Patient</dt><dd>${patient.name.replaceAll('^', ' ').trim() || '–'}</dd></div>
<div><dt>ID</dt><dd>${patient.id || '–'}</dd></div>
<div><dt>Born</dt><dd>${date(patient.birthDate) || '–'}</dd></div>
<div><dt>Study</dt><dd>${date(summary.study.studyDate ?? '') || '–'}</dd></div>
</dl></header>
<main>
${toCheck(summary.findings)}
<section class="overview"><div><h2>Findings</h2>${lesions(summary)}${alignment(summary)}</div>
${overview === null ? null : figure(overview)}</section>
${pictures.length === 0 ? null : html`<section><h2>Each finding</h2>${pictures.map(figure)}</section>`}
${aside(summary)}
${evidence(summary)}
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`;
  return page.html;
}

function lesions({ lesions: all, candidates, suv }: PetmrSummary): Html {
  if (suv?.status !== 'ok')
    return html`<p><strong>Uptake is not quantified:</strong> ${suv?.reason ?? 'no PET series was chosen'}.</p>`;
  if (candidates.threshold === null) return html`<p>Lesions were not sought.</p>`;
  const how = html`<p class="dim">Sought above SUVbw ${fixed(candidates.threshold, 2)} (${candidates.method}), at least ${candidates.minimumMl} ml.</p>`;
  if (all.length === 0)
    return html`<p>No focal uptake above the threshold other than physiological.</p>${how}`;
  return html`<table><thead><tr><th>Finding</th><th class="number">SUVmax</th><th class="number">SUVmean</th><th class="number">MTV ml</th><th>MR</th></tr></thead>
<tbody>${all.map(row)}</tbody></table>${how}`;
}

function row({ label, suvMax, suvMean, mtvMl, mr }: PetmrLesion): Html {
  return html`<tr><td>${label}</td><td class="number">${fixed(suvMax, 2)}</td><td class="number">${fixed(suvMean, 2)}</td><td class="number">${fixed(mtvMl, 1)}</td><td>${mr.map((one) => html`<div>${inWords(one)}</div>`)}</td></tr>
`;
}

function alignment({ alignment: result }: PetmrSummary): Html | null {
  if (result === null) return null;
  return html`<h2>PET to MR alignment</h2><p>${sentence(result.reason)}</p>
${
  result.regions.length === 0
    ? null
    : html`<table><thead><tr><th>Region</th><th class="number">Misalignment mm</th></tr></thead><tbody>${result.regions.map(
        ({ name, misalignmentMm }) =>
          html`<tr><td>${name}</td><td class="number">${fixed(misalignmentMm, 1)}</td></tr>`,
      )}</tbody></table>`
}`;
}

function aside({ physiologicalUptake: all }: PetmrSummary): Html | null {
  if (all.length === 0) return null;
  return html`<details><summary>${all.length} regions set aside as physiological</summary><table><tbody>${all.map(
    ({ label, physiological, suvMax }) =>
      html`<tr><td>${label}</td><td class="number">${fixed(suvMax, 1)}</td><td>${physiological?.reason ?? ''}</td></tr>
`,
  )}</tbody></table></details>`;
}

function evidence({ chosen, suv, findings, run, anatomy }: PetmrSummary): Html {
  const series = (one: PetmrSummary['chosen']['pet']) =>
    one === null ? 'none' : `${one.description}, ${one.instanceCount} images: ${one.reason}`;
  return html`<section><h2>What the numbers rest on</h2><table><tbody>
<tr><th scope="row">PET</th><td>${series(chosen.pet)}</td></tr>
<tr><th scope="row">MR</th><td>${series(chosen.mr)}</td></tr>
${anatomy.map(({ name, volumeMl }) => html`<tr><th scope="row">${name}</th><td>${fixed(volumeMl, 0)} ml</td></tr>`)}
</tbody></table>
<details><summary>${chosen.sequences.length} MR series and what they are used for</summary><table><tbody>${chosen.sequences.map(
    ({ description, use, reason }) =>
      html`<tr><td>${description}</td><td>${use}</td><td>${reason}</td></tr>
`,
  )}</tbody></table></details>
${suv === null ? null : html`<details><summary>How SUV was computed</summary><pre>${suv.derivation.join('\n')}</pre></details>`}
${findings.filter(({ severity }) => severity === 'info').map(({ message }) => html`<p class="dim">${message}</p>`)}
<p class="dim">Run ${run.key.slice(0, 16)}, content time ${run.at.replace('T', ' ')}. All numbers are in summary.json and in the DICOM measurement report.</p></section>`;
}
