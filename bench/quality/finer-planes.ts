/**
 * How many faults planted into finer planes of thick slices quality control finds, and how many good results it flags:
 * heads whose fine planes are known, refined well, then structure added that the slices contradict or lesions of the slices
 * erased (by how well they could be seen in the slices), and detail that no slice can tell (by its root mean square over the
 * noise of the slices).
 *
 *   node bench/quality/finer-planes.ts [--seeds 9701-9708] [--rounds 6] [--cache FOLDER] [--json FILE]
 *
 * Seeds below 9700 were used for tuning. A fault is found where the result is flagged for it at its place.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  defaultQualityLimits,
  findStructures,
  judgedTissue,
  SliceModel,
  structureFigures,
} from '@photopeak/analysis';
import { gaussian, resample, type Vec3, type Volume } from '@photopeak/imaging';
import { thickSlices } from '@photopeak/phantom';
import { builtInMethod, unknownFacts } from '@photopeak/pipelines';
import { comparable } from '../../packages/pipelines/src/enhancement/quality/comparable.ts';
import { FINER_NOISE_SHARE } from '../../packages/pipelines/src/enhancement/quality/control.ts';
import { drawing, share } from './cases.ts';
import { detectability } from './detectability.ts';
import { addTo, type Draw, distanceMm, type Fault, type Shape, shapeOf } from './plant.ts';

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const [from, to] = (argument('seeds') ?? '9701-9708').split('-').map(Number) as [number, number];
const folder = argument('cache');
const SIZE = 88;
/** In turn. */
const heads = [
  { sliceMm: 3, noise: 0.01 },
  { sliceMm: 4, noise: 0.02 },
  { sliceMm: 3, noise: 0.03 },
  { sliceMm: 6, noise: 0.01 },
] as const;
const WHITE = 1000;
const faults: readonly Fault[] = [
  { type: 'bright', sizeMm: 5 },
  { type: 'bright', sizeMm: 9 },
  { type: 'dark', sizeMm: 5 },
  { type: 'dark', sizeMm: 9 },
  { type: 'erased', sizeMm: 5 },
  { type: 'erased', sizeMm: 9 },
  { type: 'vessel', sizeMm: 3 },
];
const OPTICS = { psfMm: 0.6, blurredMm: 3, across: true } as const;
/** Faults that slices show are of every d′ between these alike (in proportion), those that they do not of every strength. */
const SEEN = [5, 25] as const;
const HIDDEN = [2, 20] as const;
const HIDDEN_MM = [7, 11] as const;
const ROUNDS = Number(argument('rounds') ?? 6);
const AT_ONCE = 3;
const MARGIN = 14;
const APART_MM = 24;
/** Of the noise: slices that differ by less are alike. */
const EVEN = 3;
const limits = defaultQualityLimits('MR', 'super-resolution');

interface Case {
  readonly seed: number;
  readonly model: SliceModel;
  readonly sigma: number;
  readonly truth: Volume<Float32Array>;
  readonly clean: Volume<Float32Array>;
  readonly slices: Volume<Float32Array>;
  readonly above: number;
}

interface Row {
  readonly method: string;
  readonly kind: 'good' | 'seen' | 'hidden';
  readonly strength: number;
  readonly isEven: boolean;
  readonly found: boolean;
  /** Over its limit. */
  readonly score: number;
}
const rows: Row[] = [];

type Method = (one: Case) => Promise<Volume>;

const shipped =
  (id: string): Method =>
  async ({ slices }) => {
    const method = builtInMethod(id)!;
    const image = { volume: slices, planes: 'slices', facts: unknownFacts('MR', 'bench', '1') } as const;
    const context = { signal: new AbortController().signal, progress: () => {} };
    return (await method.run(image, method.parameters.parse({}), context)).volume!;
  };

const consistent = (image: Volume<Float32Array>, { model, slices }: Case): Volume => {
  const data = Float32Array.from(image.data);
  const area = image.size[0] * image.size[1];
  const scratch = new Float64Array(model.slices);
  for (let at = 0; at < area; at++) model.makeConsistent(data, at, area, slices.data, at, area, scratch);
  return { ...image, data };
};

