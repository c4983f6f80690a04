// Training pairs of the network that refines what metal-streaks left: simulated slices with metal, the same without it and with the
// noise of the same rays, and all that the classical method found. In a part of the scans streaks are weaker, as a scanner's own
// correction leaves them, or are not there; STRENGTH sets it for all.
//   node training/metal-refiner/write-pairs.ts OUT FIRST-SEED LAST-SEED [WIDEST-PIXEL] [STRENGTH]
import { reduceMetal } from '@photopeak/analysis';
import { emptyVolume, gaussian, type Volume } from '@photopeak/imaging';
import { Random } from '@photopeak/phantom';
import { type MetalCase, scanOf } from '../../bench/reconstruction/metal-case.ts';
import { writeImages } from '../shared/pair-file.ts';
import { drawnMetal, METAL_KINDS } from './scenes.ts';

/** Slices of a scan: all of one kind, in one field of view. */
const SLICES = 8;
/** Pixels, mm, and the most of them along an edge. */
const PIXEL_MM = [0.85, 2.4] as const;
const MOST_PIXELS = 256;
const STEP = 16;
/** Of the scans. */
const [WITHOUT_STREAKS, WEAKER] = [0.15, 0.25];
const WEAKEST = 0.15;

const strengthOf = (random: Random): number => {
  const draw = random.uniform();
  if (draw < WITHOUT_STREAKS) return 0;
  return draw < WITHOUT_STREAKS + WEAKER ? random.between(WEAKEST, 1) : 1;
};

/** Tissue with a part of its streaks; metal as it was scanned. */
function weakened({ scanned, reference, metal }: MetalCase, strength: number): Volume<Float32Array> {
  const data = reference.data.map((hu, at) =>
    metal[at]! > 0 ? scanned.data[at]! : hu + strength * (scanned.data[at]! - hu),
  );
  return { ...scanned, data };
}

const [out, firstSeed, lastSeed, widest = PIXEL_MM[1], wanted] = process.argv.slice(2);
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
  const strength = wanted === undefined ? strengthOf(random) : Number(wanted);
  const reference = await blurred(scan.reference);
  let written = 0;
  await reduceMetal(await blurred(weakened(scan, strength)), {
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
  console.log(seed, kind, edge, beam, `${pixelMm.toFixed(2)} mm`, strength.toFixed(2), written);
}
