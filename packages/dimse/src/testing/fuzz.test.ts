import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { receiveToFolder } from '../files/receive-to-folder.ts';
import { askPeerThatSays, decodeAll, fuzzedServer, mutate, play, randomFrom, readCorpus } from './fuzz.ts';
import { ANSWERS, VISITS } from './visits.ts';

const READINGS = 5000;
const VISITORS = 60;
const SEED = 20261123;

it('the corpus holds every seed as it is made today', async () => {
  const corpus = new Map((await readCorpus()).map(({ name, bytes }) => [name, bytes]));
  for (const name of Object.keys({ ...VISITS, ...ANSWERS })) expect(corpus.has(`${name}.bin`)).toBe(true);
  expect(decodeAll(corpus.get('visit-query.bin')!, 100)).toBe(
    'associate-request command data explicit implicit:DIMSE_DATA_SET_INVALID:N more bytes release-request',
  );
});

it('damaged bytes are read, or refused with a reason, whatever they are', async () => {
  const random = randomFrom(SEED);
  const corpus = await readCorpus();
  const pick = () => corpus[Math.floor(random() * corpus.length)]!.bytes;
  const behaviours = new Set<string>();
  for (let n = 0; n < READINGS; n += 1) {
    behaviours.add(decodeAll(mutate(pick(), pick(), random), 1 + Math.floor(random() * 2000)));
  }
  expect(behaviours.size).toBeGreaterThan(20);
});

it('both roles survive the corpus, as it is and damaged, and leave nothing behind', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dimse-corpus-'));
  const receiver = await receiveToFolder(folder);
  const problems: unknown[] = [];
  const server = await fuzzedServer(receiver, (error) => problems.push(error));
  const random = randomFrom(SEED);
  const corpus = await readCorpus();
  const pick = () => corpus[Math.floor(random() * corpus.length)]!.bytes;
  const inputs = corpus.map(({ bytes }) => bytes);
  for (let n = 0; n < VISITORS; n += 1) inputs.push(mutate(pick(), pick(), random));
  for (const bytes of inputs) {
    await play(server.port, bytes, 1 + Math.floor(random() * 2000));
    await askPeerThatSays(bytes, receiver);
  }
  await expect.poll(() => server.associations, { timeout: 30_000 }).toBe(0);
  await expect.poll(() => readdir(path.join(folder, '.incoming')), { timeout: 30_000 }).toEqual([]);
  expect(problems).toEqual([]);
  await server.close(0);
  await rm(folder, { recursive: true, force: true });
});
