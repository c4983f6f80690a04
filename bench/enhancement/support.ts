import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Volume, VoxelArray } from '@photopeak/imaging';
import { builtInMethod, unknownFacts } from '@photopeak/pipelines';

/**
 * Runs a script in Debian's Python on raw float32 volumes: `volumes` is a list of arrays (z, y, x), and what the script
 * leaves in `results`, a list of arrays of the same shapes, comes back, with what it prints. Undefined where a module
 * is missing.
 */
export function inPython(
  script: string,
  volumes: readonly Volume[],
): { results: Float32Array[]; printed: string } | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'enhancement-peer-'));
  try {
    volumes.forEach(({ data }, n) => {
      writeFileSync(path.join(folder, `${n}`), Float32Array.from(data));
    });
    const shapes = JSON.stringify(volumes.map(({ size: [x, y, z] }) => [z, y, x]));
    const program = `
import numpy as np, time, os
os.chdir(${JSON.stringify(folder)})
volumes = [np.fromfile(str(n), '<f4').reshape(s) for n, s in enumerate(${shapes})]
results = []
${script}
for n, r in enumerate(results): np.ascontiguousarray(r, '<f4').tofile('out%d' % n)
open('count', 'w').write(str(len(results)))`;
    const run = spawnSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    if (run.status !== 0) {
      console.error(run.stderr);
      return undefined;
    }
    const count = Number(readFileSync(path.join(folder, 'count'), 'utf8'));
    const results = Array.from({ length: count }, (_, n) => {
      const bytes = readFileSync(path.join(folder, `out${n}`));
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    });
    return { results, printed: run.stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time in seconds of all threads, and the result. */
export async function timed<R>(
  work: () => Promise<R>,
): Promise<{ result: R; cpuSeconds: number; seconds: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - start) / 1000 };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A CT as a built-in method leaves it. */
export async function enhancedBy<T extends VoxelArray>(
  name: string,
  ct: Volume<T>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Volume<T>> {
  const method = builtInMethod(name)!;
  const { volume } = await method.run(
    { volume: ct, planes: 'slices', facts: unknownFacts('CT', 'bench', ct.unit) },
    method.parameters.parse(settings),
    { signal: new AbortController().signal, progress: () => {} },
  );
  if (volume === null) throw new Error(`${name} found nothing to do`);
  return volume as Volume<T>;
}
