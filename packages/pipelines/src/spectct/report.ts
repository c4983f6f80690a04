import { type Html, html } from '../report/html.ts';
import { fixed } from '../report/names.ts';
import { date, figure, type ReportPicture, sentence, toCheck } from '../report/page-parts.ts';
import { STYLE } from '../report/style.ts';
import type { PatientFacts } from '../study/index.ts';
import type { SpectctRegion, SpectctSummary } from './summary.ts';

export interface SpectReportInput {
  readonly summary: SpectctSummary;
  readonly patient: PatientFacts;
  readonly overview: ReportPicture | null;
  readonly pictures: readonly ReportPicture[];
}

/** The report for physician and physicist: one self-contained HTML file. */
export function spectReport({ summary, patient, overview, pictures }: SpectReportInput): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SPECT/CT regions (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header><p class="draft">AI draft, not verified</p>
<h1>SPECT/CT: ${summary.study.description || 'study without description'}</h1>
<dl class="facts">${facts(summary, patient).map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl></header>
<main>
${toCheck(summary.findings)}
<section class="overview"><div><h2>Regions</h2>${regions(summary)}${alignment(summary)}</div>
${overview === null ? null : figure(overview)}</section>
${timeActivity(summary)}
${pictures.length === 0 ? null : html`<section><h2>Each focus</h2>${pictures.map(figure)}</section>`}
${evidence(summary)}
</main>
<footer>${summary.notice}</footer>
</body>
</html>
`;
  return page.html;
}

function facts({ study, tracer }: SpectctSummary, patient: PatientFacts): (readonly [string, string])[] {
  return [
    ['Patient', patient.name.replaceAll('^', ' ').trim() || '–'],
    ['ID', patient.id || '–'],
    ['Born', date(patient.birthDate) || '–'],
    ['Study', date(study.studyDate ?? '') || '–'],
    ['Tracer', tracer.radiopharmaceutical ?? tracer.nuclide ?? '–'],
    ['Administered', tracer.administeredMBq === null ? '–' : `${fixed(tracer.administeredMBq, 0)} MBq`],
    ['Time after', tracer.hoursAfter === null ? '–' : `${fixed(tracer.hoursAfter, 1)} h`],
  ];
}

function regions({ regions: all, quantification, foci, fieldOfView }: SpectctSummary): Html {
  const isQuantitative = quantification?.status === 'quantitative';
  const how = html`<p class="dim">Foci: ${foci.method}. ${
    isQuantitative
      ? 'Activities are those at the start of the acquisition; borders and small foci lose activity by the resolution of the camera, which is not corrected.'
      : 'Activity is not quantified: values are relative to the reference.'
  }${fieldOfView === null ? null : ` In the field of view: ${fixed(fieldOfView.totalMBq, 0)} MBq.`}</p>`;
  if (all.length === 0) return html`<p>No region was found.</p>${how}`;
  const head = isQuantitative
    ? ['ml', 'MBq', '% of administered', 'kBq/ml mean', 'SUVmean', 'SUVmax']
    : ['ml', 'mean over reference', 'maximum over reference'];
  const values = ({ volumeMl, activity, relativeMean, relativeMaximum }: SpectctRegion) =>
    activity === null
      ? [fixed(volumeMl, 1), fixed(relativeMean, 2), fixed(relativeMaximum, 2)]
      : [
          fixed(volumeMl, 1),
          activity.totalMBq.toPrecision(4),
          fixed(activity.percentOfAdministered, 3),
          fixed(activity.meanBqPerMl / 1000, 1),
          fixed(activity.suvMean, 2),
          fixed(activity.suvMax, 2),
        ];
  return html`<table><thead><tr><th>Region</th><th>Kind</th>${head.map((title) => html`<th class="number">${title}</th>`)}</tr></thead>
<tbody>${all.map(
    (region) =>
      html`<tr title="${region.reason}"><td>${region.label}</td><td>${region.kind}</td>${values(region).map((value) => html`<td class="number">${value}</td>`)}</tr>
`,
  )}</tbody></table>${how}`;
}

function timeActivity({ regions: all }: SpectctSummary): Html | null {
  const fitted = all.filter(({ timeActivity: course }) => (course?.points.length ?? 0) > 1);
  if (fitted.length === 0) return null;
  return html`<section><h2>Activity over time</h2>
<table><thead><tr><th>Region</th><th class="number">times</th><th class="number">T eff h</th><th class="number">± h</th><th class="number">MBq·h</th><th class="number">±</th><th class="number">h (per administered)</th><th>Note</th></tr></thead>
<tbody>${fitted.map(({ label, timeActivity: course }) => {
    const fit = course?.fit ?? null;
    return html`<tr><td>${label}</td><td class="number">${course?.points.length ?? 0}</td><td class="number">${fixed(fit?.effectiveHalfLifeHours ?? null, 1)}</td><td class="number">${fixed(fit?.uncertainty?.effectiveHalfLifeHours ?? null, 1)}</td><td class="number">${fit === null ? '–' : fit.timeIntegratedMBqH.toPrecision(4)}</td><td class="number">${fit?.uncertainty == null ? '–' : fit.uncertainty.timeIntegratedMBqH.toPrecision(2)}</td><td class="number">${fixed(fit?.coefficientH ?? null, 3)}</td><td>${[fit?.method ?? '', ...(fit?.notes ?? [])].join('; ')}</td></tr>
`;
  })}</tbody></table></section>`;
}

function alignment({ alignment: result }: SpectctSummary): Html | null {
  if (result === null) return null;
  const suggested =
    result.suggestedMm === null
      ? ''
      : ` A registration of the images suggests a movement of up to ${result.suggestedMm.toFixed(0)} mm.`;
  return html`<h2>SPECT to CT alignment</h2><p>${sentence(result.reason)}${suggested}</p>`;
}

function evidence({ chosen, quantification, findings, run }: SpectctSummary): Html {
  const series = (one: SpectctSummary['chosen']['spect']) =>
    one === null ? 'none' : `${one.description}, ${one.instanceCount} images: ${one.reason}`;
  return html`<section><h2>What the numbers rest on</h2><table><tbody>
<tr><th scope="row">SPECT</th><td>${series(chosen.spect)}</td></tr>
<tr><th scope="row">CT</th><td>${series(chosen.ct)}</td></tr></tbody></table>
${
  chosen.rejected.length === 0
    ? null
    : html`<details><summary>${chosen.rejected.length} series not used, and why</summary><table><tbody>${chosen.rejected.map(
        ({ modality, description, reason }) =>
          html`<tr><td>${modality}</td><td>${description}</td><td>${reason}</td></tr>
`,
      )}</tbody></table></details>`
}
${quantification === null ? null : html`<details><summary>How activity was computed</summary><pre>${[quantification.reason ?? '', ...quantification.derivation].join('\n').trim()}</pre></details>`}
${findings.filter(({ severity }) => severity === 'info').map(({ message }) => html`<p class="dim">${message}</p>`)}
<p class="dim">Run ${run.key.slice(0, 16)}, content time ${run.at.replace('T', ' ')}. All numbers are in summary.json, regions.csv and the DICOM measurement report.</p></section>`;
}
