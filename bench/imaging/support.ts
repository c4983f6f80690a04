import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyVolume, type Mat4, threads, threshold, type Volume } from '@photopeak/imaging';

/** Voxels along each axis. */
export const EDGE = Number(process.env.PHOTOPEAK_BENCH_EDGE ?? 256);
const RUNS = 7;

/** Smooth structure with fine texture, the same in every language (see `pythonVolume` and native.c). */
export function testVolume(): Volume<Float32Array> {
  const grid = {
    size: [EDGE, EDGE, EDGE],
    spacingMm: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const volume = emptyVolume(grid, 'float32', '1');
  let index = 0;
  for (let z = 0; z < EDGE; z++) {
    for (let y = 0; y < EDGE; y++) {
      for (let x = 0; x < EDGE; x++, index++) {
        const texture = ((Math.imul(index, 2654435761) >>> 20) & 1023) / 4096;
        volume.data[index] = Math.sin(x * 0.11) * Math.cos(y * 0.07) + Math.sin(z * 0.05) + texture;
      }
    }
  }
  return volume;
}

/** About a third of the voxels, in large connected parts with rough surfaces. */
export function testMask(volume: Volume) {
  return threshold(volume, 0.6);
}

/** A turn by 0.1 rad with some shear and a shift, target voxel → source voxel. */
export const testMatrix: Mat4 = [
  Math.cos(0.1),
  -Math.sin(0.1),
  0.02,
  14,
  Math.sin(0.1),
  Math.cos(0.1),
  0.01,
  -12,
  -0.02,
  0.01,
  1,
  1.5,
  0,
  0,
  0,
  1,
];

export interface Timing {
  readonly wallMs: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
}

/** The fastest of several runs after one to warm up. */
export async function timeOurs(work: () => Promise<unknown>): Promise<Timing> {
  await work();
  let best: Timing = { wallMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY };
  for (let run = 0; run < RUNS; run++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await work();
    const wallMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    best = { wallMs: Math.min(best.wallMs, wallMs), cpuMs: Math.min(best.cpuMs, (user + system) / 1000) };
  }
  return best;
}

const prelude = `
import json, time, resource
import numpy as np
N = ${EDGE}
i = np.arange(N**3, dtype=np.uint32).reshape(N, N, N)
z, y, x = np.meshgrid(*[np.arange(N, dtype=np.float64)] * 3, indexing='ij', sparse=True)
v = (np.sin(x * .11) * np.cos(y * .07) + np.sin(z * .05) + (((i * np.uint32(2654435761)) >> 20) & 1023) / 4096).astype(np.float32)
mask = v >= np.float32(.6)
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return (u.ru_utime + u.ru_stime) * 1e3
def best(f, runs=3):
    w = c = 1e99
    for _ in range(runs):
        c0, t0 = cpu(), time.perf_counter()
        f()
        w, c = min(w, (time.perf_counter() - t0) * 1e3), min(c, cpu() - c0)
    return {'wallMs': w, 'cpuMs': c}
`;

/** Times `expression` in Debian's Python on the same volume `v`, or undefined where a module is missing. */
export function timePython(imports: string, expression: string): Timing | undefined {
  const script = `${prelude}${imports}\nprint(json.dumps(best(lambda: ${expression})))`;
  const result = spawnSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' });
  if (result.status === 0) return JSON.parse(result.stdout.trim().split('\n').at(-1)!) as Timing;
  console.error(result.stderr);
  return undefined;
}

/** Builds native.c with the same kernels for this very processor and runs one of its modes. */
export function timeNative(mode: 'affine' | 'gaussian'): { timing: Timing; result: Float32Array } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'native-'));
  try {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const program = path.join(folder, 'native');
    const flags = [
      '-O3',
      '-march=native',
      '-std=gnu17',
      '-pthread',
      '-o',
      program,
      path.join(here, 'native.c'),
      '-lm',
    ];
    const compiler = process.env.CC ?? 'clang-19';
    const build = spawnSync(compiler, flags, { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(build.stderr);
    const args = [mode, String(EDGE), String(threads()), String(RUNS), path.join(folder, 'out')];
    writeFileSync(path.join(folder, 'matrix'), Float64Array.from(testMatrix));
    const run = spawnSync(program, [...args, path.join(folder, 'matrix')], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    const [wallMs, cpuMs] = run.stdout.trim().split(' ').map(Number) as [number, number];
    const bytes = readFileSync(path.join(folder, 'out'));
    return {
      timing: { wallMs, cpuMs },
      result: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Largest difference between two results: a comparison of times of the same work. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(a[index]! - b[index]!);
    if (difference > largest) largest = difference;
  }
  return largest;
}

/** One line: name, ours, peer, ratio of wall times (below 1: ours is faster). */
export function report(name: string, ours: Timing, peer: string, timing: Timing): void {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  console.log(
    `${name}: ours ${ms(ours.wallMs)} (${threads()} threads), ${peer} ${ms(timing.wallMs)}, ratio ${ratio(ours.wallMs, timing.wallMs)}` +
      ` (processor time: ours ${ms(ours.cpuMs)}, peer ${ms(timing.cpuMs)}, ratio ${ratio(ours.cpuMs, timing.cpuMs)})`,
  );
}
