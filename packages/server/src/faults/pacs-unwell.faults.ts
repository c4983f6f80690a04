import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc } from '../testing/orthanc.ts';
import { arrivedOnce, counting, sendStudy } from './scene.ts';

/** What stands between node and PACS does to a connection, from its number on. */
type Misbehaviour = (number: number, node: Socket, pacs: Socket) => void;

const relay = (from: Socket, to: Socket, each: (chunk: Buffer, go: () => void) => void) => {
  from.on('data', (chunk: Buffer) => {
    from.pause();
    each(chunk, () => {
      if (to.destroyed) return;
      to.write(chunk, () => from.resume());
    });
  });
  from.on('end', () => to.end());
};

const plain = (from: Socket, to: Socket) => relay(from, to, (_, go) => go());

const ILL_CONNECTIONS = 8;
const SLOW_ANSWER_MS = 12_000;
const TRICKLE_BYTES = 24;
const TRICKLE_MS = 40;

const WAYS: Readonly<Record<string, Misbehaviour>> = {
  'answers each message after twelve seconds': (number, node, pacs) => {
    plain(node, pacs);
    relay(pacs, node, (_, go) => (number > 2 ? go() : void setTimeout(go, SLOW_ANSWER_MS)));
  },
  'trickles its answers, a few bytes at a time': (_, node, pacs) => {
    plain(node, pacs);
    pacs.on('data', (chunk: Buffer) => {
      pacs.pause();
      const next = (at: number): void => {
        if (at >= chunk.length || node.destroyed) return void pacs.resume();
        node.write(chunk.subarray(at, at + TRICKLE_BYTES));
        setTimeout(next, TRICKLE_MS, at + TRICKLE_BYTES);
      };
      next(0);
    });
    pacs.on('end', () => node.end());
  },
  'closes the association after the first file': (number, node, pacs) => {
    plain(node, pacs);
    let answers = 0;
    relay(pacs, node, (_, go) => {
      go();
      // The first is the acceptance of the association, the second the answer to a file.
      if (++answers === 2 && number <= ILL_CONNECTIONS) setTimeout(() => node.destroy(), 20);
    });
  },
  'swallows the answer to a file and closes': (number, node, pacs) => {
    plain(node, pacs);
    let answers = 0;
    relay(pacs, node, (_, go) => {
      if (++answers < 2 || number > ILL_CONNECTIONS) return go();
      node.destroy();
      pacs.destroy();
    });
  },
  'closes in the middle of a file': (number, node, pacs) => {
    let passed = 0;
    relay(node, pacs, (chunk, go) => {
      passed += chunk.length;
      if (passed < 20_000 || number > ILL_CONNECTIONS) return go();
      node.destroy();
      pacs.destroy();
    });
    plain(pacs, node);
  },
};

describe.each(Object.entries(WAYS))('a PACS that %s', (name, misbehave) => {
  it('gets every object once', async () => {
    const folder = await temporaryFolder('unwell');
    const orthanc = await createOrthanc();
    await orthanc.start();
    let connections = 0;
    const between = createServer({ allowHalfOpen: true }, (node) => {
      const pacs = connect({ port: orthanc.dicomPort, host: '127.0.0.1', allowHalfOpen: true });
      for (const socket of [node, pacs]) {
        socket.setNoDelay();
        socket.on('error', () => undefined);
      }
      node.on('close', () => pacs.destroy());
      pacs.on('close', () => node.destroy());
      connections += 1;
      misbehave(connections, node, pacs);
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const { port } = between.address() as { port: number };
    const node = await startTestNode(
      path.join(folder.path, 'data'),
      counting({ ...orthanc, dicomPort: port }),
    );
    try {
      const sent = [
        await sendStudy(folder.path, node.dicom!, `${name} 1`, 6),
        await sendStudy(folder.path, node.dicom!, `${name} 2`, 6),
      ].flat();
      const { expected, found } = await arrivedOnce(node, orthanc, sent);
      expect(found).toEqual(expected);
      const owed = await node.context.db.selectFrom('outbox').select('state').execute();
      expect(owed.every(({ state }) => state === 'acknowledged')).toBe(true);
      expect(connections).toBeGreaterThan(0);
    } finally {
      await node.close();
      between.close();
      await orthanc.remove();
      await folder.remove();
    }
  });
});
