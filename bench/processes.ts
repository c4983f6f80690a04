import { readFile } from 'node:fs/promises';

/** Of the counters in /proc/PID/stat: hundredths of a second on Linux. */
const TICKS_A_SECOND = 100;

export interface ProcessState {
  readonly pid: number;
  readonly command: string;
  /** User and system, of the process itself and of its children that have ended and were waited for. */
  readonly cpuSeconds: number;
  /** Memory that it holds and that is its own: neither files nor what it shares (PostgreSQL's buffers). */
  readonly ownMegabytes: number;
  readonly residentMegabytes: number;
  /** The most that it has held. */
  readonly peakMegabytes: number;
}

/** A process and all that it has started, as Linux tells it now; one that has just ended is left out. */
export async function processTree(pid: number): Promise<ProcessState[]> {
  const state = await processState(pid).catch(() => undefined);
  if (state === undefined) return [];
  const threads = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = threads.split(' ').filter(Boolean).map(Number);
  return [state, ...(await Promise.all(children.map(processTree))).flat()];
}

/** Processor time of a process and all that it has started, in seconds. */
export async function treeCpuSeconds(pid: number): Promise<number> {
  return (await processTree(pid)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

async function processState(pid: number): Promise<ProcessState> {
  const [stat, status, args] = await Promise.all(
    ['stat', 'status', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
  );
  // Fields 14 to 17 of proc(5); the second is a name that may hold anything, in brackets.
  const times = stat!
    .slice(stat!.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  const megabytes = (name: string) => {
    const kilobytes = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status!)?.[1] ?? 0;
    return Math.round(Number(kilobytes) / 1024);
  };
  return {
    pid,
    command: args!.replaceAll('\0', ' ').trim(),
    cpuSeconds: times.reduce((sum, ticks) => sum + ticks, 0) / TICKS_A_SECOND,
    ownMegabytes: megabytes('RssAnon'),
    residentMegabytes: megabytes('VmRSS'),
    peakMegabytes: megabytes('VmHWM'),
  };
}
