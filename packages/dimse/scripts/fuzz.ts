// `npm run fuzz -- pdu [--minutes N] [--seed N] [--write-seeds]`: damaged bytes against both roles of the network
// package. An input that shows anything but a DimseError is kept in the corpus, and the run ends with 1.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { receiveToFolder } from '../src/files/receive-to-folder.ts';
import {
  askPeerThatSays,
  CORPUS,
  decodeAll,
  fuzzedServer,
  mutate,
  play,
  randomFrom,
  readCorpus,
} from '../src/testing/fuzz.ts';
import { ANSWERS, VISITS } from '../src/testing/visits.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    'write-seeds': { type: 'boolean', default: false },
  },
});

if (values['write-seeds']) {
  await mkdir(CORPUS, { recursive: true });
  for (const [name, make] of Object.entries({ ...VISITS, ...ANSWERS })) {
    await writeFile(path.join(CORPUS, `${name}.bin`), make());
  }
  process.exit(0);
}

const random = randomFrom(Number(values.seed));
const end = Date.now() + Number(values.minutes) * 60_000;
const folder = await mkdtemp(path.join(os.tmpdir(), 'fuzz-dimse-'));
const receiver = await receiveToFolder(folder);
let problem: unknown;
const server = await fuzzedServer(receiver, (error) => {
  problem = error;
});
process.on('unhandledRejection', (error) => {
  problem = error;
});

/** Inputs that made something new happen are mutated further, but not for ever. */
const MOST_INPUTS = 2000;
const pool = await readCorpus();
const known = new Set(pool.map(({ bytes }) => decodeAll(bytes, bytes.length)));
const pick = () => pool[Math.floor(random() * pool.length)]!;
const counts = { decoded: 0, accepted: 0, requested: 0, findings: 0 };
const openFiles = async () => (await readdir('/proc/self/fd')).length;
const atStart = { files: await openFiles(), memory: process.memoryUsage().rss };
console.log(`seed ${values.seed}, ${pool.length} inputs in the corpus, ${values.minutes} minutes`);

/** Each turn: many readings, one visit to the acceptor, one answer to the requestor. */
const READINGS_A_TURN = 200;

async function guarded(bytes: Buffer, what: string, work: () => unknown): Promise<void> {
  problem = undefined;
  try {
    await work();
  } catch (error) {
    problem = error;
  }
  if (problem === undefined) return;
  counts.findings += 1;
  const name = `finding-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;
  await writeFile(path.join(CORPUS, name), bytes);
  console.log(`${name} (${what}): ${problem instanceof Error ? problem.stack : String(problem)}`);
}

while (Date.now() < end) {
  for (let n = 0; n < READINGS_A_TURN; n += 1) {
    const bytes = mutate(pick().bytes, pick().bytes, random);
    await guarded(bytes, 'decode', () => {
      const signature = decodeAll(bytes, 1 + Math.floor(random() * 4000));
      if (known.has(signature) || pool.length >= MOST_INPUTS) return;
      known.add(signature);
      pool.push({ name: `new-${known.size}`, bytes });
    });
    counts.decoded += 1;
  }
  const visit = mutate(pick().bytes, pick().bytes, random);
  await guarded(visit, 'accept', () => play(server.port, visit, 1 + Math.floor(random() * 4000)));
  counts.accepted += 1;
  const answer = mutate(pick().bytes, pick().bytes, random);
  await guarded(answer, 'request', () => askPeerThatSays(answer, receiver));
  counts.requested += 1;
}
await server.close(0);
const left = (await readdir(path.join(folder, '.incoming'))).length;
const atEnd = { files: await openFiles(), memory: process.memoryUsage().rss };
await rm(folder, { recursive: true, force: true });
console.log(
  `${counts.decoded} readings, ${counts.accepted} visits, ${counts.requested} answers, ${known.size} behaviours, ${counts.findings} findings`,
);
console.log(
  `open files ${atStart.files} -> ${atEnd.files}, memory ${Math.round(atStart.memory / 1e6)} -> ${Math.round(atEnd.memory / 1e6)} MB, ${left} half files left`,
);
process.exit(counts.findings > 0 || left > 0 ? 1 : 0);
