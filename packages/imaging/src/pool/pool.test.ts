import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { convert, threshold } from '../boxes.ts';
import { components } from '../components.ts';
import { distanceTransform } from '../distance.ts';
import { gaussian, gradientMagnitude, median } from '../filters.ts';
import { translation, voxelCount } from '../geometry.ts';
import { affineHistogramSampler, jointHistogram } from '../histogram.ts';
import { fillHoles } from '../holes.ts';
import { dilate, erode } from '../morphology.ts';
import { resample } from '../resample.ts';
import { noise, plainGrid, randomMask, rotation, volumeOf } from '../test-support.ts';
import type { Mask, Volume } from '../volume.ts';
import { allocateVoxels } from '../voxels.ts';
import { watershed } from '../watershed.ts';
import { smoothBytes } from './operations/smooth.ts';
import { runPieces, setThreads, threads } from './pool.ts';

const grid = plainGrid([70, 61, 53], [1, 1.5, 2]);
const volume = volumeOf(grid, allocateVoxels('int16', voxelCount(grid)), (index) => noise(index) % 2000);
const mask = randomMask(grid, 30);
const target = {
  ...plainGrid([80, 90, 70], [0.8, 0.9, 1.2], [4, 5, 6]),
  direction: rotation([0.3, 0.5, -0.2]),
};
const field = {
  ...plainGrid([10, 10, 10], [12, 12, 12]),
  data: Float32Array.from({ length: 3000 }, (_, index) => (noise(index) % 100) / 20 - 2.5),
};

/** Every function that works in pieces, as bytes. */
const jobs = {
  nearest: async () => (await resample(volume, { grid: target, interpolation: 'nearest' })).data,
  linear: async () => (await resample(volume, { grid: target, interpolation: 'linear' })).data,
  cubic: async () => (await resample(volume, { grid: target, interpolation: 'cubic', type: 'float32' })).data,
  field: async () =>
    (await resample(volume, { grid: target, field, interpolation: 'linear', type: 'float32' })).data,
  gaussian: async () => (await gaussian(volume, { sigmaMm: 3 })).data,
  gradient: async () => (await gradientMagnitude(volume, { sigmaMm: 2 })).data,
  median: async () => (await median(volume, { radius: 1 })).data,
  distance: async () => (await distanceTransform(mask)).data,
  dilate: async () => (await dilate(mask, { radiusMm: 3 })).data,
  erode: async () => (await erode(mask, { radiusMm: 1.5 })).data,
  components: async () => (await components(mask, { connectivity: 18 })).labels.data,
  holes: async () => (await fillHoles(mask)).data,
  watershed: async () => (await watershed(volume, mask)).data,
  histogram: async () => (await jointHistogram(volume, volume, { bins: 40, mask })).counts,
  affine: async () => {
    using sampler = await affineHistogramSampler(volume, volume, { bins: 40 });
    return (await sampler.at(translation([1.3, 2.2, -0.7]))).counts;
  },
};

afterEach(() => setThreads(2));

describe('the pool of workers', () => {
  it.each(Object.entries(jobs))('gives the same bytes for 1, 2, 3 and 5 threads: %s', async (_name, job) => {
    setThreads(1);
    const one = await job();
    for (const count of [2, 3, 5]) {
      setThreads(count);
      expect(await job()).toEqual(one);
    }
  });

  const types = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64'] as const;
  it.each(types)('takes voxels of type %s everywhere, within the arena of a piece', async (type) => {
    const bytes = volumeOf(grid, new Uint8Array(voxelCount(grid)), (index) => noise(index) % 100);
    const binary = threshold(bytes, 80);
    const [typed, typedMask] = [convert(bytes, type) as Volume, convert(binary, type) as Volume];
    const same = async (work: (volume: Volume) => Promise<Volume>, a: Volume, b: Volume) =>
      expect(Float64Array.from((await work(a)).data)).toEqual(Float64Array.from((await work(b)).data));
    await same((v) => gaussian(v, { sigmaMm: 2 }), typed, bytes);
    await same((v) => gradientMagnitude(v, { sigmaMm: 1 }), typed, bytes);
    await same((v) => median(v, { radius: 1 }), typed, bytes);
    await same((v) => distanceTransform(v), typedMask, binary);
    await same((v) => dilate(v as Mask, { radiusMm: 2 }), typedMask, binary);
    await same(async (v) => (await components(v as Mask, { connectivity: 26 })).labels, typedMask, binary);
    const counts = async (v: Volume) =>
      (await jointHistogram(v, v, { bins: 30, mask: typedMask as Mask })).counts;
    expect(await counts(typed)).toEqual(await counts(bytes));
  });

  it('answers calls made at the same time as it answers them one by one', async () => {
    setThreads(3);
    const alone: unknown[] = [];
    for (const job of Object.values(jobs)) alone.push(await job());
    const together = await Promise.all(Object.values(jobs).map((job) => job()));
    expect(together).toEqual(alone);
  });

  it('lets go of shared volumes that are not used any more, in the workers too', async () => {
    setThreads(2);
    const taps = [[1], [1], [1]] as const;
    for (let n = 0; n < 40; n++) {
      // 64 MB of which a corner is looked at: the rest is never touched.
      const source = { data: allocateVoxels('float32', 1 << 24), start: [0, 0, 0], size: [4, 4, 4] } as const;
      const plan = { size: source.size, taps };
      const task = { ...plan, source, target: source, rows: [0, 4], planes: [0, 4] } as const;
      await runPieces('smooth', 1 << 20, [{ task, bytes: smoothBytes(plan, 4) }]);
    }
    await expect.poll(() => process.memoryUsage().arrayBuffers).toBeLessThan(2 ** 30);
  });

  it('reports a failing piece as an error and goes on with other work', async () => {
    const empty = { data: new Uint8Array(8), start: [0, 0, 0], size: [2, 2, 2] } as const;
    // A piece that says it needs less of the arena than it takes.
    const task = {
      source: empty,
      target: empty,
      size: [2000, 2000, 1],
      connectivity: 6,
      planes: [0, 1],
    } as const;
    await expect(runPieces('labelSlab', 1 << 20, [{ task, bytes: 64 }])).rejects.toMatchObject({
      code: 'IMAGING_WORKER_FAILED',
    });
    expect((await gaussian(volume, { sigmaMm: 1 })).data).toHaveLength(voxelCount(grid));
  });

  it('refuses a piece larger than its memory may become', async () => {
    const task = { mask: new Uint8Array(8), size: [2, 2, 2] } as const;
    await expect(runPieces('fill', 1 << 20, [{ task, bytes: 2 ** 31 }])).rejects.toMatchObject({
      code: 'IMAGING_OUT_OF_MEMORY',
    });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d threads', (count) => {
    expect(() => setThreads(count)).toThrow(expect.objectContaining({ code: 'IMAGING_THREADS' }));
    expect(threads()).toBeGreaterThan(0);
  });

  it('does not keep a process alive, and keeps it alive while there is work', () => {
    const index = fileURLToPath(new URL('../index.ts', import.meta.url));
    const script = `
      const { emptyVolume, gaussian } = await import(${JSON.stringify(index)});
      const grid = { size: [64, 64, 64], spacingMm: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
      gaussian(emptyVolume(grid, 'int16', '1'), { sigmaMm: 2 }).then(() => console.log('done'));
    `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 60_000,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'done\n' });
  });
});
