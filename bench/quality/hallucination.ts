/**
 * How many planted faults quality control finds, by how well they could be seen at all, and how many good results it flags:
 * phantoms of CT, MR, PET and ultrasound, enhanced well, then structure added that is not there, and lesions of the original
 * erased or blurred.
 *
 *   node bench/quality/hallucination.ts [--modality CT] [--seeds 9601-9604] [--method ID] [--cache FOLDER] [--json FILE]
 *
 * --method: only this one, an enhancement method or ideal, bilateral or blended.
 * Seeds below 9600 were used for tuning. A fault is found where the result is flagged for a spot (or texture) at its place.
 * Phantoms are drawings: the figures say how sharp the checks are, not how often models go wrong.
 */
import { writeFileSync } from 'node:fs';
import {
  defaultQualityLimits,
  findStructures,
  judgedTissue,
  type QualityLimits,
  type Spot,
  type Structures,
  structureFigures,
} from '@photopeak/analysis';
import type { Vec3, Volume } from '@photopeak/imaging';
import { builtInMethod } from '@photopeak/pipelines';
import {
  type Base,
  type BenchModality,
  baseOf,
  benchModalities,
  drawing,
  methodsFor,
  resultOf,
  share,
  shippedMethods,
  typical,
} from './cases.ts';
import { detectability } from './detectability.ts';
import { addTo, distanceMm, type Fault, type Shape, shapeOf } from './plant.ts';

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const chosen = argument('modality');
const method = argument('method');
const modalities = benchModalities.filter((one) => chosen === undefined || one === chosen);
if (modalities.length === 0) throw new Error(`--modality is one of ${benchModalities.join(', ')}`);
const [from, to] = (argument('seeds') ?? '9601-9604').split('-').map(Number) as [number, number];
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Sizes in mm of CT; of the others times SCALE. */
const faults: readonly Fault[] = [
  { type: 'bright', sizeMm: 5 },
  { type: 'bright', sizeMm: 8 },
  { type: 'bright', sizeMm: 12 },
  { type: 'dark', sizeMm: 5 },
  { type: 'dark', sizeMm: 8 },
  { type: 'dark', sizeMm: 12 },
  { type: 'erased', sizeMm: 5 },
  { type: 'erased', sizeMm: 8 },
  { type: 'erased', sizeMm: 12 },
  { type: 'blurred', sizeMm: 8 },
  { type: 'vessel', sizeMm: 3 },
  { type: 'streak', sizeMm: 2.5 },
  { type: 'texture', sizeMm: 30 },
];
const SCALE = { CT: 1, MR: 1.3, PT: 2, US: 0.5 } as const;
const PSF_MM = { CT: 0.7, MR: 1, PT: 2.4, US: 0.4 } as const;
const APART_MM = { CT: 45, MR: 50, PT: 70, US: 24 } as const;
const BLURRED_MM = { CT: 3.5, MR: 4.5, PT: 7, US: 2 } as const;
const BESIDE = 1.5;
/** Faults are of every d′ between these alike (in proportion), texture of every share of the noise. */
const SEEN = [5, 25] as const;
const GRAIN = [0.5, 1.5] as const;
/** For each result: so many times, so many faults at once. */
const ROUNDS = 3;
const AT_ONCE = 4;
const STEPS = [5, 7, 9, 11, 14, 18, 25] as const;
/** From this d′ on faults are counted together. */
const ABLE = 9;

interface Row {
  readonly modality: BenchModality;
  readonly seed: number;
  readonly method: string;
  readonly fault: string;
  readonly type: string;
  /** Detectability of the fault in the noise of the original; of texture its share of the noise. */
  readonly seen: number;
  /** In standard deviations of the noise of a voxel. */
  readonly contrast: number;
  /** Whether anatomy is steeper than the noise around the place. */
  readonly isBeside: boolean;
  readonly found: boolean;
  /** Of results without faults: whether a place that was flagged is farther from the truth than from the original. */
  readonly isWrong?: boolean;
  /** Over its limit. */
  readonly score: number;
  readonly figures: Readonly<Record<string, number>>;
}

