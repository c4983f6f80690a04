// Training pairs of the network that reduces speckle: pictures of drawn tissue in simulated speckle, and what they would
// show if every place were averaged over much of its own tissue and nothing else.
//   node training/speckle-reducer/write-pairs.ts OUT FIRST-SEED LAST-SEED
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { speckleStatistics } from '@photopeak/analysis';
import { createVolume, gaussian, type Volume } from '@photopeak/imaging';
import { Random, specklePhantom } from '@photopeak/phantom';
import { writeImages } from '../shared/pair-file.ts';
import { type DrawnTissue, drawnTissue } from './tissue.ts';

const SIZE = 256;
/** σ of the point spread, pixels: lateral, and axial as a part of it. */
const PSF_PX = [0.9, 4.2] as const;
const AXIAL = [0.45, 1.1] as const;
const LEAST_PSF_PX = 0.7;
const RANGE_DB = [45, 80] as const;
/** How wide a place is averaged over its own tissue: σ in those of the point spread. */
const AVERAGED = 7;
/** Sharper than the picture itself by this: σ of the wanted edges in those of the point spread of power. */
const EDGE = 0.5;
/** Places whose echo is not that of their own tissue by this part (of a neper), as it spills over from others, count little. */
const SPILT = 0.12;
/** As if so many pixels times the size of speckle had been seen that are as expected: where there are few, chance is not followed. */
const EXPECTED = 20;

const asVolume = (data: Float32Array): Volume<Float32Array> =>
  createVolume(
    {
      size: [SIZE, SIZE, 1],
      spacingMm: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    data,
    '1',
  );

const blurred = async (data: Float32Array, [x, y]: readonly [number, number]): Promise<Float32Array> =>
  (await gaussian(asVolume(data), { sigmaMm: [x, y, 0] })).data;

/** Mean envelope as it is wanted: that of the tissue, times what speckle of the same tissue around really has of it. */
async function wanted(
  { echogenicity, leaf }: DrawnTissue,
  envelope: Float32Array,
  psf: readonly [number, number],
): Promise<Float32Array> {
  const scaled = (factor: number) => psf.map((px) => px * factor) as [number, number];
  const power = Math.SQRT1_2;
  const seen = (await blurred(echogenicity, scaled(power))).map(Math.sqrt);
  const sharp = (await blurred(echogenicity, scaled(power * EDGE))).map(Math.sqrt);
  const own = Float32Array.from(sharp, (value, at) =>
    Math.exp(-((Math.log(seen[at]! / value) / SPILT) ** 2)),
  );
  const around = scaled(AVERAGED);
  const prior = (EXPECTED * psf[0] * psf[1]) / (2 * Math.PI * around[0] * around[1]);
  const result = new Float32Array(SIZE * SIZE);
  for (const number of new Set(leaf)) {
    const isHere = (at: number) => leaf[at] === number;
    const weights = Float32Array.from(own, (weight, at) => (isHere(at) ? weight : 0));
    const counted = await blurred(weights, around);
    const ratios = await blurred(
      weights.map((weight, at) => (weight * envelope[at]!) / seen[at]!),
      around,
    );
    for (let at = 0; at < result.length; at++)
      if (isHere(at)) result[at] = (sharp[at]! * (ratios[at]! + prior)) / (counted[at]! + prior);
  }
  return result;
}

const [out, firstSeed, lastSeed] = process.argv.slice(2);
if (out === undefined || !(Number(firstSeed) <= Number(lastSeed)))
  throw new Error('OUT FIRST-SEED LAST-SEED');
for (let seed = Number(firstSeed); seed <= Number(lastSeed); seed++) {
  const random = Random.of('speckle-reducer', seed);
  const tissue = drawnTissue(SIZE, random);
  const lateral = PSF_PX[0] * (PSF_PX[1] / PSF_PX[0]) ** random.uniform();
  const psf = [lateral, Math.max(LEAST_PSF_PX, lateral * random.between(...AXIAL))] as const;
  const gain = Math.exp(random.between(-1.2, 0.6));
  const inside = (n: number) => Math.min(SIZE - 1, Math.max(0, n));
  const drawn = { ...tissue, echogenicity: tissue.echogenicity.map((value) => value * gain) };
  const phantom = specklePhantom({
    seed,
    width: SIZE,
    height: SIZE,
    psfSigmaPx: psf,
    dynamicRangeDb: random.between(...RANGE_DB),
    echogenicity: (x, y) => drawn.echogenicity[inside(x) + SIZE * inside(y)]!,
  });
  const { greyPerNeper, greyOfOne } = phantom.truth;
  const envelope = Float32Array.from(phantom.grey, (level) => Math.exp((level - greyOfOne) / greyPerNeper));
  const means = await wanted(drawn, envelope, psf);
  // In nepers of the picture; the method undoes the compression that it fits, which is a few per cent off.
  const logs = Float32Array.from(phantom.grey, (level) => (level - greyOfOne) / greyPerNeper);
  writeImages(out, `${seed}`, [asVolume(logs), asVolume(means.map(Math.log))]);
  const found = speckleStatistics(phantom);
  writeFileSync(path.join(out, `${seed}.json`), JSON.stringify({ psf, gain, sizePx: found?.sizePx }));
  if (seed % 20 === 0) console.log(seed, psf.map((px) => px.toFixed(1)).join(' × '));
}
