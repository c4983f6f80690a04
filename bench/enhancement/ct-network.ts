// A CT network after non-local means beside nonlocal-ct alone, on persons, noise levels, doses, kernels and a scanner
// (fan beam, Poisson photons) that it was not trained on. PSNR in a window of 50/400 HU against the slices without noise.
// Needs the network that training/README.md makes, as network.onnx in training/ct-denoiser/package.
//   node bench/enhancement/ct-network.ts [PACKAGE]
import { denoiseCt, edgeProfile, psnr, taskTransfer } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { type CtKernel, lowDoseCt, rodPlaces } from '@photopeak/phantom';
import { mean, timed } from './support.ts';

const SLICES = 3;
const report: readonly { seed: number; kernel: CtKernel; dose: number }[] = [
  { seed: 961, kernel: 'soft', dose: 0.25 },
  { seed: 962, kernel: 'sharp', dose: 0.25 },
  { seed: 963, kernel: 'soft', dose: 0.1 },
];
const [folder = 'training/ct-denoiser/package'] = process.argv.slice(2);

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

const differences: number[] = [];
const scores: { ours: number; peer: number }[] = [];
for (const options of report) {
  const { noiseFree, lowDose } = lowDoseCt({ ...options, slices: SLICES });
  const alone = await timed(() => denoiseCt(lowDose, { reduction: 1 }));
  const both = await timed(() => byNetwork(lowDose, 1));
  const blended = await byNetwork(lowDose, 0.7);
  const blendedAlone = await denoiseCt(lowDose, { reduction: 0.7 });
  const ours = quality(noiseFree, both.result.volume);
  const peer = quality(noiseFree, alone.result.volume);
  scores.push({ ours, peer });
  differences.push(ours - peer);
  const error = (volume: Volume) => errorOf(noiseFree, volume);
  const [before, network, means] = [error(lowDose), error(both.result.volume), error(alone.result.volume)];
  console.log(
    `seed ${options.seed} ${options.kernel}, dose ${options.dose}: low dose ${quality(noiseFree, lowDose).toFixed(2)} dB,` +
      ` network ${ours.toFixed(2)} dB (default blend ${quality(noiseFree, blended.volume).toFixed(2)}), non-local means ${peer.toFixed(2)} dB` +
      ` (${quality(noiseFree, blendedAlone.volume).toFixed(2)}); error ${before.sd.toFixed(1)} → ${network.sd.toFixed(1)} HU` +
      ` (means ${means.sd.toFixed(1)}), mean ${(network.bias - before.bias).toFixed(2)} HU (means ${(means.bias - before.bias).toFixed(2)});` +
      ` ${both.seconds.toFixed(1)} s against ${alone.seconds.toFixed(1)} s`,
  );
}
{
  const { noiseFree, lowDose } = lowDoseCt({ seed: 964, object: 'rods', slices: SLICES });
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
console.log(
  `CT network: ours ${mean(scores.map(({ ours }) => ours)).toFixed(2)} dB, non-local means` +
    ` ${mean(scores.map(({ peer }) => peer)).toFixed(2)} dB, difference ${mean(differences).toFixed(2)} dB` +
    ` (least of ${differences.length}: ${Math.min(...differences).toFixed(2)}); peak of the network's process ${Math.round(model.peakMemoryMb ?? 0)} MB`,
);
