/**
 * How many planted faults quality control finds, by type, size and contrast, and how many good results it would flag:
 * phantoms of CT, MR, PET and ultrasound, enhanced well, then structure added that is not there, and lesions of the original
 * erased or blurred.
 *
 *   node bench/quality/hallucination.ts [--modality CT] [--seeds 9301-9308] [--cache FOLDER] [--json FILE]
 *
 * Seeds below 9300 were used for tuning. A fault is found where the result is flagged for a spot (or texture) at its place.
 * Phantoms are drawings: the figures say how sharp the checks are, not how often models go wrong.
 */
import { writeFileSync } from 'node:fs';
import {
  defaultQualityLimits,
  findStructures,
  judgedTissue,
  type Structures,
  structureFigures,
} from '@photopeak/analysis';
import type { Vec3, Volume } from '@photopeak/imaging';
import { type Base, type BenchModality, baseOf, benchModalities, drawing, methodsFor } from './cases.ts';
import { distanceMm, type Fault, type Shape, shapeOf } from './plant.ts';

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const chosen = argument('modality');
const modalities = chosen === undefined ? benchModalities : [chosen as BenchModality];
const [from, to] = (argument('seeds') ?? '9301-9308').split('-').map(Number) as [number, number];
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Contrast in standard deviations of the local noise; sizes in mm, for PET (×2), MR (×1.3) and ultrasound (÷2) by its resolution. */
const rounds: readonly (readonly Fault[])[] = [
  [
    { type: 'bright', sizeMm: 5, contrast: 4 },
    { type: 'dark', sizeMm: 8, contrast: 3 },
    { type: 'erased', sizeMm: 12, contrast: 2 },
    { type: 'vessel', sizeMm: 3, contrast: 3 },
    { type: 'blurred', sizeMm: 8, contrast: 5 },
  ],
  [
    { type: 'bright', sizeMm: 8, contrast: 2 },
    { type: 'dark', sizeMm: 5, contrast: 4 },
    { type: 'erased', sizeMm: 8, contrast: 3 },
    { type: 'streak', sizeMm: 2.5, contrast: 2 },
    { type: 'texture', sizeMm: 30, contrast: 1 },
  ],
  [
    { type: 'bright', sizeMm: 12, contrast: 2 },
    { type: 'erased', sizeMm: 5, contrast: 4 },
    { type: 'blurred', sizeMm: 12, contrast: 4 },
    { type: 'dark', sizeMm: 12, contrast: 2 },
    { type: 'vessel', sizeMm: 3, contrast: 2 },
  ],
  [
    { type: 'bright', sizeMm: 8, contrast: 3 },
    { type: 'bright', sizeMm: 5, contrast: 2.5 },
    { type: 'erased', sizeMm: 8, contrast: 2 },
    { type: 'streak', sizeMm: 2.5, contrast: 1 },
    { type: 'texture', sizeMm: 30, contrast: 0.5 },
  ],
];
const BESIDE = 1.5;
const SCALE = { CT: 1, MR: 1.3, PT: 2, US: 0.5 } as const;
const PSF_MM = { CT: 0.7, MR: 1, PT: 2.4, US: 0.4 } as const;
const APART_MM = { CT: 45, MR: 50, PT: 70, US: 24 } as const;
const BLURRED_MM = { CT: 3.5, MR: 4.5, PT: 7, US: 2 } as const;

interface Row {
  readonly modality: BenchModality;
  readonly seed: number;
  readonly method: string;
  readonly fault: string;
  /** Whether anatomy is steeper than the noise around the place. */
  readonly isBeside: boolean;
  readonly found: boolean;
  readonly score: number;
  readonly figures: Readonly<Record<string, number>>;
}

