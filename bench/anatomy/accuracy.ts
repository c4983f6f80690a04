/**
 * Accuracy of CT anatomy on phantoms of known truth: Dice, mean surface distance and 95th percentile of the surface
 * distance for every structure, the names of the vertebrae, what is said of absent organs, areas at L3, and how far the
 * confidences can be trusted.
 *
 *   node bench/anatomy/accuracy.ts [--seeds 661-668] [--jsonl FILE]
 *
 * Seeds up to 405, 501 to 546 and 609 served for tuning, others from 601 on are for reporting. Each seed draws contrast phase, arms, noise,
 * bending of the body and absent organs from its number.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  compareMasks,
  measureComposition,
  ORGAN_LABELS,
  organNames,
  refineAnatomy,
  segmentCtAnatomy,
  segmentOrgans,
} from '@photopeak/analysis';
import { maskWhere } from '@photopeak/imaging';
import { petctPhantom, structureNames } from '@photopeak/phantom';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '661-668' }, jsonl: { type: 'string' } },
});
const [first, last] = options.seeds.split('-').map(Number) as [number, number | undefined];
const GRIDS = {
  ct: { size: [136, 104, 252], spacingMm: [3.6, 3.6, 4.1] },
  pet: { size: [16, 16, 16], spacingMm: [30, 30, 30] },
} as const;
const GOOD_DICE = 0.75;

/** One row of the design for each remainder of the seed by eight. */
const CASES = [
  { arms: 'up', warpMm: 7 },
  { arms: 'up', warpMm: 9, contrast: 'portal' },
  { arms: 'down', warpMm: 9 },
  { arms: 'up', warpMm: 7, contrast: 'arterial' },
  { arms: 'up', warpMm: 8, absent: ['spleen', 'kidneyRight'] },
  { arms: 'down', warpMm: 8, contrast: 'portal', noise: 2, absent: ['stomach'] },
  { arms: 'up', warpMm: 11, noise: 2 },
  { arms: 'down', warpMm: 9, contrast: 'arterial', absent: ['kidneyLeft', 'bladder'] },
] as const;

interface Row {
  readonly seed: number;
  readonly name: string;
  readonly there: boolean;
  readonly found: boolean;
  readonly dice: number;
  readonly meanMm: number | null;
  readonly hd95Mm: number | null;
  readonly confidence: number;
  readonly fit: number | null;
}
const rows: Row[] = [];
const names: { readonly right: boolean; readonly confidence: number }[] = [];
const areas: { readonly tissue: string; readonly ratio: number }[] = [];

