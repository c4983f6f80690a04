import type { PetctLesion, PetctSummary } from '../petct-oncology/summary.ts';
import { type Html, html } from './html.ts';

export interface ReportPicture {
  readonly title: string;
  readonly png: Uint8Array;
}

export interface ReportInput {
  readonly summary: PetctSummary;
  /** As in the image header; for the reader's eyes, not for logs. */
  readonly patient: {
    readonly name: string;
    readonly id: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  readonly pictures: readonly ReportPicture[];
}

const STYLE = `
:root { color-scheme: light; --ink: #1b222c; --dim: #5c6775; --line: #d8dee6; --warn: #8a4b00; --warn-ground: #fff4e0; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); margin: 0 auto; max-width: 1180px; padding: 24px; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; }
.notice, .warning { background: var(--warn-ground); color: var(--warn); padding: 8px 12px; border-radius: 4px; margin: 8px 0; }
.dim { color: var(--dim); } figure { margin: 16px 0; } img { max-width: 100%; background: #0b0e13; border-radius: 4px; }
figcaption { color: var(--dim); font-size: 13px; } pre { font-size: 13px; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; } dt { color: var(--dim); } dd { margin: 0; }
`;

const fixed = (value: number | null, digits: number): string =>
  value === null ? '–' : value.toFixed(digits);

const KIND_NAMES: Record<string, string> = {
  bw: 'SUVbw (g/ml)',
  lbm: 'SUVlbm, James (g/ml)',
  lbmJames120: 'SUVlbm, James with 120 (g/ml)',
  lbmJanmahasatian: 'SUVlbm, Janmahasatian (g/ml)',
  bsa: 'SUVbsa (cm²/ml)',
  ibw: 'SUVibw (g/ml)',
};

/** The report that a physician reads: findings first, then what they rest on. One self-contained HTML file. */
export function petctReport(input: ReportInput): string {
  const { summary, patient } = input;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PET/CT findings (draft)</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<h1>PET/CT findings: draft, not verified</h1>
<p class="notice">${summary.notice}</p>
<dl>
<dt>Patient</dt><dd>${patient.name || '–'} · ID ${patient.id || '–'} · born ${patient.birthDate || '–'} · ${patient.sex || '–'}</dd>
<dt>Study</dt><dd>${summary.study.studyDate ?? '–'} · ${summary.study.description || '–'}</dd>
<dt>Computed by</dt><dd>${summary.pipeline.name} ${summary.pipeline.version}</dd>
</dl>
${summary.findings.filter(({ severity }) => severity !== 'info').map(warning)}
<h2>Findings</h2>
${findings(summary)}
${registration(summary)}
${input.pictures.map(figure)}
<h2>Physiological uptake (recognised and set aside)</h2>
${
  summary.physiologicalUptake.length === 0
    ? html`<p class="dim">None recognised.</p>`
    : html`<table><thead><tr><th>Region</th><th>Recognised as</th><th class="number">SUVmax</th><th class="number">Volume (ml)</th><th>Why</th></tr></thead>
<tbody>${summary.physiologicalUptake.map(
        (region) =>
          html`<tr><td>${region.id}</td><td>${region.physiological?.kind ?? ''}</td><td class="number">${fixed(region.suvMax, 2)}</td><td class="number">${fixed(region.mtvMl, 1)}</td><td>${region.physiological?.reason ?? ''}</td></tr>`,
      )}</tbody></table>`
}
<h2>What the numbers rest on</h2>
${evidence(summary)}
</body>
</html>
`;
  return page.html;
}

function warning(finding: PetctSummary['findings'][number]): Html {
  return html`<p class="warning"><strong>${finding.code}</strong>: ${finding.message}${finding.remedy ? html` ${finding.remedy}.` : null}</p>
`;
}

function findings(summary: PetctSummary): Html {
  if (summary.suv?.status !== 'ok') {
    return html`<p class="warning">Uptake is not quantified: ${summary.suv?.reason ?? 'no PET series was chosen'}.</p>`;
  }
  const method = html`<p class="dim">Candidates: ${summary.candidates.method}${
    summary.candidates.threshold === null ? null : ` (threshold ${fixed(summary.candidates.threshold, 2)})`
  }, at least ${summary.candidates.minimumMl} ml. Uptake as ${KIND_NAMES[summary.suvKind ?? 'bw'] ?? ''}.</p>`;
  if (summary.lesions.length === 0)
    return html`${method}<p>No focal uptake above the threshold other than physiological.</p>`;
  return html`${method}
<table><thead><tr><th></th><th>Site</th><th class="number">SUVmax</th><th class="number">SUVpeak</th><th class="number">SUVmean</th><th class="number">MTV (ml)</th><th class="number">TLG (g)</th></tr></thead>
<tbody>${summary.lesions.map(lesionRow)}</tbody>
<tfoot><tr><th colspan="5">${summary.totals.count} finding(s)${
    summary.totals.dmaxMm === null ? null : `, largest distance ${fixed(summary.totals.dmaxMm, 0)} mm`
  }</th><th class="number">${fixed(summary.totals.mtvMl, 1)}</th><th class="number">${fixed(summary.totals.tlgG, 1)}</th></tr></tfoot></table>`;
}

function lesionRow(lesion: PetctLesion): Html {
  const site = [lesion.laterality?.meaning, lesion.site?.meaning]
    .filter((part) => part !== undefined)
    .join(' ');
  return html`<tr><td>${lesion.id}</td><td>${site || 'not determined'}</td><td class="number">${fixed(lesion.suvMax, 2)}</td><td class="number">${fixed(lesion.suvPeak, 2)}</td><td class="number">${fixed(lesion.suvMean, 2)}</td><td class="number">${fixed(lesion.mtvMl, 2)}</td><td class="number">${fixed(lesion.tlgG, 1)}</td></tr>
`;
}

function registration(summary: PetctSummary): Html {
  const result = summary.registration;
  if (result === null) return html``;
  return html`<h2>PET to CT alignment</h2>
<p>${result.score === null ? 'Not scored' : html`<strong>${result.score}/100</strong> (${result.class ?? ''})`}: ${result.scoreReason} ${result.reason}</p>
${
  result.regions.length === 0
    ? null
    : html`<table><thead><tr><th>Region</th><th class="number">Misalignment (mm)</th><th></th></tr></thead><tbody>${result.regions.map(
        (region) =>
          html`<tr><td>${region.name}</td><td class="number">${fixed(region.misalignmentMm, 1)}</td><td class="dim">${region.reason}</td></tr>`,
      )}</tbody></table>`
}`;
}

function figure(picture: ReportPicture): Html {
  const data = Buffer.from(picture.png).toString('base64');
  return html`<figure><img alt="${picture.title}" src="data:image/png;base64,${data}"><figcaption>${picture.title}</figcaption></figure>
`;
}

function evidence(summary: PetctSummary): Html {
  const { chosen, suv } = summary;
  return html`<dl>
<dt>PET</dt><dd>${chosen.pet === null ? 'none' : `series ${chosen.pet.seriesNumber ?? '–'}, ${chosen.pet.description}, ${chosen.pet.instanceCount} images: ${chosen.pet.reason}`}</dd>
<dt>CT</dt><dd>${chosen.ct === null ? 'none' : `series ${chosen.ct.seriesNumber ?? '–'}, ${chosen.ct.description}, ${chosen.ct.instanceCount} images: ${chosen.ct.reason}`}</dd>
${chosen.rejected.map((series) => html`<dt class="dim">not used</dt><dd class="dim">${series.modality} ${series.description} (${series.instanceCount} images): ${series.reason}</dd>`)}
</dl>
${suv === null ? null : html`<pre>${suv.derivation.join('\n')}</pre>`}
${summary.references === null ? null : html`<p>Liver reference: ${reference(summary.references.liver)}. Blood pool: ${reference(summary.references.bloodPool)}.</p>`}
${summary.findings.filter(({ severity }) => severity === 'info').map((finding) => html`<p class="dim">${finding.message}</p>`)}`;
}

function reference(value: NonNullable<PetctSummary['references']>['liver']): string {
  if (value.status === 'not-placed') return `not placed (${value.reason})`;
  return `mean ${value.mean.toFixed(2)}, SD ${value.sd.toFixed(2)}, ${value.withinBand ? 'inside' : 'outside'} the usual band ${value.band[0]}–${value.band[1]}`;
}