const rows: Row[] = [];
for (const modality of modalities)
  for (const seed of seeds)
    for (const [index, name] of Object.keys(methodsFor(modality)).entries()) {
      const base = baseOf(modality, seed, argument('cache'));
      await judge(modality, seed, name, index, base);
      for (const row of rows.filter(
        (one) => one.seed === seed && one.method === name && one.modality === modality,
      ))
        console.log(
          modality,
          seed,
          name,
          row.fault,
          row.isBeside ? 'beside' : 'even',
          row.found ? 'flagged' : '-',
          row.score.toFixed(1),
          row.fault === 'none'
            ? JSON.stringify(row.figures, (_, v) => (typeof v === 'number' ? +v.toFixed(2) : v))
            : '',
        );
    }
report();

async function judge(
  modality: BenchModality,
  seed: number,
  name: string,
  index: number,
  base: Base,
): Promise<void> {
  const { clean, noise } = base;
  const draw = drawing(seed * 31 + index);
  const volume = (data: Float32Array): Volume<Float32Array> => ({ ...clean, data });
  const noisy = volume(add(clean.data, noise, 1));
  const tissue = judgedTissue(modality, noisy);
  const options = { ...tissue, planes: modality === 'US' ? 'frames' : 'slices' } as const;
  const sigma = typical(base, tissue.above);
  const good = await methodsFor(modality)[name]!(noisy, base, sigma);
  const limits = defaultQualityLimits(modality);
  const seen = await findStructures(noisy, good, options);
  const figures = structureFigures(seen);
  const score = Math.max(
    ...Object.entries(figures).map(
      ([key, value]) => value / (limits[key as keyof typeof limits].flag ?? Infinity),
    ),
  );
  rows.push({
    modality,
    seed,
    method: name,
    fault: 'none',
    isBeside: false,
    found: score > 1,
    score,
    figures,
  });
  // Every other method with every other round: enough places, half the time.
  for (const faults of rounds.filter((_, round) => (round + seed + index) % 2 === 0)) {
    const before = Float32Array.from(noisy.data);
    const after = Float32Array.from(good.data);
    const places: Vec3[] = [];
    const planted: { fault: Fault; shape: Shape }[] = [];
    for (const relative of faults) {
      const place = placeOf(modality, base, tissue.above, places, draw);
      if (place === undefined) continue;
      places.push(place);
      const contrast = relative.contrast * noiseAt(base, place);
      const fault = { ...relative, contrast, sizeMm: relative.sizeMm * SCALE[modality] };
      const shape = await shapeOf(
        clean,
        fault,
        place,
        PSF_MM[modality],
        BLURRED_MM[modality],
        draw,
        modality !== 'US',
      );
      for (let at = 0; at < before.length; at++) {
        before[at]! += contrast * shape.inOriginal[at]!;
        after[at]! += contrast * shape.inResult[at]!;
      }
      planted.push({ fault: relative, shape });
    }
    const found = await findStructures(volume(before), volume(after), options);
    for (const { fault, shape } of planted) {
      const score = scoreAt(found, shape, limits);
      const label = `${fault.type} ${+(fault.sizeMm * SCALE[modality]).toFixed(1)} mm ${fault.contrast}σ`;
      rows.push({
        modality,
        seed,
        method: name,
        fault: label,
        isBeside: isBeside(base, shape.center, fault.sizeMm * SCALE[modality]),
        found: score > 1,
        score,
        figures: structureFigures(found),
      });
    }
  }
}

/** The highest score of what lies at the place of a fault, over its limit. */
function scoreAt(found: Structures, shape: Shape, limits: ReturnType<typeof defaultQualityLimits>): number {
  const near = (voxel: Vec3) => distanceMm(shape, voxel) <= shape.reachMm;
  const scores = found.spots
    .filter(({ voxel }) => near(voxel))
    .map(
      ({ kind, form, score }) => score / limits[`${kind}-${form === 'blob' ? 'structure' : 'line'}`].flag!,
    );
  if (found.texture !== undefined && near(found.texture.voxel))
    scores.push(found.texture.ratio / limits.texture.flag!);
  return Math.max(0, ...scores);
}

function add(a: Float32Array, b: Float32Array, factor: number): Float32Array {
  return a.map((value, at) => value + factor * b[at]!);
}

