// MR denoising beside dipy's non-local means with Rician correction (nlmeans, patch 1, block 3, one thread; and block 5):
// heads of known truth with three strengths of noise, and a diffusion series beside dipy's mppca.
//   node bench/enhancement/mr.ts
import { denoiseMr, mpPca, psnr } from '@photopeak/analysis';
import { setThreads, type Volume } from '@photopeak/imaging';
import { diffusionHead, mrHead } from '@photopeak/phantom';
import { inPython, mean, timed } from './support.ts';

const SIZE = { size: 80, spacingMm: 2.2 };
const cases = [
  { seed: 341, sigma: 6 },
  { seed: 342, sigma: 10 },
  { seed: 343, sigma: 18 },
];
/** White matter has a signal of 200; the same range for all. */
const RANGE = 255;

/** As many threads as the peer. */
setThreads(1);
const heads = cases.map(({ seed, sigma }) => ({ sigma, ...mrHead({ seed, sigma, ...SIZE }) }));
const peer = inPython(
  `
from dipy.denoise.nlmeans import nlmeans
for v, s in zip(volumes, ${JSON.stringify(cases.map(({ sigma }) => sigma))}):
    for block in (3, 5) if s == 10 else (3,):
        c = time.process_time()
        results.append(nlmeans(v.astype(float), sigma=s, patch_radius=1, block_radius=block, rician=True, num_threads=1))
        print(time.process_time() - c)`,
  heads.map(({ noisy }) => noisy),
);
const peerSeconds = peer?.printed.trim().split('\n').map(Number) ?? [];
const rows: { ours: number; seconds: number; peer: number; peerSeconds: number }[] = [];
for (const [n, { truth, noisy, sigma }] of heads.entries()) {
  const { result, cpuSeconds } = await timed(() => denoiseMr(noisy));
  const given = await denoiseMr(noisy, { sigma });
  const dB = (image: Volume) => psnr(truth, image, RANGE);
  const first = n === 0 ? 0 : n === 1 ? 1 : 3;
  const dipy = (block: number) =>
    peer === undefined ? Number.NaN : dB({ ...truth, data: peer.results[first + block]! });
  const row = {
    ours: dB(result.volume),
    seconds: cpuSeconds,
    peer: dipy(0),
    peerSeconds: peerSeconds[first]!,
  };
  rows.push(row);
  console.log(
    `σ ${sigma}: noisy ${dB(noisy).toFixed(2)} dB; ours ${row.ours.toFixed(2)} dB in ${cpuSeconds.toFixed(2)} s` +
      ` (σ found ${result.sigma.toFixed(2)}; ${dB(given.volume).toFixed(2)} dB with the true σ);` +
      ` dipy block 3 ${row.peer.toFixed(2)} dB in ${row.peerSeconds?.toFixed(2)} s` +
      (n === 1 ? `, block 5 ${dipy(1).toFixed(2)} dB in ${peerSeconds[first + 1]?.toFixed(2)} s` : ''),
  );
}
const series = diffusionHead({ seed: 351, sigma: 8, size: 32, spacingMm: 5 });
const { result: found, cpuSeconds } = await timed(async () => mpPca(series.noisy));
const error = (of: readonly Volume[]) => mean(of.map((volume, n) => psnr(series.truth[n]!, volume, RANGE)));
const other = inPython(
  `
from dipy.denoise.localpca import mppca
c = time.process_time()
d = mppca(np.stack(volumes, -1).astype(float), patch_radius=2)
print(time.process_time() - c)
results = [d[..., n] for n in range(d.shape[-1])]`,
  series.noisy,
);
const theirs = other?.results.map((data, n) => ({ ...series.truth[n]!, data })) ?? [];
const sigma = Float32Array.from(found.noise.data).sort()[found.noise.data.length >> 1]!;
console.log(
  `diffusion, ${series.noisy.length} volumes: noisy ${error(series.noisy).toFixed(2)} dB; ours ${error(found.volumes).toFixed(2)} dB` +
    ` in ${cpuSeconds.toFixed(1)} s, σ ${sigma.toFixed(2)} of 8; dipy mppca ${error(theirs).toFixed(2)} dB in ${other?.printed.trim()} s`,
);
const total = (of: 'seconds' | 'peerSeconds') => rows.reduce((sum, row) => sum + row[of], 0);
console.log(
  `MR denoising: ours ${mean(rows.map((row) => row.ours)).toFixed(2)} dB, dipy ${mean(rows.map((row) => row.peer)).toFixed(2)} dB;` +
    ` processor time ours ${total('seconds').toFixed(2)} s, dipy ${total('peerSeconds').toFixed(2)} s,` +
    ` ratio ${(total('seconds') / total('peerSeconds')).toFixed(2)}`,
);