const rows: Row[] = [];
for (const modality of modalities)
  for (const seed of seeds) {
    const base = baseOf(modality, seed, argument('cache'));
    for (const [index, name] of (method === undefined ? methodsFor(modality) : [method]).entries()) {
      const before = rows.length;
      await judge(modality, seed, name, index, base);
      for (const row of rows.slice(before))
        console.log(
          modality,
          seed,
          name,
          row.fault,
          row.fault === 'none' ? '' : `seen ${row.seen.toFixed(1)}, ${row.contrast.toFixed(1)}σ`,
          row.isBeside ? 'beside' : 'even',
          row.found ? 'flagged' : '-',
          row.score.toFixed(2),
          row.isWrong === true ? 'wrong' : '',
          row.fault === 'none'
            ? JSON.stringify(row.figures, (_, v) => (typeof v === 'number' ? +v.toFixed(2) : v))
            : '',
        );
    }
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
  const noisy = volume(clean.data.map((value, at) => value + noise[at]!));
  const tissue = judgedTissue(modality, noisy);
  const across = modality !== 'US';
  const options = { ...tissue, planes: across ? 'slices' : 'frames' } as const;
  const good = await resultOf(modality, seed, name, base, typical(base, tissue.above), argument('cache'));
  const own = builtInMethod(name)?.qualityLimits;
  const limits = { ...defaultQualityLimits(modality), ...own };
  const clear = await findStructures(noisy, good, options);
  const figures = structureFigures(clear);
  const score = overLimits(figures, limits);
  const of = { modality, seed, method: name };
  const none = { fault: 'none', type: 'none', seen: 0, contrast: 0, isBeside: false };
  const isWrong = clear.spots.some((spot) => overOf(spot, limits) > 1 && isFalse(spot, base, noisy, good));
  rows.push({ ...of, ...none, found: score > 1, isWrong, score, figures });
  for (let round = 0; round < ROUNDS; round++) {
    const before = Float32Array.from(noisy.data);
    const after = Float32Array.from(good.data);
    const places: Vec3[] = [];
    const planted: (Pick<Row, 'fault' | 'type' | 'seen' | 'contrast' | 'isBeside'> & { shape: Shape })[] = [];
    for (let n = 0; n < AT_ONCE; n++) {
      const one = faults[Math.floor(faults.length * draw.uniform())]!;
      const fault = { ...one, sizeMm: one.sizeMm * SCALE[modality] };
      const place = placeOf(modality, base, tissue.above, places, draw);
      if (place === undefined) continue;
      places.push(place);
      const optics = { psfMm: PSF_MM[modality], blurredMm: BLURRED_MM[modality], across };
      const shape = await shapeOf(clean, fault, place, optics, draw);
      const sigma = noiseAt(base, place);
      const part = draw.uniform();
      let seen = GRAIN[0] + (GRAIN[1] - GRAIN[0]) * part;
      let contrast = seen * sigma;
      if (fault.type !== 'texture') {
        const counts = tissue.noise === 'counts';
        const unit = await detectability(base, shape, { above: tissue.above, counts, across }, draw);
        if (unit === undefined) continue;
        seen = SEEN[0] * (SEEN[1] / SEEN[0]) ** part;
        contrast = seen / unit;
      }
      addTo(before, clean.size, shape.box, shape.inOriginal, contrast);
      addTo(after, clean.size, shape.box, shape.inResult, contrast);
      planted.push({
        fault: `${fault.type} ${+fault.sizeMm.toFixed(1)} mm`,
        type: fault.type,
        seen,
        contrast: contrast / sigma,
        isBeside: isBeside(base, place, fault.sizeMm),
        shape,
      });
    }
    const found = await findStructures(volume(before), volume(after), options);
    for (const { shape, ...told } of planted) {
      const figures = figuresAt(found, shape);
      const score = overLimits(figures, limits);
      rows.push({ ...of, ...told, found: score > 1, score, figures });
    }
  }
}

type Figures = ReturnType<typeof structureFigures>;

/** The highest of all figures over its limit. */
function overLimits(figures: Figures, limits: QualityLimits): number {
  const over = Object.entries(figures).map(
    ([name, value]) => value / (limits[name as keyof QualityLimits].flag ?? Number.POSITIVE_INFINITY),
  );
  return Math.max(0, ...over);
}

function overOf({ kind, form, score }: Spot, limits: QualityLimits): number {
  return score / limits[`${kind}-${form === 'blob' ? 'structure' : 'line'}`].flag!;
}