const methods: Readonly<Record<string, Method>> = {
  /** What a very good network would give: the truth a little smoothed, and consistent with the slices. */
  ideal: async (one) => consistent(await gaussian(one.truth, { sigmaMm: 0.5 }), one),
  /** Cubic interpolation, made consistent with the slices. */
  cubic: async (one) =>
    consistent(await resample(one.slices, { grid: one.truth, interpolation: 'cubic', type: 'float32' }), one),
  'slice-refinement': shipped('slice-refinement'),
  'network-slices': shipped('network-slices'),
};

async function resultOf(one: Case, name: string): Promise<Volume<Float32Array>> {
  const file = `${folder}/finer-${one.seed}-${SIZE}-${name}`;
  if (folder !== undefined && existsSync(file))
    return { ...one.truth, data: new Float32Array(Uint8Array.from(readFileSync(file)).buffer) };
  const data = Float32Array.from((await methods[name]!(one)).data);
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, new Uint8Array(data.buffer));
  }
  return { ...one.truth, data };
}

for (let seed = from; seed <= to; seed++) {
  const { sliceMm, noise } = heads[(seed - from) % heads.length]!;
  const make = (sigma: number) =>
    thickSlices({ seed, size: SIZE, sliceMm, profile: 'gaussian', noise: sigma });
  const { truth: whole, slices } = make(noise);
  const [nx, ny, nz] = slices.size;
  const planes = nz * sliceMm;
  const truth = { ...whole, size: [nx, ny, planes] as Vec3, data: whole.data.subarray(0, nx * ny * planes) };
  const model = new SliceModel(nz, sliceMm, 'gaussian', 1);
  const { above } = judgedTissue('MR', slices);
  const one: Case = { seed, model, sigma: WHITE * noise, truth, clean: make(0).slices, slices, above };
  for (const [index, name] of Object.keys(methods).entries()) await judge(one, name, index);
}
report();

async function judge(one: Case, name: string, index: number): Promise<void> {
  const { slices, clean, sigma, above } = one;
  const draw = drawing(one.seed * 31 + index);
  const good = await resultOf(one, name);
  const clear = await checked(slices, good);
  const own = { method: name, strength: 0, isEven: false };
  rows.push({ ...own, kind: 'good', found: clear.worst > 1, score: clear.worst });
  console.log(one.seed, name, 'good', JSON.stringify(clear.figures));
  const noise = slices.data.map((value, at) => value - clean.data[at]!);
  for (let round = 0; round < ROUNDS; round++) {
    const before = { ...slices, data: Float32Array.from(slices.data) };
    const after = { ...good, data: Float32Array.from(good.data) };
    const places: Vec3[] = [];
    const planted: { readonly shape: Shape; readonly row: Omit<Row, 'found' | 'score'> }[] = [];
    for (let n = 0; n < AT_ONCE; n++) {
      const place = placeOf(one, places, draw);
      if (place === undefined) continue;
      places.push(place);
      const fault = faults[Math.floor(faults.length * draw.uniform())]!;
      const fine = await shapeOf(one.truth, fault, place, OPTICS, draw);
      const shape = asSlices(one, fine);
      const tissue = { above, counts: false, across: true };
      const unit = await detectability({ clean, noise }, shape, tissue, draw);
      const strength = SEEN[0] * (SEEN[1] / SEEN[0]) ** draw.uniform();
      if (unit === undefined) continue;
      addTo(before.data, slices.size, shape.box, shape.inOriginal, strength / unit);
      addTo(after.data, after.size, fine.box, fine.inResult, strength / unit);
      planted.push({ shape, row: { ...own, kind: 'seen', strength, isEven: isEven(one, shape.center) } });
    }
    const place = placeOf(one, places, draw)!;
    const strength = HIDDEN[0] * (HIDDEN[1] / HIDDEN[0]) ** draw.uniform();
    const diameter = HIDDEN_MM[round % HIDDEN_MM.length]!;
    const slice = hide(one, after, place, diameter, strength * sigma, draw);
    const { spots, nullSpace } = await checked(before, after);
    for (const { shape, row } of planted) {
      const near = spots.filter(
        ({ voxel }) => distanceMm(shape, voxel) <= shape.reachMm + shape.spacingMm[2],
      );
      const figures = structureFigures({ spots: near, texture: undefined, judged: 1, places: 0 });
      rows.push({ ...row, found: overLimits(figures) > 1, score: overLimits(figures) });
    }
    const { voxel, score } = nullSpace!;
    const isThere =
      Math.hypot(voxel[0] - place[0], voxel[1] - place[1]) <= diameter && Math.abs(voxel[2] - slice) <= 1;
    const row = {
      ...own,
      kind: 'hidden',
      strength,
      isEven: isEven(one, [place[0], place[1], slice]),
    } as const;
    const over = isThere ? score / limits['null-space'].flag! : 0;
    rows.push({ ...row, found: over > 1, score: over });
  }
}

