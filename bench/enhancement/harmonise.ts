/**
 * Harmonisation on phantoms that nothing was tuned on. Each head is imaged twice: once plain (the wanted protocol), once by
 * another scanner with shading (field of 10 to 20 %), another gain and another contrast (a power of 0.8), and noise.
 *
 *   node bench/enhancement/harmonise.ts [--seeds 9301-9304]
 *
 * Landmarks of the protocol are learned from other heads (seeds 9391 to 9393). Stated: variation of white matter (standard
 * deviation over mean), Jensen-Shannon divergence of the histograms from the plain image, and the largest difference of the
 * means of the tissues from the plain image with its 90 % interval over the heads (equivalence within 10 % by two one-sided
 * tests where the interval lies within). There is no peer here: N4 of ITK is not among the tools of the project.
 */
import {
  correctBiasField,
  histogramDivergence,
  landmarksOf,
  matchLandmarks,
  meanLandmarks,
} from '@photopeak/analysis';
import { createVolume, type Volume } from '@photopeak/imaging';
import { thickSlices } from '@photopeak/phantom';

const at = process.argv.indexOf('--seeds');
const [from, to] = (at < 0 ? '9301-9304' : process.argv[at + 1]!).split('-').map(Number) as [number, number];
const N = 48;
const VOXEL_MM = 4;
const TISSUES = { fluid: 250, grey: 680, white: 1000 } as const;

const plain = (seed: number): Volume<Float32Array> => ({
  ...thickSlices({ seed, size: N, sliceMm: 4 }).truth,
  spacingMm: [VOXEL_MM, VOXEL_MM, VOXEL_MM],
});

/** Noise from −1 to 1 that depends on nothing but the voxel. */
const noiseAt = (n: number) => (((Math.imul(n + 1, 0x9e3779b1) ^ (n >>> 3)) >>> 0) / 2147483648 - 1) * 1.7;

function otherScanner(image: Volume, seed: number): Volume<Float32Array> {
  const strength = 0.25 + 0.05 * (seed % 4);
  const data = Float32Array.from(image.data, (value, n) => {
    const [x, y, z] = [(n % N) / N, (Math.floor(n / N) % N) / N, Math.floor(n / N / N) / N];
    const field = Math.exp(strength * (Math.cos(2.2 * x + seed) + 0.7 * Math.sin(3 * y) - 0.8 * z));
    return Math.max(0, 3 * value ** 0.8 * field + 8 * noiseAt(n));
  });
  return createVolume(image, data, '1');
}

function tissue(image: Volume, truth: Volume, value: number) {
  let [count, sum, squares] = [0, 0, 0];
  for (let n = 0; n < truth.data.length; n++) {
    if (truth.data[n] !== value) continue;
    count++;
    sum += image.data[n]!;
    squares += image.data[n]! ** 2;
  }
  const mean = sum / count;
  return { mean, sd: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

const protocol = meanLandmarks([9391, 9392, 9393].map((seed) => landmarksOf(plain(seed))));
const differences: Record<string, number[]> = {};
const rows: number[][] = [];
for (let seed = from; seed <= to; seed++) {
  const truth = plain(seed);
  const image = otherScanner(truth, seed);
  const started = process.cpuUsage();
  const { volume } = await correctBiasField(image);
  const matched = matchLandmarks(volume, protocol);
  const { user } = process.cpuUsage(started);
  const variation = (one: Volume) => {
    const { mean, sd } = tissue(one, truth, TISSUES.white);
    return (100 * sd) / mean;
  };
  for (const [name, value] of Object.entries(TISSUES)) {
    const difference = (100 * (tissue(matched, truth, value).mean - value)) / TISSUES.white;
    differences[name] = [...(differences[name] ?? []), difference];
  }
  const row = [
    variation(image),
    variation(matched),
    histogramDivergence(image, truth),
    histogramDivergence(matched, truth),
    user / 1e6,
  ];
  rows.push(row);
  console.log(
    `seed ${seed}: white matter varies by ${row[0]!.toFixed(1)} %, then ${row[1]!.toFixed(1)} %; divergence ${row[2]!.toFixed(3)}, then ${row[3]!.toFixed(3)} bits; ${row[4]!.toFixed(1)} s of processor time`,
  );
}
/** Student's t, 95 %, for 1 to 9 degrees of freedom. */
const T95 = [6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83];
for (const [name, values] of Object.entries(differences)) {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const sd = Math.sqrt(
    values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, values.length - 1),
  );
  const half = (T95[Math.min(T95.length, values.length - 1) - 1]! * sd) / Math.sqrt(values.length);
  console.log(
    `${name}: ${mean.toFixed(1)} % of white matter off, 90 % interval ${(mean - half).toFixed(1)} to ${(mean + half).toFixed(1)}`,
  );
}
const mean = (n: number) => rows.reduce((sum, row) => sum + row[n]!, 0) / rows.length;
console.log(
  `harmonise: variation of white matter ${mean(0).toFixed(1)} % to ${mean(1).toFixed(1)} %, divergence ${mean(2).toFixed(3)} to ${mean(3).toFixed(3)} bits (seeds ${from}-${to}, no peer)`,
);
