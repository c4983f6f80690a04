/**
 * Time and peak memory of CT anatomy at 512×512×600 (int16): a small phantom whose voxels are divided. Memory is counted
 * above that of the CT itself.
 *
 *   node bench/anatomy/memory.ts
 */
import { refineAnatomy, segmentCtAnatomy, segmentOrgans } from '@photopeak/analysis';
import { toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { petctPhantom } from '@photopeak/phantom';

const SIZE: Vec3 = [512, 512, 600];
const small = petctPhantom({
  seed: 1,
  lesions: [],
  grids: {
    ct: { size: [128, 128, 196], spacingMm: [3.90625, 3.90625, 5] },
    pet: { size: [16, 16, 16], spacingMm: [30, 30, 30] },
  },
}).ct;
const ratio = SIZE.map((n, axis) => small.size[axis]! / n) as [number, number, number];
const data = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]);
let index = 0;
for (let k = 0; k < SIZE[2]; k++)
  for (let j = 0; j < SIZE[1]; j++) {
    const row = small.size[0] * (Math.floor(j * ratio[1]) + small.size[1] * Math.floor(k * ratio[2]));
    for (let i = 0; i < SIZE[0]; i++) data[index++] = small.data[row + Math.floor(i * ratio[0])]!;
  }
const ct: Volume = {
  size: SIZE,
  spacingMm: small.spacingMm.map((mm, axis) => mm * ratio[axis]!) as unknown as Vec3,
  origin: toWorld(small, ratio.map((r) => r / 2 - 0.5) as unknown as Vec3),
  direction: small.direction,
  data,
  unit: small.unit,
};

const base = process.memoryUsage.rss();
let wall = 0;
let used = 0;
async function part<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  wall += seconds;
  used += (user + system) / 1e6;
  console.log(`${name}: ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor`);
  return result;
}
const anatomy = await part('body, lungs, airways, bone', () => segmentCtAnatomy(ct));
console.log(`working grid ${anatomy.ct.size.join('×')} of ${anatomy.ct.spacingMm[0].toFixed(2)} mm`);
const organs = await part('organs and vertebrae', () => segmentOrgans(anatomy));
await part('labels on the grid of the CT', () => refineAnatomy(ct, organs));
const peak = process.resourceUsage().maxRSS * 1024 - base;
console.log(
  `anatomy at 512×512×600: ${wall.toFixed(1)} s, ${used.toFixed(1)} s of processor, ` +
    `peak ${(peak / 2 ** 20).toFixed(0)} MiB above the CT`,
);
process.exit(0);
