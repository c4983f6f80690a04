// Training pairs of the MR denoiser: slabs of drawn heads, and of leaves without anatomy, with Rician noise, or that of several coils (training/shared).
// The contrast of tissues, slices, direction and strength of the noise change from slab to slab.
//   node training/mr-denoiser/write-pairs.ts OUT FIRST-SEED LAST-SEED
import { denoiseMr } from '@photopeak/analysis';
import { emptyVolume, type Vec3, type Volume } from '@photopeak/imaging';
import { mrHead, Random } from '@photopeak/phantom';
import { deadLeaves } from '../shared/leaves.ts';
import { writePair } from '../shared/pair-file.ts';
import { recontrasted } from '../shared/recontrast.ts';
import { withTexture } from '../shared/texture.ts';

const SIZE = 96;
const SLICES = 10;
const SLABS = 6;
/** White matter has a signal of 200 in the drawn heads. */
const TEXTURES = { texture: 8, contrast: 4, count: 120 };
/** Signals are drawn up to about this. */
const RANGE = 250;
/** Less signal than this is air. */
const AIR = 6;
/** Some slices of the head along an axis, each the mean of `thickness` planes. */
function slabOf(head: Volume, axis: 0 | 1 | 2, first: number, thickness: number): Volume<Float32Array> {
  const [mm] = head.spacingMm;
  const slab = emptyVolume(
    { ...head, size: [SIZE, SIZE, SLICES], spacingMm: [mm, mm, mm * thickness] },
    'float32',
    head.unit,
  );
  const steps: Vec3 = [1, SIZE, SIZE * SIZE];
  const [across, down] = ([0, 1, 2] as const).filter((other) => other !== axis) as [0 | 1 | 2, 0 | 1 | 2];
  for (let k = 0, at = 0; k < SLICES; k++)
    for (let j = 0; j < SIZE; j++)
      for (let i = 0; i < SIZE; i++, at++)
        for (let n = 0; n < thickness; n++) {
          const plane = first + k * thickness + n;
          slab.data[at]! += head.data[i * steps[across] + j * steps[down] + plane * steps[axis]]! / thickness;
        }
  return slab;
}

/** The cube times a factor, with voxels of `mm`. */
const scaled = (image: Volume<Float32Array>, factor: number, mm: number): Volume<Float32Array> => ({
  ...image,
  spacingMm: [mm, mm, mm],
  data: image.data.map((value) => value * factor),
});

function magnitude(truth: Volume<Float32Array>, sigma: number, coils: number, random: Random) {
  const data = truth.data.map((signal) => {
    let power = 0;
    for (let coil = 0; coil < coils; coil++)
      power += (signal / Math.sqrt(coils) + sigma * random.normal()) ** 2 + (sigma * random.normal()) ** 2;
    return Math.sqrt(power);
  });
  return { ...truth, data };
}

const [out, firstSeed, lastSeed] = process.argv.slice(2);
if (out === undefined || !(Number(firstSeed) <= Number(lastSeed)))
  throw new Error('OUT FIRST-SEED LAST-SEED');
for (let seed = Number(firstSeed); seed <= Number(lastSeed); seed++) {
  const random = Random.of('mr-denoiser', seed);
  // Every other one is no head, but leaves without anatomy.
  const isHead = seed % 2 === 0;
  const head = isHead
    ? mrHead({ seed, size: SIZE, spacingMm: random.between(1.9, 2.5), sigma: 0 }).truth
    : scaled(deadLeaves(SIZE, random), RANGE / 1000, random.between(0.8, 2.5));
  for (let n = 0; n < SLABS; n++) {
    const thickness = random.pick([1, 1, 2, 3]);
    const middle = SIZE / 2 + random.integer(-10, 10) - Math.floor((SLICES * thickness) / 2);
    const first = Math.min(SIZE - SLICES * thickness, Math.max(0, middle));
    const slab = slabOf(head, random.pick([0, 1, 2] as const), first, thickness);
    // One in three keeps the contrast it was drawn with.
    const contrasted = n % 3 === 0 || !isHead ? slab : recontrasted(slab, RANGE, random);
    const textured = await withTexture(contrasted, TEXTURES, random);
    // Air stays empty: the noise is measured in it.
    const data = textured.data.map((signal, at) =>
      slab.data[at]! < AIR ? contrasted.data[at]! : Math.max(0, signal),
    );
    const truth = { ...textured, data };
    const [sigma, coils] = [4 * 7 ** random.uniform(), random.pick([1, 1, 4])];
    const source = magnitude(truth, sigma, coils, random);
    // As the method will: measured where that can be, not the true one.
    const found = await denoiseMr(source);
    const noise = { ...truth, data: new Float32Array(truth.data.length).fill(found.sigma) };
    writePair(out, `${seed}-${n}`, { truth, source, denoised: found.volume, noise });
    console.log(
      `${seed}-${n}`,
      `σ ${sigma.toFixed(1)}, found ${found.sigma.toFixed(1)}; coils ${coils}, ${found.coils.toFixed(1)}`,
    );
  }
}