/** As the pipeline checks finer planes. */
async function checked(slices: Volume, planes: Volume) {
  const facts = unknownFacts('MR', 'bench', '1');
  const image = { volume: slices, planes: 'slices', facts } as const;
  const { original, result, figures, nullSpace } = (await comparable(image, planes, {
    task: 'super-resolution',
  }))!;
  const tissue = judgedTissue('MR', slices);
  const options = { ...tissue, planes: 'slices', leastNoiseShare: FINER_NOISE_SHARE } as const;
  const structures = await findStructures(original, result, options);
  const all = { ...structureFigures(structures), ...figures };
  return { spots: structures.spots, figures: all, nullSpace, worst: overLimits(all) };
}

function overLimits(figures: Readonly<Record<string, number>>): number {
  const over = Object.entries(figures).map(
    ([name, value]) => value / (limits[name as keyof typeof limits].flag ?? Number.POSITIVE_INFINITY),
  );
  return Math.max(0, ...over);
}

/** A fault of the planes as the slices show it. */
function asSlices({ model, slices }: Case, fine: Shape): Shape {
  const [bx, by, bz] = fine.box.size;
  const { factor } = model;
  const first = Math.max(0, Math.floor(fine.box.start[2] / factor) - 2);
  const last = Math.min(model.slices, Math.ceil((fine.box.start[2] + bz) / factor) + 2);
  const size: Vec3 = [bx, by, last - first];
  const line = new Float32Array(model.slices);
  const seen = (values: Float32Array) => {
    const column = new Float32Array(model.planes);
    const result = new Float32Array(size[0] * size[1] * size[2]);
    for (let at = 0; at < bx * by; at++) {
      column.fill(0);
      for (let k = 0; k < bz; k++) column[fine.box.start[2] + k] = values[at + bx * by * k]!;
      model.degrade(column, 0, 1, line);
      for (let k = first; k < last; k++) result[at + bx * by * (k - first)] = line[k]!;
    }
    return result;
  };
  const [x, y, z] = fine.center;
  return {
    ...fine,
    box: { start: [fine.box.start[0], fine.box.start[1], first], size },
    inOriginal: seen(fine.inOriginal),
    inResult: seen(fine.inResult),
    center: [x, y, Math.floor(z / factor)],
    spacingMm: slices.spacingMm,
  };
}

/**
 * Adds a disc as thick as a slice whose planes alternate at random, less what the slices would show of it, of a root mean
 * square in that slice; answers which slice.
 */
function hide(
  { model }: Case,
  planes: Volume,
  [x, y, z]: Vec3,
  diameter: number,
  strength: number,
  draw: Draw,
): number {
  const { factor } = model;
  const slice = Math.floor(z / factor);
  const column = new Float32Array(model.planes);
  for (let k = 0; k < factor; k++) column[slice * factor + k] = draw.uniform() < 0.5 ? -1 : 1;
  column[slice * factor] = -column[slice * factor + 1]!;
  const told = new Float32Array(model.planes);
  const line = new Float32Array(model.slices);
  model.degrade(column, 0, 1, line);
  model.makeConsistent(told, 0, 1, line, 0, 1, new Float64Array(model.slices));
  const hidden = column.map((value, k) => value - told[k]!);
  const inside = hidden.subarray(slice * factor, (slice + 1) * factor);
  const unit = Math.sqrt(inside.reduce((sum, value) => sum + value * value, 0) / factor);
  const [nx, ny] = planes.size;
  const radius = diameter / 2;
  for (let j = -Math.ceil(radius); j <= radius; j++)
    for (let i = -Math.ceil(radius); i <= radius; i++) {
      if (Math.hypot(i, j) > radius) continue;
      for (let k = 0; k < model.planes; k++)
        planes.data[x + i + nx * (y + j + ny * k)]! += (strength / unit) * hidden[k]!;
    }
  return slice;
}

