// Training pairs of the network that refines what metal-streaks left: simulated slices with metal, the same without it and with the
// noise of the same rays, and all that the classical method found.
//   node training/metal-refiner/write-pairs.ts OUT FIRST-SEED LAST-SEED [WIDEST-PIXEL]
import { reduceMetal } from '@photopeak/analysis';
import { emptyVolume, gaussian, type Volume } from '@photopeak/imaging';
import { Random } from '@photopeak/phantom';
import { scanOf } from '../../bench/reconstruction/metal-case.ts';
import { writeImages } from '../shared/pair-file.ts';
import { drawnMetal, METAL_KINDS } from './scenes.ts';

/** Slices of a scan: all of one kind, in one field of view. */
const SLICES = 8;
/** Pixels, mm, and the most of them along an edge. */
const PIXEL_MM = [0.85, 2.4] as const;
const MOST_PIXELS = 256;
const STEP = 16;

const [out, firstSeed, lastSeed, widest = PIXEL_MM[1]] = process.argv.slice(2);
if (out === undefined || !(Number(firstSeed) <= Number(lastSeed)))
  throw new Error('OUT FIRST-SEED LAST-SEED');
for (let seed = Number(firstSeed); seed <= Number(lastSeed); seed++) {
  const random = Random.of('metal-refiner', seed);
  const kind = seed % METAL_KINDS;
  const drawn = Array.from({ length: SLICES }, (_, n) => drawnMetal(random, SLICES * seed + n, kind));
  const fieldMm = Math.max(...drawn.map(({ widthMm }) => widthMm)) * random.between(1, 1.25);
  const pixels = Math.min(MOST_PIXELS, fieldMm / random.between(PIXEL_MM[0], Number(widest)));
  const edge = STEP * Math.round(pixels / STEP);
  const beam = random.uniform() < 0.7 ? 'fan' : 'parallel';
  const pairs = drawn.map(({ pair }) => pair);
  const scan = await scanOf(pairs, {
    seed: SLICES * seed,
    edge,
    beam,
    fieldMm,
    raysPerPixel: random.pick([1, 1, 2, 3]),
    fanViews: random.pick([2, 2, 3]),
    photons: 1e5 * 30 ** random.uniform(),
    scatterLeft: random.between(0, 0.04),
    noisyReference: true,
  });
  // Kernels of a scanner: the same one for both.
  const sigmaMm = Math.max(0, random.between(-0.4, 0.9)) * scan.scanned.spacingMm[0];
  const blurred = async (volume: Volume<Float32Array>) =>
    sigmaMm > 0 ? gaussian(volume, { sigmaMm: [sigmaMm, sigmaMm, 0] }) : volume;
  const reference = await blurred(scan.reference);
  let written = 0;
  await reduceMetal(await blurred(scan.scanned), {
    refine: async ({ scanned, reduced, hardening, trace, metal }) => {
      // Where a slice shows no metal the others come in parts.
      if (scanned.size[2] === SLICES) {
        const share = { ...scanned, data: scan.metal };
        writeImages(out, `${seed}`, [reference, scanned, reduced, hardening, trace, metal, share]);
        written++;
      }
      return emptyVolume(scanned, 'float32', scanned.unit);
    },
  });
  const [pixelMm] = reference.spacingMm;
  console.log(seed, kind, edge, beam, `${pixelMm.toFixed(2)} mm`, written);
}
