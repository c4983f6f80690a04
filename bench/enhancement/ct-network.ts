// A network after non-local means beside nonlocal-ct alone, on persons, noise levels, doses, kernels and a
// scanner (fan beam, Poisson photons) that it was not trained on. PSNR in a window of 50/400 HU against the slices
// without noise. --tuning: on the seeds that choices are made on.
//   node bench/enhancement/ct-network.ts PACKAGE [--cache FOLDER] [--tuning]
import { parseArgs } from 'node:util';
import { denoiseCt, edgeProfile, psnr, taskTransfer } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { type LowDoseCtOptions, lowDoseCt, rodPlaces } from '@photopeak/phantom';
import { cached } from './cached.ts';
import { mean, timed } from './support.ts';

const SLICES = 3;
const raster = (pixelMm: number, size = 256) => ({ raster: { size, pixelMm } });
const tuning: readonly LowDoseCtOptions[] = [
  { seed: 921, kernel: 'sharp', dose: 0.5 },
  { seed: 922, kernel: 'soft', dose: 0.25, size: 'small', ...raster(1.2, 128) },
];
const report: readonly LowDoseCtOptions[] = [
  { seed: 965, kernel: 'soft', dose: 0.5 },
  { seed: 966, kernel: 'sharp', dose: 0.5, blend: 0 },
  { seed: 967, kernel: 'soft', dose: 0.1, ...raster(0.7) },
  { seed: 968, kernel: 'sharp', dose: 0.15, blend: 0.5 },
  { seed: 969, kernel: 'soft', dose: 0.25, size: 'small', ...raster(1.2, 128) },
  { seed: 970, kernel: 'soft', dose: 0.35, ...raster(1.3) },
  { seed: 981, kernel: 'soft', dose: 0.05 },
  { seed: 982, kernel: 'sharp', dose: 0.25, ...raster(0.6) },
];
const RODS: LowDoseCtOptions = { seed: 980, object: 'rods' };

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { cache: { type: 'string' }, tuning: { type: 'boolean' } },
});
const [folder] = positionals;
if (folder === undefined)
  throw new Error('the package of the network is needed: training/README.md makes one');
const scan = (wanted: LowDoseCtOptions) =>
  cached(options.cache, `${wanted.seed}`, ['noiseFree', 'lowDose'], () =>
    lowDoseCt({ slices: SLICES, ...wanted }),
  );

const inWindow = (volume: Volume): Volume => ({
  ...volume,
  data: Float32Array.from(volume.data, (hu) => Math.min(1, Math.max(0, (hu + 150) / 400))),
});
const quality = (truth: Volume, image: Volume) => psnr(inWindow(truth), inWindow(image), 1);

/** Spread and mean of the error in soft tissue, HU. */
function errorOf(truth: Volume, image: Volume): { sd: number; bias: number } {
  let [sum, squares, count] = [0, 0, 0];
  truth.data.forEach((hu, at) => {
    if (hu < -150 || hu > 200) return;
    const error = image.data[at]! - hu;
    sum += error;
    squares += error * error;
    count++;
  });
  return { sd: Math.sqrt(squares / count - (sum / count) ** 2), bias: sum / count };
}

await using model = await openModel(await openPackage(folder), { threads: 1 });
const byNetwork = (ct: Volume, reduction: number) =>
  denoiseCt(ct, {
    reduction,
    refine: async ({ source, denoised, noise }) => {
      const [result] = await model.infer({ denoised, image: source, noise });
      if (result?.kind !== 'image') throw new Error('no image');
      return result.volume;
    },
  });

const rows: { ours: number; peer: number; atSeventy: number }[] = [];
for (const wanted of options.tuning === true ? tuning : report) {
  const { noiseFree, lowDose } = scan(wanted);
  const alone = await timed(() => denoiseCt(lowDose, { reduction: 1 }));
  const both = await timed(() => byNetwork(lowDose, 1));
  const dB = ({ volume }: { readonly volume: Volume }) => quality(noiseFree, volume);
  const [blended, blendedAlone] = [
    dB(await byNetwork(lowDose, 0.7)),
    dB(await denoiseCt(lowDose, { reduction: 0.7 })),
  ];
  const [ours, peer] = [dB(both.result), dB(alone.result)];
  rows.push({ ours, peer, atSeventy: blended - blendedAlone });
  const error = (volume: Volume) => errorOf(noiseFree, volume);
  const [before, network, means] = [error(lowDose), error(both.result.volume), error(alone.result.volume)];
  console.log(
    `seed ${wanted.seed} ${wanted.kernel}, dose ${wanted.dose}, ${lowDose.spacingMm[0]} mm: low dose ${quality(noiseFree, lowDose).toFixed(2)} dB,` +
      ` network ${ours.toFixed(2)} dB (reduction 0.7: ${blended.toFixed(2)}), non-local means ${peer.toFixed(2)} dB` +
      ` (${blendedAlone.toFixed(2)}); error ${before.sd.toFixed(1)} → ${network.sd.toFixed(1)} HU` +
      ` (means ${means.sd.toFixed(1)}), mean ${(network.bias - before.bias).toFixed(2)} HU (means ${(means.bias - before.bias).toFixed(2)});` +
      ` ${both.seconds.toFixed(1)} s against ${alone.seconds.toFixed(1)} s`,
  );
}
if (options.tuning !== true) {
  const { noiseFree, lowDose } = scan(RODS);
  const [{ volume: network }, { volume: means }] = [
    await byNetwork(lowDose, 1),
    await denoiseCt(lowDose, { reduction: 1 }),
  ];
  const [pixelMm] = lowDose.spacingMm;
  const middle = (lowDose.size[0] - 1) / 2;
  for (const { x, y, radiusMm, contrast } of rodPlaces) {
    const rod = { column: middle + x / pixelMm, row: middle + y / pixelMm, radiusMm, reachMm: 8 };
    const half = (volume: Volume) => taskTransfer(edgeProfile(volume, rod), pixelMm).mtf50PerMm ?? Number.NaN;
    const loss = (volume: Volume) => `${(100 * (1 - half(volume) / half(noiseFree))).toFixed(1)} %`;
    console.log(
      `rod of ${contrast} HU: MTF50 lost: network ${loss(network)}, non-local means ${loss(means)};` +
        ` contrast ${edgeProfile(network, rod).contrast.toFixed(1)} HU (means ${edgeProfile(means, rod).contrast.toFixed(1)})`,
    );
  }
}
const differences = rows.map(({ ours, peer }) => ours - peer);
const atSeventy = rows.map((row) => row.atSeventy);
console.log(
  `CT network: ours ${mean(rows.map(({ ours }) => ours)).toFixed(2)} dB, non-local means` +
    ` ${mean(rows.map(({ peer }) => peer)).toFixed(2)} dB, difference ${mean(differences).toFixed(2)} dB` +
    ` (least of ${rows.length}: ${Math.min(...differences).toFixed(2)}; at a reduction of 0.7 ${mean(atSeventy).toFixed(2)},` +
    ` least ${Math.min(...atSeventy).toFixed(2)}); peak of the network's process ${Math.round(model.peakMemoryMb ?? 0)} MB`,
);
