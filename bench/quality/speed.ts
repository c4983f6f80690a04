/**
 * Processor time and peak memory of the checks of one series of full size.
 *
 *   node bench/quality/speed.ts [--planes 300]
 *
 * Processor time does not depend on what else runs on the machine; the clock does.
 */
import { evenPlanes, findStructures, relativeSharpness, residualOf } from '@photopeak/analysis';
import { createVolume } from '@photopeak/imaging';
import { drawing } from './cases.ts';

const at = process.argv.indexOf('--planes');
const planes = at < 0 ? 300 : Number(process.argv[at + 1]);
const grid = {
  size: [512, 512, planes],
  spacingMm: [0.8, 0.8, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const draw = drawing(9401);
const before = new Int16Array(512 * 512 * planes);
const after = new Int16Array(before.length);
for (let n = 0; n < before.length; n++) {
  const [x, y] = [(n % 512) - 256, (Math.floor(n / 512) % 512) - 256];
  const tissue = Math.hypot(x / 230, y / 180) < 1 ? 40 : -1000;
  const noise = 40 * (draw.uniform() - 0.5);
  before[n] = tissue + noise;
  after[n] = tissue + 0.3 * noise;
}
const [original, enhanced] = [before, after].map((data) => createVolume(grid, data, "[hnsf'U]")) as never as [
  ReturnType<typeof createVolume>,
  ReturnType<typeof createVolume>,
];

async function time(name: string, work: () => Promise<unknown>): Promise<number> {
  const [clock, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  const wall = (performance.now() - clock) / 1000;
  console.log(`${name}: ${seconds.toFixed(1)} s of processor time, ${wall.toFixed(1)} s by the clock`);
  return seconds;
}

const total =
  (await time('structures', () =>
    findStructures(original, enhanced, { above: -900, noise: 'constant', planes: 'slices' }),
  )) +
  (await time('residual', () =>
    residualOf(evenPlanes(original), evenPlanes(enhanced), { above: -900, range: [-200, 200] }),
  )) +
  (await time('sharpness', () => relativeSharpness(evenPlanes(original), evenPlanes(enhanced))));
const peak = process.resourceUsage().maxRSS / 1024;
console.log(`512 × 512 × ${planes}: ${total.toFixed(1)} s of processor time, peak ${peak.toFixed(0)} MB`);
