import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { receiveToFolder } from '../files/receive-to-folder.ts';
import { encodePdu } from '../pdu/index.ts';
import { storage } from '../services/storage.ts';
import { verification } from '../services/verification.ts';
import { play } from '../testing/fuzz.ts';
import { CT, dataSetBytes } from '../testing/instances.ts';
import { commandPdu, dataPdu, pings, requestPdu } from '../testing/raw-peer.ts';
import { listen } from './index.ts';

/** A whole visit, as bytes: association, echo, two instances, release. */
function visit(): Buffer {
  const instance = (messageId: number) => {
    const uid = `2.25.${messageId}`;
    const bytes = dataSetBytes(uid, 4096);
    const request = { commandField: 1, affectedSopClassUid: CT, affectedSopInstanceUid: uid, messageId };
    const head = commandPdu(1, { ...request, priority: 0, hasDataSet: true });
    return [head, dataPdu(1, bytes.subarray(0, 3000), false), dataPdu(1, bytes.subarray(3000), true)];
  };
  return Buffer.concat([
    requestPdu(),
    commandPdu(3, { commandField: 0x30, messageId: 1, hasDataSet: false }),
    ...instance(2),
    ...instance(3),
    encodePdu({ kind: 'release-request' }),
  ]);
}

it('an acceptor survives visits with bytes flipped, cut out, repeated or left off', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dimse-fuzz-'));
  const receiver = await receiveToFolder(folder);
  const server = await listen({
    aeTitles: ['NODE'],
    peers: 'any',
    port: 0,
    timeouts: { artimMs: 100, stallMs: 100, idleMs: 100 },
    services: [verification(), storage({ open: () => receiver })],
  });
  const whole = visit();
  const position = fc.nat({ max: whole.length - 1 });
  const damage = fc.oneof(
    fc.tuple(fc.constant('flip' as const), position, fc.nat({ max: 255 })),
    fc.tuple(fc.constant('cut' as const), position, fc.integer({ min: 1, max: 50 })),
    fc.tuple(fc.constant('repeat' as const), position, fc.integer({ min: 1, max: 50 })),
    fc.tuple(fc.constant('end' as const), position, fc.constant(0)),
  );
  const harm = (bytes: Buffer, [kind, at, n]: [string, number, number]): Buffer => {
    if (kind === 'end') return bytes.subarray(0, at);
    const rest =
      kind === 'flip' ? Buffer.from([n]) : kind === 'repeat' ? bytes.subarray(at, at + n) : Buffer.alloc(0);
    const skip = kind === 'flip' ? 1 : kind === 'cut' ? n : 0;
    return Buffer.concat([bytes.subarray(0, at), rest, bytes.subarray(at + skip)]);
  };
  const handles = async () => (await readdir('/proc/self/fd')).length;
  await play(server.port, whole, whole.length);
  const before = await handles();
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 100, max: 9000 }),
      async (damages, piece) => {
        await play(server.port, damages.reduce(harm, whole), piece);
      },
    ),
    { numRuns: Number(process.env.DIMSE_FUZZ_VISITS ?? 200) },
  );
  await expect.poll(() => server.associations, { timeout: 30_000 }).toBe(0);
  await expect.poll(() => readdir(path.join(folder, '.incoming')), { timeout: 30_000 }).toEqual([]);
  await expect.poll(handles, { timeout: 30_000 }).toBeLessThanOrEqual(before + 2);
  const peer = { host: '127.0.0.1', port: server.port, calledAeTitle: 'NODE', callingAeTitle: 'PEER' };
  await expect.poll(() => pings(peer), { timeout: 30_000 }).toBe(true);
  await server.close(0);
  await rm(folder, { recursive: true, force: true });
});
