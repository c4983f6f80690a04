import type { PetctSummary } from '../petct-oncology/summary.ts';
import { type Html, html } from './html.ts';

type Reference = NonNullable<PetctSummary['references']>['liver'];
type Chosen = PetctSummary['chosen']['pet'];

/** Which series were used and why, the reference regions, and the arithmetic of SUV. */
export function evidence(summary: PetctSummary): Html {
  const { chosen, suv, references } = summary;
  return html`<section><h2>What the numbers rest on</h2>
<table><tbody>
<tr><th scope="row">PET</th><td>${series(chosen.pet)}</td></tr>
<tr><th scope="row">CT</th><td>${series(chosen.ct)}</td></tr>
${
  summary.tracer === null
    ? null
    : html`<tr><th scope="row">Tracer</th><td>${tracer(summary.tracer)}</td></tr>`
}
${
  references === null
    ? null
    : html`<tr><th scope="row">Liver reference</th><td>${reference(references.liver)}</td></tr>
<tr><th scope="row">Blood pool reference</th><td>${reference(references.bloodPool)}</td></tr>`
}
</tbody></table>
${
  chosen.rejected.length === 0
    ? null
    : html`<details><summary>${chosen.rejected.length} series not used, and why</summary><table><tbody>${chosen.rejected.map(
        (one) =>
          html`<tr><td>${one.modality}</td><td>${one.description}</td><td class="number">${one.instanceCount}</td><td>${one.reason}</td></tr>
`,
      )}</tbody></table></details>`
}
${suv === null ? null : html`<details><summary>How SUV was computed</summary><pre>${suv.derivation.join('\n')}</pre></details>`}
${summary.findings.filter(({ severity }) => severity === 'info').map(({ message }) => html`<p class="dim">${message}</p>`)}
<p class="dim">Run ${summary.run.key.slice(0, 16)}, content time ${summary.run.at.replace('T', ' ')}. All numbers are in summary.json and in the DICOM measurement report.</p></section>`;
}

function tracer({ title, agent, reason, takenUpBy, remarks }: NonNullable<PetctSummary['tracer']>): string {
  const name = agent === null || agent === title ? title : `${agent} (${title})`;
  return [`${name}, by ${reason}. Taken up by nature by ${takenUpBy.join(', ')}.`, ...remarks].join(' ');
}

function series(chosen: Chosen): string {
  if (chosen === null) return 'none';
  const number = chosen.seriesNumber === null ? '' : `series ${chosen.seriesNumber}, `;
  return `${number}${chosen.description}, ${chosen.instanceCount} images: ${chosen.reason}`;
}

function reference(value: Reference): string {
  if (value.status === 'not-placed') return `not placed: ${value.reason}`;
  const band = `${value.withinBand ? 'inside' : 'OUTSIDE'} the usual band ${value.band[0]} to ${value.band[1]}`;
  return `SUVmean ${value.mean.toFixed(2)}, SD ${value.sd.toFixed(2)}, ${value.volumeMl.toFixed(1)} ml, ${band}`;
}