/** A place of tissue in the planes, apart from others. */
function placeOf(
  { slices, truth, model, above }: Case,
  taken: readonly Vec3[],
  draw: Draw,
): Vec3 | undefined {
  const [nx, ny] = slices.size;
  const depth = 2 * model.factor;
  for (let trial = 0; trial < 5000; trial++) {
    const place: Vec3 = [
      Math.floor(MARGIN + draw.uniform() * (nx - 2 * MARGIN)),
      Math.floor(MARGIN + draw.uniform() * (ny - 2 * MARGIN)),
      Math.floor(depth + draw.uniform() * (truth.size[2] - 2 * depth)),
    ];
    const slice = Math.floor(place[2] / model.factor);
    const isTissue = [-4, 0, 4].every((b) =>
      [-4, 0, 4].every((a) => slices.data[place[0] + a + nx * (place[1] + b + ny * slice)]! > above),
    );
    const isApart = taken.every(
      (other) => Math.hypot(...place.map((at, axis) => at - other[axis]!)) > APART_MM,
    );
    if (isTissue && isApart) return place;
  }
  return undefined;
}

/** Whether the slices around a place differ from their neighbours by hardly more than their noise. */
function isEven({ clean, sigma }: Case, [x, y, slice]: Vec3): boolean {
  const [nx, ny] = clean.size;
  let [sum, count] = [0, 0];
  for (let j = -3; j <= 3; j++)
    for (let i = -3; i <= 3; i++) {
      const at = (k: number) => clean.data[x + i + nx * (y + j + ny * k)]!;
      sum += (at(slice) - at(slice - 1)) ** 2 + (at(slice + 1) - at(slice)) ** 2;
      count++;
    }
  return Math.sqrt(sum / count) < EVEN * sigma;
}

function report(): void {
  const foundOf = (group: readonly Row[]) =>
    group.length === 0 ? '-' : share(group.filter(({ found }) => found).length, group.length);
  const steps = { seen: [5, 9, 14, 25], hidden: [2, 4, 7, 12, 20] } as const;
  for (const kind of ['seen', 'hidden'] as const) {
    const of = rows.filter((row) => row.kind === kind);
    for (const [n, low] of steps[kind].slice(0, -1).entries()) {
      const high = steps[kind][n + 1]!;
      const group = of.filter(({ strength }) => strength >= low && strength < high);
      const [even, beside] = [true, false].map((is) => foundOf(group.filter((row) => row.isEven === is)));
      const what = kind === 'seen' ? `d′ ${low} to ${high}` : `not told by slices, ${low} to ${high} σ`;
      console.log(`${what}: found where slices are alike ${even}, beside anatomy ${beside}`);
    }
  }
  for (const method of Object.keys(methods)) {
    const of = rows.filter((row) => row.method === method);
    const [good, seen, hidden] = (['good', 'seen', 'hidden'] as const).map((kind) =>
      of.filter((row) => row.kind === kind),
    ) as [Row[], Row[], Row[]];
    console.log(
      `${method}: flagged ${foundOf(good)}; found from d′ 14 ${foundOf(seen.filter(({ strength }) => strength >= 14))}, ` +
        `not told by slices, from 7 σ ${foundOf(hidden.filter(({ strength }) => strength >= 7))}`,
    );
  }
  const file = argument('json');
  if (file !== undefined) writeFileSync(file, JSON.stringify(rows));
  const of = (kind: Row['kind'], least: number) =>
    foundOf(rows.filter((row) => row.kind === kind && row.strength >= least));
  console.log(
    `finer planes, seeds ${from}-${to}: good results flagged ${of('good', 0)}; found from d′ 14 ${of('seen', 14)}, not told by slices from 7 σ ${of('hidden', 7)}`,
  );
}
