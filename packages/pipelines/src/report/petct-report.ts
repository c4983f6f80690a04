import type { PetctLesion, PetctSummary } from '../petct-oncology/summary.ts';
import { evidence } from './evidence.ts';
import { type Html, html } from './html.ts';
import { fixed, KIND_NAMES, place } from './names.ts';
import { date, figure, type ReportInput, sentence, toCheck } from './page-parts.ts';
import { physiological } from './physiological.ts';
import { promise } from './promise.ts';
import { STYLE } from './style.ts';

/** The report that a physician reads: findings first, then what they rest on. One self-contained HTML file. */
export function petctReport(input: ReportInput): string {
  const { summary } = input;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PET/CT findings (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
${heading(input)}
<main>
${toCheck(summary.findings)}
<section class="overview">
<div><h2>Findings</h2>
${findings(summary)}
${alignment(summary)}
</div>
${input.overview === null ? null : figure(input.overview)}
</section>
${whyListed(summary)}
${input.lesionPictures.length === 0 ? null : html`<section><h2>Each finding</h2>${input.lesionPictures.map(figure)}${notShown(input)}</section>`}
${promise(summary)}
${physiological(summary)}
${evidence(summary)}
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`;
  return page.html;
}

function heading({ summary, patient }: ReportInput): Html {
  const name = patient.name.replaceAll('^', ' ').trim();
  return html`<header>
<p class="draft">AI draft, not verified by a physician</p>
<h1>${summary.tracer?.title ?? 'FDG'} PET/CT: ${summary.study.description || 'study without description'}</h1>
<dl class="facts">
<div><dt>Patient</dt><dd>${name || '–'}</dd></div>
<div><dt>ID</dt><dd>${patient.id || '–'}</dd></div>
<div><dt>Born</dt><dd>${date(patient.birthDate) || '–'}${patient.sex === '' ? null : `, ${patient.sex}`}</dd></div>
<div><dt>Study</dt><dd>${date(summary.study.studyDate ?? '') || '–'}</dd></div>
${tracerFact(summary)}${doseFacts(summary)}
<div><dt>Computed by</dt><dd>${summary.pipeline.name} ${summary.pipeline.version}</dd></div>
</dl>
</header>`;
}

function tracerFact({ tracer }: PetctSummary): Html | null {
  if (tracer === null) return null;
  return html`<div><dt>Tracer</dt><dd>${tracer.agent ?? tracer.title}</dd></div>
`;
}

function doseFacts({ suv }: PetctSummary): Html | null {
  if (suv?.status !== 'ok') return null;
  const { injectedActivityBq, uptakeMinutes, patientWeightKg } = suv;
  return html`${injectedActivityBq === null ? null : html`<div><dt>Activity</dt><dd>${fixed(injectedActivityBq / 1e6, 0)} MBq</dd></div>`}
${uptakeMinutes === null ? null : html`<div><dt>Uptake time</dt><dd>${fixed(uptakeMinutes, 0)} min</dd></div>`}
${patientWeightKg === null ? null : html`<div><dt>Weight</dt><dd>${fixed(patientWeightKg, 1)} kg</dd></div>`}`;
}

function findings(summary: PetctSummary): Html {
  if (summary.suv?.status !== 'ok') {
    return html`<p><strong>Uptake is not quantified:</strong> ${summary.suv?.reason ?? 'no PET series was chosen'}.</p>`;
  }
  const { method, threshold, minimumMl } = summary.candidates;
  if (threshold === null) return html`<p>Lesions were not sought.</p>`;
  const how = html`<p class="dim">Uptake as ${KIND_NAMES[summary.suvKind ?? 'bw'] ?? ''}. Sought above ${fixed(threshold, 2)} (${method}), at least ${minimumMl} ml.</p>`;
  if (summary.lesions.length === 0)
    return html`<p>No focal uptake above the threshold other than physiological.</p>${how}`;
  const { totals } = summary;
  return html`<table><thead><tr><th>No.</th><th>Site</th><th class="number">SUVmax</th><th class="number">SUVpeak</th><th class="number">SUVmean</th><th class="number">MTV ml</th><th class="number">TLG g</th></tr></thead>
<tbody>${summary.lesions.map(lesionRow)}</tbody>
<tfoot><tr><th></th><th>${totals.count === 1 ? '1 finding' : `${totals.count} findings`}${
    totals.dmaxMm === null ? null : `, at most ${fixed(totals.dmaxMm / 10, 1)} cm apart`
  }</th><th class="number">${fixed(totals.suvMax, 2)}</th><th></th><th></th><th class="number">${fixed(totals.mtvMl, 1)}</th><th class="number">${fixed(totals.tlgG, 1)}</th></tr></tfoot></table>${how}`;
}

/** What the model of physiological uptake says of each finding, for who doubts one. */
function whyListed({ lesions }: PetctSummary): Html | null {
  const told = lesions.filter(({ uptake }) => uptake != null);
  if (told.length === 0) return null;
  return html`<details><summary>How likely each finding is physiological, and why</summary>
<table><tbody>${told.map(
    ({ id, uptake }) => html`<tr><td>${id}</td><td>${uptake?.explanation ?? ''}</td></tr>
`,
  )}</tbody></table></details>`;
}

function lesionRow(lesion: PetctLesion): Html {
  return html`<tr><td>${lesion.id}</td><td>${place(lesion)}</td><td class="number">${fixed(lesion.suvMax, 2)}</td><td class="number">${fixed(lesion.suvPeak, 2)}</td><td class="number">${fixed(lesion.suvMean, 2)}</td><td class="number">${fixed(lesion.mtvMl, 2)}</td><td class="number">${fixed(lesion.tlgG, 1)}</td></tr>
`;
}

function alignment({ registration: result }: PetctSummary): Html | null {
  if (result === null) return null;
  return html`<h2>PET to CT alignment</h2>
<p>${result.score === null ? html`<span class="pill">not scored</span>` : html`<span class="pill ${result.class ?? ''}">${result.score}/100</span>`} ${sentence(result.scoreReason)} ${sentence(result.reason)}</p>
${
  result.regions.length === 0
    ? null
    : html`<table><thead><tr><th>Region</th><th class="number">Misalignment mm</th></tr></thead><tbody>${result.regions.map(
        (region) =>
          html`<tr title="${region.reason}"><td>${region.name}</td><td class="number">${fixed(region.misalignmentMm, 1)}</td></tr>`,
      )}</tbody></table>`
}`;
}

function notShown({ summary, lesionPictures }: ReportInput): Html | null {
  const left = summary.lesions.length - lesionPictures.length;
  return left <= 0 ? null : html`<p class="dim">${left} more without a picture; all are in the table.</p>`;
}
