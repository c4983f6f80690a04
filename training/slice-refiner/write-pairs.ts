// Training pairs of the network that refines slices: drawn volumes, their thick slices, and what the classical method made of
// those. Half are leaves without anatomy, the others drawn heads in contrasts of their own.
//   node training/slice-refiner/write-pairs.ts OUT FIRST-SEED LAST-SEED [WIDEST-BLUR]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { refineSlices, SliceModel, type SliceProfile } from '@photopeak/analysis';
import { emptyVolume, gaussian, type Volume } from '@photopeak/imaging';
import { mrHead, Random, thickSlices } from '@photopeak/phantom';
import { deadLeaves } from '../shared/leaves.ts';
import { writeImages } from '../shared/pair-file.ts';
import { recontrasted } from '../shared/recontrast.ts';
import { withTexture } from '../shared/texture.ts';

/** Divided without remainder by every factor that is trained. */
const SIZE = 72;
const FACTORS = [2, 3, 3, 4, 4, 6] as const;
/** Full width of what a pixel of the fine image sees, pixels. */
const SHARPEST = 0.3;
const SMOOTHEST = 1.4;
const FWHM_PER_SIGMA = 2.3548200450309493;
/** σ of the noise, where the image reaches 1000. */
const NOISE = [2, 40] as const;
const TEXTURES = { texture: 40, contrast: 15, count: 80 };

/** Values from 0 to about 1000. */
function drawn(seed: number, random: Random): Volume<Float32Array> {
  const kind = seed % 4;
  if (kind < 2) return deadLeaves(SIZE, random);
  if (kind === 2)
    return recontrasted(thickSlices({ seed, size: SIZE, sliceMm: 3, noise: 0 }).truth, 1000, random);
  const { truth } = mrHead({ seed, size: SIZE, spacingMm: random.between(1.2, 2.6), sigma: 0 });
  return recontrasted({ ...truth, data: truth.data.map((signal) => signal * 4) }, 1000, random);
}

const [out, firstSeed, lastSeed, smoothest = SMOOTHEST] = process.argv.slice(2);
if (out === undefined || !(Number(firstSeed) <= Number(lastSeed)))
  throw new Error('OUT FIRST-SEED LAST-SEED');
for (let seed = Number(firstSeed); seed <= Number(lastSeed); seed++) {
  const random = Random.of('slice-refiner', seed);
  const sharp = drawn(seed, random);
  const textured = await withTexture(sharp, TEXTURES, random);
  // Air stays empty.
  const solid = {
    ...sharp,
    spacingMm: [1, 1, 1] as const,
    data: textured.data.map((v, at) => (sharp.data[at]! < 6 ? sharp.data[at]! : Math.max(0, v))),
  };
  const sigmaMm = random.between(SHARPEST, Number(smoothest)) / FWHM_PER_SIGMA;
  const fine = await gaussian(solid, { sigmaMm: [sigmaMm, sigmaMm, sigmaMm] });
  const factor = random.pick(FACTORS);
  const profile: SliceProfile = random.uniform() < 0.65 ? 'gaussian' : 'box';
  const thickness = random.uniform() < 0.6 ? 1 : random.between(0.7, 1.2);
  const count = SIZE / factor;
  const model = new SliceModel(count, factor, profile, thickness);
  const slices = emptyVolume(
    { ...fine, size: [SIZE, SIZE, count], spacingMm: [1, 1, factor] },
    'float32',
    '1',
  );
  const line = new Float32Array(count);
  const area = SIZE * SIZE;
  const sigma = NOISE[0] * (NOISE[1] / NOISE[0]) ** random.uniform();
  for (let at = 0; at < area; at++) {
    model.degrade(fine.data, at, area, line);
    for (let k = 0; k < count; k++)
      slices.data[at + area * k] = Math.hypot(line[k]! + sigma * random.normal(), sigma * random.normal());
  }
  const refined = refineSlices(slices, { factor, profile, sliceThicknessMm: thickness * factor });
  const repeated = emptyVolume(fine, 'float32', '1');
  for (let k = 0; k < SIZE; k++)
    repeated.data.set(
      slices.data.subarray(area * Math.floor(k / factor), area * (Math.floor(k / factor) + 1)),
      area * k,
    );
  writeImages(out, `${seed}`, [fine, refined.volume, repeated]);
  writeFileSync(
    path.join(out, `${seed}.json`),
    JSON.stringify({
      factor,
      profile,
      thickness,
      sigma,
      matrix: model.matrix().map((row) => Array.from(row)),
    }),
  );
  console.log(seed, factor, profile, thickness.toFixed(2), `σ ${sigma.toFixed(1)}`);
}
