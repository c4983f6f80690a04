import { processTree } from '../processes.ts';
import type { System } from './system.ts';

export const ROLES = ['node', 'workers', 'postgres', 'orthanc'] as const;
export type Role = (typeof ROLES)[number];

interface Sample {
  readonly atSeconds: number;
  readonly ownMegabytes: Readonly<Record<Role, number>>;
  readonly cpuSeconds: Readonly<Record<Role, number>>;
}

/** What a role held and used: memory of its own (without files and PostgreSQL's shared buffers), in MB. */
export interface RoleReport {
  readonly firstThirdMegabytes: number;
  readonly lastThirdMegabytes: number;
  readonly mostMegabytes: number;
  readonly cpuSeconds: number;
  /** Of one core, over the whole time. */
  readonly cpuPercent: number;
}

export interface Watch {
  /** Thirds are those of the time until `untilSeconds`; most and processor time are of the whole. */
  stop(untilSeconds: number): Promise<Readonly<Record<Role, RoleReport>>>;
}

/** Looks at the processes of the system every few seconds. */
export function watchProcesses({ pids }: System, everyMs: number): Watch {
  const samples: Sample[] = [];
  const start = performance.now();

  async function look(): Promise<void> {
    const [node, postgres, orthanc] = await Promise.all(
      [pids.node, pids.postgres, pids.orthanc].map(processTree),
    );
    const isWorker = ({ command }: { command: string }) => command.includes('worker-main');
    const groups: Record<Role, typeof node> = {
      node: node!.filter((process) => !isWorker(process)),
      workers: node!.filter(isWorker),
      postgres: postgres!,
      orthanc: orthanc!,
    };
    const sums = (field: 'ownMegabytes' | 'cpuSeconds') =>
      Object.fromEntries(
        ROLES.map((role) => [role, groups[role]!.reduce((sum, process) => sum + process[field], 0)]),
      ) as Record<Role, number>;
    samples.push({
      atSeconds: (performance.now() - start) / 1000,
      ownMegabytes: sums('ownMegabytes'),
      cpuSeconds: sums('cpuSeconds'),
    });
  }

  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs);
  return {
    async stop(untilSeconds) {
      clearInterval(timer);
      await looking;
      await look();
      return Object.fromEntries(
        ROLES.map((role) => [role, roleReport(role, samples, untilSeconds)]),
      ) as Record<Role, RoleReport>;
    },
  };
}

function roleReport(role: Role, samples: readonly Sample[], untilSeconds: number): RoleReport {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const between = (from: number, to: number) => {
    const values = samples
      .filter(({ atSeconds }) => atSeconds >= from * untilSeconds && atSeconds <= to * untilSeconds)
      .map(({ ownMegabytes }) => ownMegabytes[role]);
    return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  };
  const cpuSeconds = last.cpuSeconds[role] - first.cpuSeconds[role];
  return {
    firstThirdMegabytes: between(0, 1 / 3),
    lastThirdMegabytes: between(2 / 3, 1),
    mostMegabytes: Math.max(...samples.map(({ ownMegabytes }) => ownMegabytes[role])),
    cpuSeconds: Math.round(cpuSeconds),
    cpuPercent: Math.round((100 * cpuSeconds) / (last.atSeconds - first.atSeconds)),
  };
}