/** Whether a method did at a place what it should not: it moved the mean there away from the truth by half of what it moved it. */
function isFalse({ voxel, sizeMm, form }: Spot, { clean }: Base, noisy: Volume, good: Volume): boolean {
  const [nx, ny, nz] = clean.size;
  // Of a line only a piece around its middle: its direction is not told.
  const radiusMm = form === 'blob' ? sizeMm / 2 : sizeMm / 12;
  const reach = clean.spacingMm.map((mm) => Math.ceil(radiusMm / mm));
  let [error, change] = [0, 0];
  for (let c = -reach[2]!; c <= reach[2]!; c++)
    for (let b = -reach[1]!; b <= reach[1]!; b++)
      for (let a = -reach[0]!; a <= reach[0]!; a++) {
        const [i, j, k] = [voxel[0] + a, voxel[1] + b, voxel[2] + c];
        if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue;
        const mm = Math.hypot(a * clean.spacingMm[0], b * clean.spacingMm[1], c * clean.spacingMm[2]);
        if (mm > radiusMm) continue;
        const at = i + nx * (j + ny * k);
        error += good.data[at]! - clean.data[at]!;
        change += good.data[at]! - noisy.data[at]!;
      }
  return Math.abs(error) > 0.5 * Math.abs(change);
}

/** What was found at the place of a fault. */
function figuresAt(found: Structures, shape: Shape): Figures {
  const isNear = ({ voxel }: { readonly voxel: Vec3 }) => distanceMm(shape, voxel) <= shape.reachMm;
  const texture = found.texture !== undefined && isNear(found.texture) ? found.texture : undefined;
  return structureFigures({ ...found, spots: found.spots.filter(isNear), texture });
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
  const foundOf = (group: readonly Row[]): string =>
    group.length === 0 ? '' : share(group.filter(({ found }) => found).length, group.length);
  for (const modality of modalities) {
    const of = rows.filter((row) => row.modality === modality);
    const planted = of.filter(({ type }) => type !== 'none' && type !== 'texture');
    console.log(`\n| ${modality}: d′ | in even tissue | beside anatomy |\n|---|---|---|`);
    STEPS.slice(0, -1).forEach((low, n) => {
      const group = planted.filter(({ seen }) => seen >= low && seen < STEPS[n + 1]!);
      const cell = (beside: boolean) => foundOf(group.filter(({ isBeside: is }) => is === beside));
      console.log(`| ${low} to ${STEPS[n + 1]} | ${cell(false)} | ${cell(true)} |`);
    });
    console.log(`\n| ${modality}: fault | contrast at d′ 10 | found from d′ ${ABLE} on |\n|---|---|---|`);
    for (const label of [...new Set(planted.map(({ fault }) => fault))].sort()) {
      const group = planted.filter(({ fault }) => fault === label);
      const contrasts = group.map(({ contrast, seen }) => (10 * contrast) / seen).sort((a, b) => a - b);
      const middle = contrasts[contrasts.length >> 1]!;
      console.log(
        `| ${label} | ${middle.toFixed(1)}σ | ${foundOf(group.filter(({ seen }) => seen >= ABLE))} |`,
      );
    }
    const texture = of.filter(({ type }) => type === 'texture');
    const strong = texture.filter(({ seen }) => seen >= 1);
    const weak = texture.filter(({ seen }) => seen < 1);
    console.log(`texture of 1σ and more: ${foundOf(strong) || 'none'}, of less: ${foundOf(weak) || 'none'}`);
    const good = of.filter(({ type }) => type === 'none');
    for (const name of new Set(good.map(({ method }) => method))) {
      const own = good.filter(({ method }) => method === name);
      const wrong = own.filter(({ isWrong }) => isWrong).length;
      console.log(`results of ${name} flagged: ${foundOf(own)}, ${wrong} for places that it did get wrong`);
    }
    const able = planted.filter(({ seen }) => seen >= ABLE);
    console.log(
      `${modality}: of faults from d′ ${ABLE} on ${foundOf(able)} found; good results flagged: ${foundOf(good)}, without the shipped method ${foundOf(good.filter(({ method }) => method !== shippedMethods[modality]))}`,
    );
  }
  const file = argument('json');
  if (file !== undefined) writeFileSync(file, JSON.stringify(rows));
}
