import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutate } from './mutate.ts';
import { type FuzzTarget, seeded } from './target.ts';

const CORPUS = fileURLToPath(new URL('./corpus', import.meta.url));

/** Seeds of a target, and inputs that once showed something. */
export const corpusOf = (target: string): string => path.join(CORPUS, target);

async function readCorpus(target: string): Promise<Buffer[]> {
  const folder = corpusOf(target);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.bin')).sort();
  return Promise.all(names.map((name) => readFile(path.join(folder, name))));
}

export interface Finding {
  readonly bytes: Uint8Array;
  readonly problem: string;
}

export interface CampaignReport {
  readonly inputs: number;
  /** Different outcomes that were seen. */
  readonly behaviours: number;
  readonly findings: readonly Finding[];
  readonly slowestCpuMs: number;
}

export interface CampaignOptions {
  readonly target: FuzzTarget;
  readonly seed: number;
  /** The corpus as it is comes first; then so many damaged inputs … */
  readonly inputs?: number;
  /** … or until this moment. */
  readonly until?: number;
  /** Before each input, so that a process that dies or hangs leaves it behind. */
  readonly onInput?: (bytes: Uint8Array, number: number) => void;
  readonly onFinding?: (finding: Finding) => void;
}

/** Inputs that made something new happen are mutated further, but not for ever. */
const MOST_KEPT = 2_000;

/** A reader that waits for something that never comes takes no processor time: by the clock, and long. */
const LONGEST_WAIT_MS = 60_000;

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Plays damaged inputs to a target, one after the other, the same for the same seed and corpus. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { target, inputs = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY } = options;
  const random = seeded(options.seed);
  const pool: Uint8Array[] = await readCorpus(target.name);
  const seeds = pool.length;
  const behaviours = new Set<string>();
  const findings: Finding[] = [];
  let slowestCpuMs = 0;
  let played = 0;
  const open = await target.open();
  try {
    while (played < seeds + inputs && Date.now() < until) {
      const pick = () => pool[random(pool.length)]!;
      const bytes = played < seeds ? pool[played]! : mutate(pick(), pick(), target, random);
      options.onInput?.(bytes, played);
      const start = process.cpuUsage();
      let problem: string | undefined;
      try {
        const behaviour = await within(LONGEST_WAIT_MS, open.play(bytes, random));
        if (!behaviours.has(behaviour)) {
          behaviours.add(behaviour);
          if (played >= seeds && pool.length < MOST_KEPT) pool.push(bytes);
        }
      } catch (error) {
        problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      // Processor time: on a busy machine the clock says nothing of the code.
      const { user, system } = process.cpuUsage(start);
      const tookMs = (user + system) / 1000;
      if (played >= seeds) slowestCpuMs = Math.max(slowestCpuMs, tookMs);
      // The first inputs load code.
      if (played >= seeds && tookMs > target.slowestCpuMs)
        problem ??= `took ${Math.round(tookMs)} ms of processor time for ${bytes.length} bytes`;
      played += 1;
      if (problem === undefined) continue;
      findings.push({ bytes, problem });
      options.onFinding?.({ bytes, problem });
    }
  } finally {
    await open.close();
  }
  return { inputs: played, behaviours: behaviours.size, findings, slowestCpuMs };
}
