/**
 * `photopeak run` on a real FDG PET/CT (CT 512×512×135, PET 128×128×135, JPEG-LS) with two threads: the time of each
 * step, wall clock and peak memory, in a process of its own.
 *
 *   node bench/pipelines/acrin.ts [FOLDER]
 *
 * The budget is 60 s and 1.5 GB on two idle cores. The last lines are: name, ours, budget, ratio.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BUDGET_S = 60;
const BUDGET_MB = 1500;
const POLL_MS = 50;

const cli = fileURLToPath(new URL('../../packages/photopeak/src/cli.ts', import.meta.url));
const data = process.env.PHOTOPEAK_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const study = process.argv[2] ?? path.join(data, 'petct_ge_acrin042');

/** Peak resident memory of a process in megabytes, as the kernel counts it; 0 once it has ended. */
async function peakMegabytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // The process has ended between two looks.
    return 0;
  }
}

const out = await mkdtemp(path.join(tmpdir(), 'photopeak-bench-'));
try {
  const start = performance.now();
  const child = spawn(process.execPath, [cli, 'run', study, '--out', out, '--threads', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (/^ {2}\S+ +[\d.]+ s$/.test(line)) console.log(line);
  });
  let peak = 0;
  const watch = setInterval(async () => {
    peak = Math.max(peak, await peakMegabytes(child.pid ?? 0));
  }, POLL_MS);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`photopeak run ended with ${code}`);
  const seconds = (performance.now() - start) / 1000;
  console.log('name, ours, budget, ratio');
  console.log(`run-acrin-memory-mb, ${peak.toFixed(0)}, ${BUDGET_MB}, ${(peak / BUDGET_MB).toFixed(2)}`);
  console.log(`run-acrin-wall-s, ${seconds.toFixed(1)}, ${BUDGET_S}, ${(seconds / BUDGET_S).toFixed(2)}`);
} finally {
  await rm(out, { recursive: true, force: true });
}
