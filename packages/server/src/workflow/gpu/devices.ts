import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import type { Configuration } from '../../config/index.ts';

/** A device of this machine, and how many steps may use it at the same time. */
export interface GpuDevice {
  /** What a step gets: an index or UUID as CUDA_VISIBLE_DEVICES takes it. */
  readonly id: string;
  /** Names the device among all machines. */
  readonly key: string;
  readonly atOnce: number;
}

const PROBE_MS = 10_000;

/** UUIDs of NVIDIA and of MIG devices are unique in the world; other names count for their machine. */
const GLOBAL = /^(GPU|MIG)-/;

/** The devices of this machine: as configured, or those that `nvidia-smi` lists; none where there is no such program. */
export async function gpuDevices(
  gpus: Configuration['workflow']['gpus'],
  machine = os.hostname(),
): Promise<GpuDevice[]> {
  const devices = gpus === 'probe' ? (await probe()).map((id) => ({ id, atOnce: 1 })) : gpus;
  return devices.map(({ id, atOnce }) => ({ id, atOnce, key: GLOBAL.test(id) ? id : `${machine}/${id}` }));
}

async function probe(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(
      'nvidia-smi',
      ['--query-gpu=uuid', '--format=csv,noheader'],
      {
        timeout: PROBE_MS,
      },
    );
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => GLOBAL.test(line));
  } catch {
    // No driver, no device: workers of this machine take no steps that need one.
    return [];
  }
}
