/**
 * Time and peak memory of each part of the analysis at CT 512×512×600 (int16) and PET 400×400×600 (float32): a small
 * phantom study whose voxels are divided. Memory is counted above that of the two volumes themselves.
 *
 *   node bench/lesions/memory.ts
 */
import {
  findLesions,
  refineAnatomy,
  registerRigid,
  registrationScore,
  segmentCtAnatomy,
} from '@photopeak/analysis';
import { toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { petctPhantom } from '@photopeak/phantom';

/** The volume on a finer grid of the given size over the same box, by the nearest voxel. */
function divided<T extends Int16Array | Float32Array>(
  volume: Volume,
  size: Vec3,
  data: T,
  scale = 1,
): Volume<T> {
  const [nx, ny] = volume.size;
  const ratio = size.map((n, axis) => volume.size[axis]! / n) as [number, number, number];
  let index = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      const row = nx * (Math.floor(j * ratio[1]) + ny * Math.floor(k * ratio[2]));
      for (let i = 0; i < size[0]; i++) data[index++] = volume.data[row + Math.floor(i * ratio[0])]! * scale;
    }
  return {
    size,
    spacingMm: volume.spacingMm.map((mm, axis) => mm * ratio[axis]!) as unknown as Vec3,
    origin: toWorld(volume, ratio.map((r) => r / 2 - 0.5) as unknown as Vec3),
    direction: volume.direction,
    data,
    unit: volume.unit,
  };
}

const small = await petctPhantom({ seed: 1 });
const ct = divided(small.ct, [512, 512, 600], new Int16Array(512 * 512 * 600));
const factor = small.truth.dose.suvFactor;
const suv = {
  ...divided(small.pet, [400, 400, 600], new Float32Array(400 * 400 * 600), factor),
  unit: 'g/ml{SUVbw}',
};

const base = process.memoryUsage.rss();
async function part<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const used = process.cpuUsage(cpu);
  // The highest so far, whichever part it came from; the system counts it, no timer can miss it.
  const peak = process.resourceUsage().maxRSS * 1024 - base;
  console.log(
    `${name}: ${((performance.now() - start) / 1000).toFixed(1)} s (${((used.user + used.system) / 1e6).toFixed(1)} s CPU), ` +
      `peak so far ${(peak / 2 ** 20).toFixed(0)} MiB above the volumes`,
  );
  return result;
}
console.log(`volumes and process: ${(base / 2 ** 20).toFixed(0)} MiB`);
const anatomy = await part('anatomy', () => segmentCtAnatomy(ct));
await part('anatomy on the grid of the CT', () => refineAnatomy(ct, anatomy));
await part('rigid registration', () => registerRigid(ct, suv));
await part('registration score', () => registrationScore(ct, suv, { anatomy }));
const found = await part('lesions', () => findLesions(suv, anatomy));
console.log(`${found.findings.length} findings`);
process.exit(0);
