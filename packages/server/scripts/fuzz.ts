/**
 * `npm run fuzz -- TARGET [--minutes N] [--seed N]`: damaged bytes for the readers of this node, in a process of its
 * own, so that one that dies, hangs or fills the memory leaves its input behind. Findings go into the corpus; the run
 * ends with 1. `--write-seeds` makes the seeds anew.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { corpusOf, runCampaign, TARGETS, writeSeeds } from '../src/testing/fuzz/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    'write-seeds': { type: 'boolean', default: false },
    /** Of the process that plays: file for the input of this moment. */
    into: { type: 'string' },
    until: { type: 'string' },
  },
});

/** Processor time that one input may take before its process is ended. */
const HANG_CPU_SECONDS = 30;
/** Beyond what Node, the code and four decoders hold. */
const MOST_MEGABYTES = 1_500;
const LOOK_MS = 500;
const TICKS_PER_SECOND = 100;

if (values['write-seeds']) {
  console.log(`${await writeSeeds()} seeds written`);
  process.exit(0);
}
const target = TARGETS.find(({ name }) => name === positionals[0]);
if (target === undefined) {
  console.error(`name a target: pdu, ${TARGETS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
process.exit(values.into === undefined ? await watch(target.name) : await play(values.into));

/** Plays until the time is up and keeps the input of this moment where the other process finds it. */
async function play(into: string): Promise<number> {
  const file = openSync(into, 'w');
  const report = await runCampaign({
    target: target!,
    seed: Number(values.seed),
    until: Number(values.until),
    onInput(bytes, number) {
      ftruncateSync(file, 0);
      writeSync(file, bytes, 0, bytes.length, 0);
      if (number % 100 === 0) process.send?.({ number });
    },
    onFinding: ({ bytes, problem }) =>
      process.send?.({ bytes: Buffer.from(bytes).toString('base64'), problem }),
  });
  closeSync(file);
  const { inputs, behaviours, slowestCpuMs } = report;
  process.send?.({ inputs, behaviours, slowestCpuMs });
  await pause(50);
  return 0;
}

async function watch(name: string): Promise<number> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `fuzz-${name}-`));
  const into = path.join(folder, 'input');
  const until = Date.now() + Number(values.minutes) * 60_000;
  const total = { inputs: 0, behaviours: 0, slowestCpuMs: 0, findings: 0, mostMegabytes: 0 };

  async function keep(bytes: Uint8Array, problem: string): Promise<void> {
    total.findings += 1;
    const file = `finding-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;
    await writeFile(path.join(corpusOf(name), file), bytes);
    console.log(`${file}: ${problem}`);
  }

  let seed = Number(values.seed);
  console.log(`${name}: seed ${seed}, ${values.minutes} minutes`);
  while (Date.now() < until) {
    const child = fork(
      fileURLToPath(import.meta.url),
      [name, '--seed', String(seed), '--until', String(until), '--into', into],
      { execArgv: ['--max-old-space-size=512'] },
    );
    let number = 0;
    let isDone = false;
    child.on('message', (message: Record<string, unknown>) => {
      if (typeof message.number === 'number') number = message.number;
      if (typeof message.problem === 'string')
        void keep(Buffer.from(String(message.bytes), 'base64'), message.problem);
      if (typeof message.inputs === 'number') {
        isDone = true;
        total.inputs += message.inputs;
        total.behaviours = Math.max(total.behaviours, Number(message.behaviours));
        total.slowestCpuMs = Math.max(total.slowestCpuMs, Number(message.slowestCpuMs));
      }
    });
    const ended = once(child, 'exit');
    let why: string | undefined;
    let input = '';
    let sinceCpu = 0;
    while (child.exitCode === null && child.signalCode === null) {
      await Promise.race([pause(LOOK_MS), ended]);
      const found = look(child.pid!);
      if (found === undefined) continue;
      total.mostMegabytes = Math.max(total.mostMegabytes, found.megabytes);
      const now = createHash('sha256')
        .update(await readFile(into).catch(() => ''))
        .digest('hex');
      if (now !== input) {
        input = now;
        sinceCpu = found.cpuSeconds;
      }
      if (found.cpuSeconds - sinceCpu > HANG_CPU_SECONDS) why = `no end after ${HANG_CPU_SECONDS} s`;
      if (found.megabytes > MOST_MEGABYTES) why = `${Math.round(found.megabytes)} MB of memory`;
      if (why === undefined) continue;
      child.kill('SIGKILL');
      break;
    }
    const [code, signal] = await ended;
    if (isDone) continue;
    total.inputs += number;
    await keep(await readFile(into), why ?? `the process ended with ${code ?? signal}`);
    seed += 1_000_003;
  }
  await rm(folder, { recursive: true, force: true });
  const { inputs, behaviours, slowestCpuMs, findings, mostMegabytes } = total;
  console.log(
    `${name}: ${inputs} inputs in ${values.minutes} minutes, ${behaviours} behaviours, slowest ${Math.round(slowestCpuMs)} ms, ` +
      `at most ${Math.round(mostMegabytes)} MB, ${findings} findings`,
  );
  return findings === 0 ? 0 : 1;
}

/** Processor time and memory of a process, as Linux says them. */
function look(pid: number): { readonly cpuSeconds: number; readonly megabytes: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpuSeconds: ticks / TICKS_PER_SECOND, megabytes: Number(resident ?? 0) / 1024 };
  } catch {
    return undefined;
  }
}
