import type { PetctSummary } from '../petct-oncology/summary.ts';
import { type Html, html } from './html.ts';
import { fixed } from './names.ts';

/** Expression of PSMA by PROMISE, with what it was held against. */
export function promise({ promise: draft, lesions }: PetctSummary): Html | null {
  if (draft === null) return null;
  const { references, miTnm, notes } = draft;
  const label = (id: string) => lesions.find((lesion) => lesion.id === id)?.label ?? id;
  return html`<section><h2>Expression of PSMA (PROMISE, draft)</h2>
<p>${[miTnm.t ?? 'miT: for a reader to say', miTnm.n ?? 'miN: for a reader to say', miTnm.m ?? 'miM: for a reader to say'].join(', ')}${miTnm.reasons.length === 0 ? null : html` <span class="dim">(${miTnm.reasons.join('; ')})</span>`}</p>
<table><thead><tr><th>Lesion</th><th class="number">miPSMA score</th><th>Why</th></tr></thead>
<tbody>${draft.lesions.map(
    ({ id, score, reason }) =>
      html`<tr><td>${label(id)}</td><td class="number">${score ?? '–'}</td><td>${reason}</td></tr>
`,
  )}</tbody></table>
<p class="dim">Mean SUV of blood pool ${fixed(references.bloodPool, 2)}, liver ${fixed(references.liver, 2)}, spleen ${fixed(references.spleen, 2)}, parotid glands ${fixed(references.parotid, 2)}. ${notes.map((note) => html`${note}. `)}Sites are guesses from the CT.</p>
</section>`;
}
