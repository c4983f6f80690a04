import { expect, it } from 'vitest';
import { storage } from '../services/storage.ts';
import { store } from '../services/store.ts';
import { CT } from '../testing/instances.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { associate, listen } from './index.ts';

it('an instance of 512 MB goes through both roles in a few megabytes, however slow its receiver is', async () => {
  const size = 512 * 1024 * 1024;
  let received = 0;
  let highest = 0;
  const before = process.memoryUsage().rss;
  const receiver = {
    async store({ dataSet }: { readonly dataSet: AsyncIterable<readonly Uint8Array[]> }) {
      for await (const pieces of dataSet) {
        for (const piece of pieces) received += piece.length;
        // Slower than the sender: without back-pressure everything would pile up here.
        await new Promise((resolve) => setTimeout(resolve, 1));
        highest = Math.max(highest, process.memoryUsage().rss);
      }
      return { status: 0 };
    },
  };
  const server = await listen({
    aeTitles: ['PACS'],
    peers: 'any',
    port: 0,
    services: [storage({ open: () => receiver })],
  });
  const peer = { host: '127.0.0.1', port: server.port, calledAeTitle: 'PACS', callingAeTitle: 'NODE' };
  const transferSyntaxUid = TRANSFER_SYNTAX.explicitLittleEndian;
  const contexts = [{ abstractSyntax: CT, transferSyntaxes: [transferSyntaxUid] }];
  const association = await associate(peer, { contexts });
  let left = size;
  const source = {
    size,
    async read(targets: readonly Uint8Array[]) {
      const bytes = Math.min(
        left,
        targets.reduce((sum, target) => sum + target.length, 0),
      );
      left -= bytes;
      return { bytes, isLast: left === 0 };
    },
  };
  const instance = { sopClassUid: CT, sopInstanceUid: '2.25.9', transferSyntaxUid };
  expect((await store(association, instance, source)).status).toBe(0);
  await association.release();
  await server.close(0);
  expect(received).toBe(size);
  // What the garbage collector has not yet taken back included.
  expect(highest - before).toBeLessThan(192 * 1024 * 1024);
});
