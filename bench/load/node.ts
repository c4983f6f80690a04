// A node under the load of a hospital: studies of mixed size at random moments, then a burst, with Orthanc as the PACS
// that gets results and what is handed on. At the end every instance is accounted for.
//   node bench/load/node.ts [--minutes 30] [--studies-per-hour 300] [--burst 20] [--workers 1] [--seed 1] [--json FILE]
// Exits with 1 if anything is lost, twice, not delivered, or (from ten minutes on) if memory grew.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { storescu } from '../dimse/support.ts';
import { type Arrival, planArrivals } from './arrivals.ts';
import { isSettled, measuredTimes, type Percentiles, reconcile } from './reconcile.ts';
import { KINDS, type Kind, makeTemplates } from './studies.ts';
import { startSystem } from './system.ts';
import { ROLES, watchProcesses } from './watch.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'studies-per-hour': { type: 'string', default: '300' },
    burst: { type: 'string', default: '20' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const options = {
  minutes,
  studiesPerHour: Number(values['studies-per-hour']),
  burst: Number(values.burst),
  workers: Number(values.workers),
  seed: Number(values.seed),
};

/** Beyond this nothing more is waited for; what is open then counts as lost. */
const PATIENCE_MINUTES = 30 + minutes;
const SAMPLES = 200;
/** A node that has just begun still fills its pools: shorter runs say nothing about growth. */
const MINUTES_FOR_GROWTH = 10;
/** What the last third may hold beyond the first. */
const GROWTH = { factor: 1.2, megabytes: 50 };

const root = await mkdtemp(path.join(os.tmpdir(), 'photopeak-load-'));
console.log('computing the studies');
const templates = await makeTemplates(path.join(root, 'templates'));
const arrivals = planArrivals(options);
const system = await startSystem(root, options.workers);
const watch = watchProcesses(system, Math.max(1000, (minutes * 60_000) / SAMPLES));
const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;

const sent = new Map<Kind, string[]>(KINDS.map((kind) => [kind, []]));
const problems: string[] = [];
let bytes = 0;

async function bring({ atSeconds, kind }: Arrival, number: number): Promise<void> {
  const template = templates.get(kind)!;
  // Written before its moment, so that a burst is one for the node and not for the disk of the sender.
  await pause(Math.max(0, atSeconds - 5 - elapsed()) * 1000);
  const study = await template.copy(number, path.join(root, 'sources', String(number)));
  await pause(Math.max(0, atSeconds - elapsed()) * 1000);
  try {
    await storescu(system.dicomPort, 'PHOTOPEAK', study.files);
  } catch (error) {
    problems.push(error instanceof Error ? error.message.slice(0, 300) : String(error));
  }
  sent.get(kind)!.push(...study.sopInstanceUids);
  bytes += template.bytes;
  await study.remove();
}

try {
  console.log(`sending ${arrivals.length} studies over ${minutes} minutes`);
  await Promise.all(arrivals.map((arrival, index) => bring(arrival, index + 1)));
  const sendingEnded = elapsed();
  console.log(`sent after ${sendingEnded.toFixed(0)} s; waiting for what is open`);
  for (let quiet = 0; quiet < 2; ) {
    if (elapsed() > PATIENCE_MINUTES * 60) {
      problems.push(`work was still open after ${PATIENCE_MINUTES} minutes`);
      break;
    }
    if (!system.isAlive()) throw new Error('the node has ended');
    await pause(2000);
    quiet = (await isSettled(system, arrivals.length)) ? quiet + 1 : 0;
  }
  const seconds = elapsed();
  const processes = await watch.stop(minutes * 60);
  const times = await measuredTimes(system);
  const count = (kind: Kind) => arrivals.filter((arrival) => arrival.kind === kind).length;
  problems.push(
    ...(await reconcile(system, {
      studies: arrivals.length,
      processedStudies: count('petct'),
      all: [...sent.values()].flat(),
      handedOn: KINDS.filter((kind) => kind !== 'petct').flatMap((kind) => sent.get(kind)!),
    })),
  );
  const growing = ROLES.filter(
    (role) =>
      processes[role].lastThirdMegabytes >
      processes[role].firstThirdMegabytes * GROWTH.factor + GROWTH.megabytes,
  );
  if (minutes >= MINUTES_FOR_GROWTH) {
    problems.push(...growing.filter((role) => role !== 'orthanc').map((role) => `memory of ${role} grew`));
  }
  const report = {
    options,
    studies: Object.fromEntries(KINDS.map((kind) => [kind, count(kind)])),
    instances: [...sent.values()].flat().length,
    megabytes: Math.round(bytes / 1e6),
    seconds: Math.round(seconds),
    drainSeconds: Math.round(seconds - sendingEnded),
    times,
    processes,
    problems,
  };
  print(report);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await system.stop();
  await rm(root, { recursive: true, force: true });
}
process.exitCode = problems.length === 0 ? 0 : 1;

function print(report: {
  readonly studies: Readonly<Record<string, number>>;
  readonly instances: number;
  readonly megabytes: number;
  readonly seconds: number;
  readonly drainSeconds: number;
  readonly times: Readonly<Record<string, Percentiles>> | Awaited<ReturnType<typeof measuredTimes>>;
  readonly processes: Awaited<ReturnType<typeof watch.stop>>;
}): void {
  const kinds = Object.entries(report.studies).map(([kind, count]) => `${count} ${kind}`);
  console.log(
    `${kinds.join(', ')}: ${report.instances} instances, ${report.megabytes} MB in ${report.seconds} s; ` +
      `all done ${report.drainSeconds} s after the last was sent`,
  );
  for (const [name, { count, p50, p95, most }] of Object.entries(report.times)) {
    console.log(`${name}: p50 ${p50} s, p95 ${p95} s, most ${most} s (${count})`);
  }
  for (const role of ROLES) {
    const { firstThirdMegabytes, lastThirdMegabytes, mostMegabytes, cpuPercent } = report.processes[role];
    console.log(
      `memory of ${role}: first third ${firstThirdMegabytes} MB, last third ${lastThirdMegabytes} MB, ` +
        `most ${mostMegabytes} MB; ${cpuPercent} % of a core`,
    );
  }
  console.log(problems.length === 0 ? 'nothing lost, nothing twice' : problems.join('\n'));
}
