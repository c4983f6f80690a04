import type { PetctLesion, PetctSummary } from '../petct-oncology/summary.ts';
import { type Html, html } from './html.ts';
import { fixed } from './names.ts';

interface Kind {
  readonly name: string;
  readonly regions: readonly PetctLesion[];
}

/** What was set aside, by kind, hottest kind first; each single region can be unfolded. */
export function physiological({ physiologicalUptake: regions, candidates }: PetctSummary): Html | null {
  if (candidates.threshold === null) return null;
  const names = [...new Set(regions.map(nameOf))];
  const kinds = names.map((name): Kind => ({ name, regions: regions.filter((one) => nameOf(one) === name) }));
  const maximum = (kind: Kind) => Math.max(...kind.regions.map(({ suvMax }) => suvMax));
  kinds.sort((a, b) => maximum(b) - maximum(a));
  return html`<section><h2>Set aside as physiological</h2>
${
  regions.length === 0
    ? html`<p class="dim">None recognised.</p>`
    : html`<p class="dim">Not counted above; kept in the segmentation and one click away in the workspace.</p>
<table><thead><tr><th>Recognised as</th><th class="number">Regions</th><th class="number">SUVmax</th><th class="number">Volume ml</th></tr></thead>
<tbody>${kinds.map(
        (kind) =>
          html`<tr><td>${kind.name}</td><td class="number">${kind.regions.length}</td><td class="number">${fixed(maximum(kind), 2)}</td><td class="number">${fixed(
            kind.regions.reduce((sum, { mtvMl }) => sum + mtvMl, 0),
            1,
          )}</td></tr>
`,
      )}</tbody></table>
<details><summary>Each region and why</summary>
<table><thead><tr><th>No.</th><th>Recognised as</th><th class="number">SUVmax</th><th class="number">Volume ml</th><th>Why</th></tr></thead>
<tbody>${regions.map(
        (region) =>
          html`<tr><td>${region.id}</td><td>${nameOf(region)}</td><td class="number">${fixed(region.suvMax, 2)}</td><td class="number">${fixed(region.mtvMl, 1)}</td><td>${region.physiological?.reason ?? ''}</td></tr>
`,
      )}</tbody></table></details>`
}</section>`;
}

const nameOf = (region: PetctLesion): string => region.physiological?.kind ?? 'other';
