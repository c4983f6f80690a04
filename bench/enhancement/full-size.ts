// Time and peak memory of CT denoising at full size: 512 × 512 × 300 (or as many slices as told) of a drawn body.
//   node bench/enhancement/full-size.ts [SLICES] [METHOD, nonlocal-ct by default]
import { emptyVolume, threads } from '@photopeak/imaging';
import { enhancedBy, timed } from './support.ts';

const slices = Number(process.argv[2] ?? 300);
const method = process.argv[3] ?? 'nonlocal-ct';
const grid = {
  size: [512, 512, slices],
  spacingMm: [0.8, 0.8, 1.5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const ct = emptyVolume(grid, 'int16', "[hnsf'U]");
let state = 1;
/** Sum of two uniform numbers, ± 40 HU. */
const grain = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return ((state & 0xffff) + (state >>> 16)) / 1638.4 - 40;
};
for (let at = 0; at < ct.data.length; at++) {
  const x = (at % 512) - 255.5;
  const y = (Math.floor(at / 512) % 512) - 255.5;
  const organ = Math.sin(x / 17 + at / 9e6) * Math.cos(y / 23) > 0.3 ? 40 : -20;
  ct.data[at] = Math.hypot(x / 220, y / 160) < 1 ? Math.round(30 + organ + grain()) : -1000;
}
const before = process.memoryUsage().rss / 2 ** 20;
const { seconds, cpuSeconds } = await timed(() => enhancedBy(method, ct));
const peak = process.resourceUsage().maxRSS / 1024;
const volumes = (2 * ct.data.byteLength) / 2 ** 20;
console.log(
  `${method}, 512 × 512 × ${slices}: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of processor time with ${threads()} threads,` +
    ` ${((cpuSeconds / ct.data.length) * 1e6).toFixed(2)} µs a voxel; peak of the process ${peak.toFixed(0)} MB` +
    ` (before ${before.toFixed(0)} MB; source and result ${volumes.toFixed(0)} MB)`,
);
