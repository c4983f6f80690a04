import { type Grid, gaussian, type Vec3, type Volume } from '@photopeak/imaging';
import { LatticeField } from '../shared/lattice-field.ts';
import type { Random } from '../shared/random.ts';
import { torsoTissues } from './anatomy.ts';
import { type LabelAt, type PatternAt, paint, type ValueAt } from './paint.ts';

/** The torso, still or moved, as an imager finds it. */
export interface Scene {
  readonly grid: Grid;
  /** At the voxel centres. */
  readonly labels: Uint8Array;
  readonly labelAt: LabelAt;
  /** What varies within a tissue, with standard deviation 1. */
  readonly pattern: PatternAt;
}

type Imager = (scene: Scene, random: Random) => Promise<Volume<Float32Array>>;

const HU = "[hnsf'U]";

async function painted({ grid, labels, labelAt }: Scene, unit: string, sigmaMm: number, valueAt: ValueAt) {
  return gaussian({ ...grid, data: paint(grid, labels, labelAt, valueAt), unit }, { sigmaMm });
}

function addNoise({ data }: Volume<Float32Array>, random: Random, sdAt: (value: number) => number): void {
  const noise = new Float32Array(data.length);
  random.fillNormal(noise);
  for (let n = 0; n < noise.length; n++) data[n]! += sdAt(data[n]!) * noise[n]!;
}

const huOf =
  ({ pattern }: Scene): ValueAt =>
  (x, y, z, label) => {
    const { hu, textureHu } = torsoTissues[label]!;
    return textureHu === 0 ? hu : hu + textureHu * pattern(x, y, z);
  };

const CT_NOISE_HU = 20;

const ct: Imager = async (scene, random) => {
  const image = await painted(scene, HU, 1.2, huOf(scene));
  addNoise(image, random, () => CT_NOISE_HU);
  return image;
};

const CBCT_NOISE_HU = 45;
/** How much darker scatter makes the middle of the body than its skin, and the radii over which it does, mm. */
const CUPPING_HU = 90;
const CUPPING_MM = [150, 105] as const;

/** Twice the noise of CT, and darker towards the middle of the body. */
const cbct: Imager = async (scene, random) => {
  const hu = huOf(scene);
  const image = await painted(scene, HU, 1.4, (x, y, z, label) => {
    const outwards = Math.min(1, (x / CUPPING_MM[0]) ** 2 + (y / CUPPING_MM[1]) ** 2);
    return hu(x, y, z, label) - (label === 0 ? 0 : CUPPING_HU * (1 - outwards));
  });
  addNoise(image, random, () => CBCT_NOISE_HU);
  return image;
};

/** Blurred to about 7 mm FWHM; noise whose variance follows the activity, correlated by a post-filter. */
const pet: Imager = async (scene, random) => {
  const blurred = await painted(scene, 'g/ml{SUVbw}', 3, (_x, _y, _z, label) => torsoTissues[label]!.uptake);
  addNoise(blurred, random, (value) => Math.sqrt(value / 60));
  for (let n = 0; n < blurred.data.length; n++) blurred.data[n] = Math.max(0, blurred.data[n]!);
  return gaussian(blurred, { sigmaMm: 1.6 });
};

/** A bone agent: blurred to about 12 mm FWHM, a quarter of the counts of PET. */
const spect: Imager = async (scene, random) => {
  const blurred = await painted(scene, 'Bq/ml', 5, (_x, _y, _z, label) => torsoTissues[label]!.boneAgent);
  addNoise(blurred, random, (value) => Math.sqrt(Math.max(0, value) / 15));
  for (let n = 0; n < blurred.data.length; n++) blurred.data[n] = Math.max(0, blurred.data[n]!);
  return gaussian(blurred, { sigmaMm: 2.5 });
};

const MR_NOISE = 0.03;
/** Of the texture of CT, 30 HU of soft tissue: about 6 % of the signal. */
const MR_TEXTURE = 0.002;
/** Nodes of the sensitivity of the coils and how far it varies. */
const COIL_MM = 150;
const COIL_SHARE = 0.25;

/** Magnitude with Rician noise under a smooth sensitivity of its own. */
const mr =
  (weighting: 't1' | 't2'): Imager =>
  async (scene, random) => {
    const { grid, pattern } = scene;
    const reach = grid.size.map((count, axis) => count * grid.spacingMm[axis]!);
    const bounds = {
      low: grid.origin,
      high: grid.origin.map((mm, axis) => mm + reach[axis]!) as unknown as Vec3,
    };
    const coil = new LatticeField(bounds, COIL_MM, () => [random.between(-1, 1), 0, 0]);
    const sensitivity = new Float64Array(3);
    const image = await painted(scene, 'a.u.', 1.2, (x, y, z, label) => {
      const tissue = torsoTissues[label]!;
      coil.sample(x, y, z, sensitivity);
      const signal = tissue[weighting] * (1 + MR_TEXTURE * tissue.textureHu * pattern(x, y, z));
      return signal * (1 + COIL_SHARE * sensitivity[0]!);
    });
    const noise = new Float32Array(2 * image.data.length);
    random.fillNormal(noise);
    for (let n = 0; n < image.data.length; n++) {
      const real = image.data[n]! + MR_NOISE * noise[2 * n]!;
      image.data[n] = Math.sqrt(real * real + (MR_NOISE * noise[2 * n + 1]!) ** 2);
    }
    return image;
  };

/** The fixed and the moving image of each pair. */
export const torsoImagers = {
  'ct-ct': [ct, ct],
  'cbct-ct': [ct, cbct],
  'pet-ct': [ct, pet],
  'spect-ct': [ct, spect],
  'mr-ct': [ct, mr('t1')],
  'pet-mr': [mr('t1'), pet],
  'mr-mr': [mr('t1'), mr('t2')],
} as const satisfies Record<string, readonly [fixed: Imager, moving: Imager]>;

export type TorsoPairKind = keyof typeof torsoImagers;
