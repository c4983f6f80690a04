// A network after non-local means beside nonlocal-mr alone, on drawn heads, slices and noise that it was not
// trained on, and on the drawn body of the PET/MR phantom, which is no head. PSNR against the image without noise.
//   node bench/enhancement/mr-network.ts PACKAGE [--cache FOLDER]
import { parseArgs } from 'node:util';
import { denoiseMr, psnr } from '@photopeak/analysis';
import { crop, emptyVolume, type Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { type MrHeadOptions, mrHead, petmrPhantom, Random } from '@photopeak/phantom';
import { cached } from './cached.ts';
import { mean, timed } from './support.ts';

const heads: readonly MrHeadOptions[] = [
  { seed: 987, sigma: 6, size: 80, spacingMm: 2.2 },
  { seed: 988, sigma: 10, size: 80, spacingMm: 2.2 },
  { seed: 989, sigma: 18, size: 80, spacingMm: 2.2 },
  { seed: 990, sigma: 5, coils: 4, size: 80, spacingMm: 2.2 },
];
/** Images of the body, their largest signal 1000. */
const bodies = [
  { seed: 991, name: 't2', sigma: 40 },
  { seed: 992, name: 'water', sigma: 40 },
  { seed: 993, name: 'inPhase', sigma: 20 },
  { seed: 994, name: 'fat', sigma: 80 },
] as const;
/** Planes in the middle of a head: a third of the time, and the method sees three planes at most. */
const PLANES = 24;
const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { cache: { type: 'string' } },
});
const [folder] = positionals;
if (folder === undefined)
  throw new Error('the package of the network is needed: training/README.md makes one');

const middleOf = (volume: Volume): Volume => {
  const [nx, ny, nz] = volume.size;
  const depth = Math.min(PLANES, nz);
  return crop(volume, { start: [0, 0, (nz - depth) >> 1], size: [nx, ny, depth] });
};

/** A slab of the body with the noise of one coil; the scale is that of its tissue of most signal, 1000. */
function body({ seed, name, sigma }: (typeof bodies)[number]) {
  const mr = { size: [160, 128, 10], spacingMm: [2.5, 2.5, 3], belowTopMm: 560 } as const;
  const pet = { size: [8, 8, 8], spacingMm: [30, 30, 30] } as const;
  const truth = petmrPhantom({ seed, noise: 0, lesions: 0, grids: { mr, pet } }).mr[name];
  const random = Random.of('mr-network', seed);
  const data = truth.data.map((signal) =>
    Math.hypot(signal + sigma * random.normal(), sigma * random.normal()),
  );
  return { truth, noisy: { ...truth, data } };
}

const scans = [
  ...heads.map((head) => ({
    name: `head ${head.seed}, σ ${head.sigma}${head.coils === undefined ? '' : ` in ${head.coils} coils`}, ${head.spacingMm} mm`,
    range: 255,
    images: cached(options.cache, `head-${head.seed}`, ['truth', 'noisy'], () => {
      const { truth, noisy } = mrHead(head);
      return { truth: middleOf(truth), noisy: middleOf(noisy) };
    }),
  })),
  ...bodies.map((one) => ({
    name: `body ${one.seed}, ${one.name}, σ ${one.sigma}`,
    range: 1000,
    images: cached(options.cache, `body-${one.seed}`, ['truth', 'noisy'], () => body(one)),
  })),
];

await using model = await openModel(await openPackage(folder), { threads: 1 });
const rows: { ours: number; peer: number }[] = [];
for (const { name, range, images } of scans) {
  const { truth, noisy } = images;
  const alone = await timed(() => denoiseMr(noisy));
  const noise = emptyVolume(noisy, 'float32', noisy.unit);
  noise.data.fill(alone.result.sigma);
  const network = await timed(async () => {
    const [found] = await model.infer({ denoised: alone.result.volume, image: noisy, noise });
    if (found?.kind !== 'image') throw new Error('no image');
    return found.volume;
  });
  const dB = (image: Volume) => psnr(truth, image, range);
  const [ours, peer] = [dB(network.result), dB(alone.result.volume)];
  rows.push({ ours, peer });
  console.log(
    `${name} (found ${alone.result.sigma.toFixed(1)} by ${alone.result.toldBy}): noisy ${dB(noisy).toFixed(2)} dB, network ${ours.toFixed(2)} dB,` +
      ` non-local means ${peer.toFixed(2)} dB; ${network.seconds.toFixed(1)} s after ${alone.seconds.toFixed(1)} s`,
  );
}
const differences = rows.map(({ ours, peer }) => ours - peer);
console.log(
  `MR network: ours ${mean(rows.map(({ ours }) => ours)).toFixed(2)} dB, non-local means ${mean(rows.map(({ peer }) => peer)).toFixed(2)} dB,` +
    ` difference ${mean(differences).toFixed(2)} dB (least of ${rows.length}: ${Math.min(...differences).toFixed(2)});` +
    ` peak of the network's process ${Math.round(model.peakMemoryMb ?? 0)} MB`,
);
