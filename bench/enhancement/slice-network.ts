// A network after slice-refinement beside slice-refinement alone and beside cubic interpolation, on volumes whose fine planes are
// known: drawn heads and a drawn body that it was not trained on, slices, profiles, noise and factors that it was trained on and
// others; with --ct, CT of drawn bodies instead; and, with --real, real images whose columns are joined to slices.
//   node bench/enhancement/slice-network.ts PACKAGE [--heads 9401-9408] [--ct 9471-9476] [--real FILE.nii.gz …] [--real-only]
// PSNR of CT is that of soft tissue: in a window of 50/400 HU.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { correctPlanes, psnr, refineSlices, SliceModel, type SliceProfile } from '@photopeak/analysis';
import { crop, emptyVolume, gaussian, readNifti, resample, type Vec3, type Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { petctPhantom, petmrPhantom, Random, thickSlices } from '@photopeak/phantom';
import { mean, timed } from './support.ts';

interface Case {
  readonly name: string;
  /** Values that count, where not all do. */
  readonly window?: readonly [number, number];
  readonly range: number;
  readonly truth: Volume<Float32Array>;
  readonly slices: Volume<Float32Array>;
  readonly profile: SliceProfile;
}

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    heads: { type: 'string', default: '9401-9408' },
    ct: { type: 'string' },
    real: { type: 'string', multiple: true, default: [] },
    'real-only': { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
if (folder === undefined)
  throw new Error('the package of the network is needed: training/README.md makes one');

/** Heads in turn: slices, profile, noise. */
const HEADS = [
  { sliceMm: 3, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 4, profile: 'box', noise: 0.02 },
  { sliceMm: 6, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 3, profile: 'box', noise: 0.05 },
  { sliceMm: 2, profile: 'gaussian', noise: 0.01 },
  { sliceMm: 5, profile: 'gaussian', noise: 0.02 },
  { sliceMm: 8, profile: 'box', noise: 0.01 },
  { sliceMm: 4, profile: 'gaussian', noise: 0.03, thicknessMm: 3 },
] as const;
const HEAD = 64;

function* heads(): Generator<Case> {
  const [from, to] = options.heads.split('-').map(Number) as [number, number];
  for (let seed = from; seed <= to; seed++) {
    const about = HEADS[(seed - from) % HEADS.length]!;
    const { truth, slices } = thickSlices({ seed, size: HEAD, ...about });
    const planes = about.sliceMm * slices.size[2];
    yield {
      name: `head ${seed}, ${about.sliceMm} mm ${about.profile}, ${100 * about.noise} %`,
      range: 1250,
      truth: crop(truth, { start: [0, 0, 0], size: [HEAD, HEAD, planes] }),
      slices,
      profile: about.profile,
    };
  }
}

type Noise = (signal: number, random: Random) => number;
const rician =
  (sigma: number): Noise =>
  (signal, random) =>
    Math.hypot(signal + sigma * random.normal(), sigma * random.normal());

/** Slices that join `factor` planes, with noise; of the whole body or of columns of a real image. */
function joined(
  truth: Volume<Float32Array>,
  factor: number,
  profile: SliceProfile,
  noise: Noise | undefined,
  seed: number,
): Volume<Float32Array> {
  const [nx, ny, nz] = truth.size;
  const count = nz / factor;
  const model = new SliceModel(count, factor, profile, 1);
  const [dx, dy, dz] = truth.spacingMm;
  const [, , mm] = truth.origin;
  const slices = emptyVolume(
    {
      ...truth,
      size: [nx, ny, count] as Vec3,
      spacingMm: [dx, dy, dz * factor] as Vec3,
      origin: [truth.origin[0], truth.origin[1], mm + (dz * (factor - 1)) / 2] as Vec3,
    },
    'float32',
    truth.unit,
  );
  const random = Random.of('slice-network', seed);
  const line = new Float32Array(count);
  for (let at = 0; at < nx * ny; at++) {
    model.degrade(truth.data, at, nx * ny, line);
    for (let k = 0; k < count; k++)
      slices.data[at + nx * ny * k] = noise === undefined ? line[k]! : noise(line[k]!, random);
  }
  return slices;
}

/** The volume as a cube of its own grid, planes along `axis`, as many as the factor divides. */
function standing(image: Volume, axis: 0 | 1 | 2, factor: number): Volume<Float32Array> {
  const order = [...([0, 1, 2] as const).filter((one) => one !== axis), axis];
  const sizes = order.map((one) => image.size[one]!) as [number, number, number];
  const size: Vec3 = [sizes[0], sizes[1], Math.floor(sizes[2] / factor) * factor];
  const steps = [1, image.size[0], image.size[0] * image.size[1]] as const;
  const [a, b, c] = order.map((one) => steps[one]!) as [number, number, number];
  const result = emptyVolume(
    {
      size,
      spacingMm: order.map((one) => image.spacingMm[one]!) as unknown as Vec3,
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    'float32',
    image.unit,
  );
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) result.data[at++] = image.data[i * a + j * b + k * c]!;
  return result;
}

/** Of the drawn body: seed, image, factor, profile, part of noise. */
const BODIES = [
  { seed: 9491, name: 't2', factor: 3, profile: 'gaussian', noise: 0.01 },
  { seed: 9492, name: 'water', factor: 4, profile: 'box', noise: 0.02 },
  { seed: 9493, name: 'inPhase', factor: 2, profile: 'gaussian', noise: 0.03 },
  { seed: 9494, name: 'fat', factor: 5, profile: 'box', noise: 0.01 },
] as const;

function* bodies(): Generator<Case> {
  for (const { seed, name, factor, profile, noise } of BODIES) {
    const mr = { size: [120, 80, 60], spacingMm: [3, 3, 3], belowTopMm: 480 } as const;
    const pet = { size: [8, 8, 8], spacingMm: [30, 30, 30] } as const;
    const { mr: images } = petmrPhantom({ seed, noise: 0, lesions: 2, grids: { mr, pet } });
    const truth = standing(images[name], 2, factor);
    yield {
      name: `body ${seed}, ${name}, ${factor} × ${profile}, ${100 * noise} %`,
      range: 1000,
      truth,
      slices: joined(truth, factor, profile, rician(1000 * noise), seed),
      profile,
    };
  }
}

/** Of CT in turn: pixel (as far apart as the fine planes), planes in a slice, noise in HU of a slice, contrast medium. */
const CTS = [
  { mm: 1.5, factor: 3, hu: 10, contrast: true },
  { mm: 1.25, factor: 4, hu: 15, contrast: true },
  { mm: 1, factor: 5, hu: 12, contrast: false },
  { mm: 1.5, factor: 2, hu: 20, contrast: true },
  { mm: 1.25, factor: 4, hu: 6, contrast: false },
  { mm: 1.5, factor: 6, hu: 10, contrast: true },
] as const;
/** From the vertex to the lungs, the liver, or the pelvis. */
const CT_BELOW_TOP_MM = [420, 560, 800];
const SOFT_TISSUE_HU = [-150, 250] as const;

/** CT whose noise is as wide in the plane as a soft kernel leaves it. */
async function* cts(seeds: string): AsyncGenerator<Case> {
  const [from, to] = seeds.split('-').map(Number) as [number, number];
  for (let seed = from; seed <= to; seed++) {
    const { mm, factor, hu, contrast } = CTS[(seed - from) % CTS.length]!;
    const belowTopMm = CT_BELOW_TOP_MM[(seed - from) % CT_BELOW_TOP_MM.length]!;
    const ct = { size: [160, 128, 60], spacingMm: [mm, mm, mm], belowTopMm } as const;
    const pet = { size: [8, 8, 8], spacingMm: [30, 30, 30] } as const;
    const phantom = petctPhantom({ seed, contrast, noise: 0, lesions: 6, grids: { ct, pet } });
    const truth = standing(phantom.ct, 2, factor);
    const slices = joined(truth, factor, 'box', undefined, seed);
    const normals = new Float32Array(slices.data.length);
    Random.of('slice-network-ct', seed).fillNormal(normals);
    const noise = await gaussian({ ...slices, data: normals }, { sigmaMm: [0.8 * mm, 0.8 * mm, 0] });
    const sd = Math.sqrt(mean(Array.from(noise.data, (value) => value * value)));
    for (let at = 0; at < noise.data.length; at++) slices.data[at]! += (hu / sd) * noise.data[at]!;
    yield {
      name: `CT ${seed}, ${factor} × ${mm} mm, ${hu} HU${contrast ? ', contrast medium' : ''}`,
      window: SOFT_TISSUE_HU,
      range: SOFT_TISSUE_HU[1] - SOFT_TISSUE_HU[0],
      truth,
      slices,
      profile: 'box',
    };
  }
}

/** Real images of any axis whose pixels are joined: what was measured there is the truth, with its noise. */
async function* real(): AsyncGenerator<Case> {
  for (const file of options.real) {
    const volume = readNifti(await readFile(file));
    const [nx, ny, nz] = volume.size;
    const thin = volume.spacingMm.indexOf(Math.max(...volume.spacingMm));
    const axes = ([0, 1, 2] as const).filter((axis) => axis !== thin);
    const values = Float32Array.from(volume.data).sort();
    const range = values[Math.floor(0.999 * (values.length - 1))]!;
    for (const [n, factor] of [3, 4].entries()) {
      const axis = axes[n]!;
      const middle = volume.size[thin]! >> 1;
      const start = [0, 0, 0];
      const size = [nx, ny, nz];
      // A slab of the real slices is enough.
      start[thin] = Math.max(0, middle - 16);
      size[thin] = Math.min(32, size[thin]!);
      const truth = standing(
        crop(volume, { start: start as unknown as Vec3, size: size as unknown as Vec3 }),
        axis,
        factor,
      );
      const isCt = values[0]! < 0;
      const profile = n === 0 && !isCt ? 'gaussian' : 'box';
      yield {
        name: `real ${file.split('/').at(-1)}, axis ${axis} × ${factor} ${profile}`,
        ...(isCt ? { window: SOFT_TISSUE_HU } : {}),
        range: isCt ? SOFT_TISSUE_HU[1] - SOFT_TISSUE_HU[0] : range,
        truth,
        slices: joined(truth, factor, profile, undefined, 0),
        profile,
      };
    }
  }
}

await using model = await openModel(await openPackage(folder), { threads: 1 });
const rows: { drawn: boolean; ours: number; classical: number; cubic: number }[] = [];
async function measure({ name, range, window, truth, slices, profile }: Case, drawn: boolean): Promise<void> {
  const cubic = await resample(slices, { grid: truth, interpolation: 'cubic' });
  const classical = await timed(async () =>
    refineSlices(slices, { profile, factor: Math.round(slices.spacingMm[2] / truth.spacingMm[2]) }),
  );
  const network = await timed(() =>
    correctPlanes(slices, classical.result, { profile }, async (planes) => {
      const [found] = await model.infer({
        image: planes.refined,
        slices: planes.slices,
        offset: planes.offset,
      });
      if (found?.kind !== 'image') throw new Error('no image');
      return found.volume;
    }),
  );
  const seen = (image: Volume): Volume =>
    window === undefined
      ? image
      : { ...image, data: Float32Array.from(image.data, (v) => Math.min(window[1], Math.max(window[0], v))) };
  const dB = (image: Volume) => psnr(seen(truth), seen(image), range);
  const row = {
    drawn,
    ours: dB(network.result.volume),
    classical: dB(classical.result.volume),
    cubic: dB(cubic),
  };
  rows.push(row);
  console.log(
    `${name}: cubic ${row.cubic.toFixed(2)} dB, slice-refinement ${row.classical.toFixed(2)}, network ${row.ours.toFixed(2)},` +
      ` gain ${(row.ours - row.classical).toFixed(2)}; consistency ${(100 * network.result.consistencyError).toFixed(2)} %;` +
      ` ${network.seconds.toFixed(1)} s after ${classical.seconds.toFixed(1)} s`,
  );
}
if (options.ct !== undefined) {
  for await (const one of cts(options.ct)) await measure(one, true);
} else if (!options['real-only']) {
  for (const one of heads()) await measure(one, true);
  for (const one of bodies()) await measure(one, true);
}
for await (const one of real()) await measure(one, false);
for (const drawn of [true, false]) {
  const some = rows.filter((row) => row.drawn === drawn);
  if (some.length === 0) continue;
  const gains = some.map(({ ours, classical }) => ours - classical);
  console.log(
    `slice network, ${drawn ? 'drawn' : 'real'}: ours ${mean(some.map(({ ours }) => ours)).toFixed(2)} dB, slice-refinement ${mean(some.map(({ classical }) => classical)).toFixed(2)} dB,` +
      ` cubic ${mean(some.map(({ cubic }) => cubic)).toFixed(2)} dB, difference ${mean(gains).toFixed(2)} dB (least of ${some.length}: ${Math.min(...gains).toFixed(2)})`,
  );
}