for (let seed = first; seed <= (last ?? first); seed++) {
  const phantom = petctPhantom({ seed, lesions: [], grids: GRIDS, ...CASES[seed % CASES.length]! });
  const truth = phantom.structures();
  const start = performance.now();
  const anatomy = await segmentCtAnatomy(phantom.ct);
  const organs = await segmentOrgans(anatomy);
  const fine = refineAnatomy(phantom.ct, organs);
  console.log(`seed ${seed}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const isBone = (label: number) => label === ORGAN_LABELS.bone || label >= ORGAN_LABELS.vertebraC1;
  const trueBone = (value: number) => value === 5 || value >= structureNames.indexOf('vertebraC1');
  for (const name of ['lungRight', 'lungLeft', 'airways', 'bone', ...organNames] as const) {
    const value = structureNames.indexOf(name);
    const report = organs.structures.find((one) => one.name === name)!;
    const mine = maskWhere(fine, (label) => (name === 'bone' ? isBone(label) : label === ORGAN_LABELS[name]));
    const real = maskWhere(truth, (label) => (name === 'bone' ? trueBone(label) : label === value));
    const { dice, meanSurfaceMm, hd95Mm, volumesMl } = await compareMasks(mine, real);
    rows.push({
      seed,
      name,
      there: volumesMl[1] > 0,
      found: report.present,
      dice: Number.isNaN(dice) ? 1 : dice,
      meanMm: meanSurfaceMm ?? null,
      hd95Mm: hd95Mm ?? null,
      confidence: report.confidence,
      fit: report.fit ?? null,
    });
  }
  const perSlice = truth.size[0] * truth.size[1];
  for (const { name, topZ, bottomZ, confidence } of organs.vertebrae) {
    const middle = Math.round(((topZ + bottomZ) / 2 - truth.origin[2]) / truth.spacingMm[2]);
    const counts = new Map<number, number>();
    for (let n = perSlice * middle; n < perSlice * (middle + 1); n++) {
      const value = truth.data[n] ?? 0;
      if (trueBone(value) && value !== 5) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const [most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0];
    names.push({ right: structureNames[most] === `vertebra${name}`, confidence });
  }
  if (organs.l3 !== undefined) {
    const { composition } = measureComposition(phantom.ct, fine, organs.l3);
    const k = Math.round((composition.z - truth.origin[2]) / truth.spacingMm[2]);
    const count = (name: (typeof structureNames)[number]) => {
      let sum = 0;
      for (let n = perSlice * k; n < perSlice * (k + 1); n++)
        if (truth.data[n] === structureNames.indexOf(name)) sum++;
      return sum * truth.spacingMm[0] * truth.spacingMm[1];
    };
    areas.push({ tissue: 'muscle', ratio: composition.muscleMm2 / count('muscle') });
    areas.push({
      tissue: 'fat',
      ratio: (composition.subcutaneousFatMm2 + composition.visceralFatMm2) / count('fat'),
    });
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
console.log('\n| structure | cases | found | Dice | mean mm | HD95 mm | absent cases: not shown |');
console.log('|---|---|---|---|---|---|---|');
for (const name of new Set(rows.map((row) => row.name))) {
  const there = rows.filter((row) => row.name === name && row.there);
  const found = there.filter((row) => row.found);
  const absent = rows.filter((row) => row.name === name && !row.there);
  const quiet = absent.filter((row) => !row.found);
  console.log(
    `| ${name} | ${there.length} | ${found.length} | ${mean(found.map(({ dice }) => dice)).toFixed(3)} | ` +
      `${mean(known(found.map(({ meanMm }) => meanMm))).toFixed(1)} | ${mean(known(found.map(({ hd95Mm }) => hd95Mm))).toFixed(1)} | ` +
      `${absent.length === 0 ? '' : `${quiet.length} of ${absent.length}`} |`,
  );
}

/** Expected calibration error over five bins, and Brier score. */
function calibration(samples: readonly { readonly right: boolean; readonly confidence: number }[]) {
  let error = 0;
  for (let bin = 0; bin < 5; bin++) {
    const inside = samples.filter(
      ({ confidence }) => confidence >= bin / 5 && (confidence < (bin + 1) / 5 || bin === 4),
    );
    const hit = mean(inside.map(({ right }) => (right ? 1 : 0)));
    error +=
      (inside.length / samples.length) * Math.abs(hit - mean(inside.map(({ confidence }) => confidence)));
  }
  const brier = mean(samples.map(({ right, confidence }) => (confidence - (right ? 1 : 0)) ** 2));
  return `expected calibration error ${error.toFixed(3)}, Brier ${brier.toFixed(3)}, ${samples.length} samples`;
}
const outlines = rows
  .filter((row) => row.found && row.fit !== null)
  .map(({ there, dice, confidence }) => ({ right: there && dice >= GOOD_DICE, confidence }));
console.log(`\nconfidence of organs (Dice at least ${GOOD_DICE}): ${calibration(outlines)}`);
console.log(
  `names of vertebrae: ${names.filter(({ right }) => right).length} of ${names.length} right; ${calibration(names)}`,
);
for (const tissue of ['muscle', 'fat']) {
  const ratios = areas.filter((area) => area.tissue === tissue).map(({ ratio }) => ratio);
  console.log(`area of ${tissue} at L3 over truth: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`);
}
if (options.jsonl !== undefined)
  for (const row of rows) appendFileSync(options.jsonl, `${JSON.stringify(row)}\n`);
const organRows = rows.filter((row) => row.there && (organNames as readonly string[]).includes(row.name));
console.log(
  `anatomy: mean Dice of organs ${mean(organRows.map(({ found, dice }) => (found ? dice : 0))).toFixed(3)}, ` +
    `vertebrae named right ${((100 * names.filter(({ right }) => right).length) / Math.max(1, names.length)).toFixed(0)} %`,
);
process.exit(0);
