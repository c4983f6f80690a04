import { readdir, readFile } from 'node:fs/promises';

const PAGE_BYTES = 4096;
const MB = 1024 * 1024;

/** Resident memory of one process, MB; 0 where it is gone or there is no /proc. */
export async function residentMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return (Number(text.split(' ')[1] ?? 0) * PAGE_BYTES) / MB;
}

/**
 * Resident memory of a process and of all that it started, MB. Pages that they share count for each of them: an upper
 * bound.
 */
export async function familyMb(pid: number): Promise<number> {
  let sum = await residentMb(pid);
  for (const child of await childrenOf(pid)) sum += await familyMb(child);
  return sum;
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