/** Standard deviation of the noise in tissue. */
function typical({ clean, noise }: Base, above: number): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < noise.length; at += 7)
    if (clean.data[at]! > above) {
      sum += noise[at]! ** 2;
      count++;
    }
  return Math.sqrt(sum / count);
}

function noiseAt({ clean, noise }: Base, [i, j, k]: Vec3): number {
  const [nx, ny] = clean.size;
  let [sum, count] = [0, 0];
  for (let b = -6; b <= 6; b++)
    for (let a = -6; a <= 6; a++) {
      const value = noise[i + a + nx * (j + b + ny * k)];
      if (value === undefined) continue;
      sum += value * value;
      count++;
    }
  return Math.sqrt(sum / count);
}

/** Whether the noise-free image varies by more than this many standard deviations of the noise around a place. */
function isBeside(base: Base, [i, j, k]: Vec3, sizeMm: number): boolean {
  const { clean } = base;
  const [nx, ny] = clean.size;
  const reach = Math.ceil((0.5 * sizeMm + 3 * clean.spacingMm[0]) / clean.spacingMm[0]);
  let [n, sum, squares] = [0, 0, 0];
  for (let b = -reach; b <= reach; b++)
    for (let a = -reach; a <= reach; a++) {
      const value = clean.data[i + a + nx * (j + b + ny * k)];
      if (value === undefined) continue;
      n++;
      sum += value;
      squares += value * value;
    }
  return Math.sqrt(squares / n - (sum / n) ** 2) > BESIDE * noiseAt(base, [i, j, k]);
}

/** A voxel of tissue, neither at the border of the image nor near another fault. */
function placeOf(
  modality: BenchModality,
  { clean }: Base,
  above: number,
  taken: readonly Vec3[],
  draw: { uniform(): number },
): Vec3 | undefined {
  const [nx, ny, nz] = clean.size;
  const margin = [12, 12, nz > 8 ? 3 : 0] as const;
  for (let trial = 0; trial < 20000; trial++) {
    const place = [nx, ny, nz].map((n, axis) =>
      Math.floor(margin[axis]! + draw.uniform() * (n - 2 * margin[axis]!)),
    ) as unknown as Vec3;
    // All around it is tissue: what lies beside a bone or at the skin is another matter, and told apart in the table of limits.
    const isTissue = [-4, 0, 4].every((b) =>
      [-4, 0, 4].every((a) => clean.data[place[0] + a + nx * (place[1] + b + ny * place[2])]! > above),
    );
    const isApart = taken.every(
      (other) =>
        Math.hypot(...place.map((at, axis) => (at - other[axis]!) * clean.spacingMm[axis]!)) >
        APART_MM[modality],
    );
    if (isTissue && isApart) return place;
  }
  return undefined;
}

function report(): void {
  for (const modality of modalities) {
    const of = rows.filter((row) => row.modality === modality);
    const labels = [...new Set(of.map(({ fault }) => fault))].sort();
    console.log(`\n| ${modality} | in even tissue | beside anatomy |\n|---|---|---|`);
    for (const label of labels) {
      const told = (beside: boolean) => {
        const group = of.filter(({ fault, isBeside: is }) => fault === label && is === beside);
        return group.length === 0 ? '' : `${group.filter(({ found }) => found).length}/${group.length}`;
      };
      console.log(`| ${label} | ${told(false)} | ${told(true)} |`);
    }
    const faults = of.filter(({ fault }) => fault !== 'none');
    const good = of.filter(({ fault }) => fault === 'none');
    const share = (group: readonly Row[]) =>
      group.filter(({ found }) => found).length / Math.max(1, group.length);
    const percent = (group: readonly Row[]) => `${(100 * share(group)).toFixed(1)} % of ${group.length}`;
    console.log(
      `${modality}: ${percent(faults.filter((one) => !one.isBeside))} faults in even tissue and ${percent(faults.filter((one) => one.isBeside))} beside anatomy found, ${(100 * share(good)).toFixed(1)} % of ${good.length} good results flagged`,
    );
  }
  const file = argument('json');
  if (file !== undefined) writeFileSync(file, JSON.stringify(rows));
}
