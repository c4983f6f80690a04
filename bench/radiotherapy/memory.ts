/**
 * Time and peak memory of outlining organs at CT 512×512×600 (int16): a small phantom whose voxels are divided. Memory
 * is counted above that of the CT itself.
 *
 *   node bench/radiotherapy/memory.ts [SLICES]
 */
import {
  ANATOMY_LABELS,
  labelContours,
  maskContours,
  refineAnatomy,
  segmentCtAnatomy,
} from '@photopeak/analysis';
import { fillHoles, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { petctPhantom } from '@photopeak/phantom';

const size: Vec3 = [512, 512, Number(process.argv[2] ?? 600)];
const small = petctPhantom({ seed: 1 }).ct;
const [nx, ny] = small.size;
const ratio = size.map((n, axis) => small.size[axis]! / n) as [number, number, number];
const data = new Int16Array(new SharedArrayBuffer(2 * size[0] * size[1] * size[2]));
for (let k = 0, index = 0; k < size[2]; k++)
  for (let j = 0; j < size[1]; j++) {
    const row = nx * (Math.floor(j * ratio[1]) + ny * Math.floor(k * ratio[2]));
    for (let i = 0; i < size[0]; i++) data[index++] = small.data[row + Math.floor(i * ratio[0])]!;
  }
const ct: Volume<Int16Array> = {
  size,
  spacingMm: small.spacingMm.map((mm, axis) => mm * ratio[axis]!) as unknown as Vec3,
  origin: toWorld(small, ratio.map((r) => r / 2 - 0.5) as unknown as Vec3),
  direction: small.direction,
  data,
  unit: small.unit,
};

const base = process.memoryUsage.rss();
async function part<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const used = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS * 1024 - base;
  console.log(
    `${name.padEnd(18)} ${((performance.now() - start) / 1000).toFixed(2)} s, processor ${((used.user + used.system) / 1e6).toFixed(2)} s, highest so far ${Math.max(0, peak / 2 ** 20).toFixed(0)} MB above the CT`,
  );
  return result;
}

const { lungRight, lungLeft, airways, bone } = ANATOMY_LABELS;
const anatomy = await part('anatomy', () => segmentCtAnatomy(ct));
const labels = await part('refine', () => refineAnatomy(ct, anatomy));
const single = await part('contours of organs', () =>
  labelContours(labels, [lungRight, lungLeft, airways, bone]),
);
const outline = await part('external, filled', async () => {
  const mask = { ...labels, data: labels.data.map((label) => (label === 0 ? 0 : 1)) };
  return maskContours(await fillHoles(mask, { perSlice: 2 }));
});
const points = [...single.values(), outline]
  .flat()
  .reduce((sum, contour) => sum + contour.points.length / 3, 0);
console.log(`organs of ${size.join('×')}: ${points} corners`);
