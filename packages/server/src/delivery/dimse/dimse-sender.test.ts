import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Dataset, parseDataset, parsePart10, toDicomJson } from '@photopeak/dicom';
import { listen, type StoreAnswer, storage, verification } from '@photopeak/dimse';
import { describeWithPeers, freePort, startPeer } from '@photopeak/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testStudy } from '../../testing/instances.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';
import { createDimseSender } from './index.ts';

let folder: string;
let items: DeliveryItem[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'delivery-'));
  items = await Promise.all(
    testStudy('delivery', 3).map(async ({ study, sop, bytes }, index) => {
      const file = path.join(folder, `${sop}.dcm`);
      await writeFile(file, bytes);
      return {
        file,
        sopClassUid: `1.2.840.10008.5.1.4.1.1.${index < 3 ? '2' : '128'}`,
        sopInstanceUid: sop,
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        studyInstanceUid: study,
      };
    }),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const to = (port: number, calledAeTitle = 'PACS') =>
  createDimseSender({
    host: '127.0.0.1',
    port,
    calledAeTitle,
    callingAeTitle: 'PHOTOPEAK',
    maxAssociations: 2,
  });

async function outcomesOf(sender: Sender): Promise<Map<string, DeliveryOutcome>> {
  const all = new Map<string, DeliveryOutcome>();
  for await (const outcome of sender.send(items)) all.set(outcome.item.sopInstanceUid, outcome);
  expect(all.size).toBe(items.length);
  return all;
}

describe('delivery by C-STORE', () => {
  it('tells refusals that pass from those that stay', async () => {
    const answers: StoreAnswer[] = [
      { status: 0x0000 },
      { status: 0xb007, comment: 'odd' },
      { status: 0xa701, comment: 'disk full' },
      { status: 0x0110 },
      { status: 0xc123 },
      { status: 0x0124 },
    ];
    const server = await listen({
      aeTitles: ['PACS'],
      peers: [{ aeTitle: 'PHOTOPEAK' }],
      port: 0,
      services: [
        verification(),
        storage({
          open: () => ({
            store: async ({ sopInstanceUid }) =>
              answers[items.findIndex((item) => item.sopInstanceUid === sopInstanceUid)]!,
          }),
        }),
      ],
    });
    const outcomes = await outcomesOf(to(server.port));
    expect(items.map(({ sopInstanceUid }) => outcomes.get(sopInstanceUid))).toMatchObject([
      { result: 'accepted', warning: false, status: '0000' },
      { result: 'accepted', warning: true, status: 'B007', text: expect.stringMatching(/odd/) },
      { result: 'refused', status: 'A701', isTransient: true },
      { result: 'refused', status: '0110', isTransient: true },
      { result: 'refused', status: 'C123', isTransient: false },
      { result: 'refused', status: '0124', isTransient: false },
    ]);
    await to(server.port).check();
    await expect(to(server.port, 'OTHER').check()).rejects.toMatchObject({ code: 'DIMSE_REJECTED' });
    await server.close();
  });

  it('does not know what became of instances when nobody answers', async () => {
    const port = await freePort();
    const outcomes = await outcomesOf(to(port));
    for (const outcome of outcomes.values()) {
      expect(outcome).toMatchObject({ result: 'unknown', code: 'DIMSE_CONNECT_FAILED' });
    }
    await expect(to(port).check()).rejects.toMatchObject({ code: 'DIMSE_CONNECT_FAILED' });
  });

  it('gives up on what the destination can never take', async () => {
    const server = await listen({
      aeTitles: ['PACS'],
      peers: 'any',
      port: 0,
      services: [
        storage({
          acceptSopClass: (uid) => uid === '1.2.840.10008.5.1.4.1.1.2',
          open: () => ({ store: async () => ({ status: 0 }) }),
        }),
      ],
    });
    const outcomes = [...(await outcomesOf(to(server.port))).values()];
    const refused = outcomes.filter(({ result }) => result === 'refused');
    expect(refused).toHaveLength(3);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ status: 'DIMSE_CONTEXT_NOT_ACCEPTED', isTransient: false });
    }
    await server.close();
  });
});

describe('delivery to a destination that takes implicit VR only', () => {
  it('changes the encoding and no value', async () => {
    const received = new Map<string, Dataset>();
    const implicit = '1.2.840.10008.1.2';
    const server = await listen({
      aeTitles: ['PACS'],
      peers: 'any',
      port: 0,
      services: [
        storage({
          acceptTransferSyntax: (uid) => uid === implicit,
          open: () => ({
            async store({ sopInstanceUid, dataSet }) {
              const pieces: Uint8Array[] = [];
              for await (const some of dataSet) pieces.push(...some);
              const bytes = Buffer.concat(pieces);
              received.set(sopInstanceUid, parseDataset(bytes, { transferSyntaxUid: implicit }).dataset);
              return { status: 0 };
            },
          }),
        }),
      ],
    });
    for (const outcome of (await outcomesOf(to(server.port))).values())
      expect(outcome.result).toBe('accepted');
    for (const { file, sopInstanceUid } of items) {
      const original = parsePart10(await readFile(file)).dataset;
      expect(toDicomJson(received.get(sopInstanceUid)!)).toEqual(toDicomJson(original));
      expect(received.get(sopInstanceUid)!.bytes('PixelData')).toEqual(original.bytes('PixelData'));
    }
    await server.close();
  });
});

describeWithPeers('delivery by C-STORE to storescp', ['storescp'], () => {
  it('arrives byte for byte, once each, however often it is sent', async () => {
    const port = await freePort();
    const target = await mkdtemp(path.join(folder, 'target-'));
    const storescp = await startPeer('storescp', ['+B', '-od', target, String(port)], port);
    for (let time = 0; time < 2; time += 1) {
      for (const outcome of (await outcomesOf(to(port))).values()) expect(outcome.result).toBe('accepted');
    }
    await storescp.stop('SIGKILL');
    const received = await Promise.all(
      (await readdir(target)).map((name) => readFile(path.join(target, name))),
    );
    expect(received).toHaveLength(items.length);
    for (const { file } of items) {
      // Behind 132 bytes and the meta information, which every node writes anew.
      const sent = await readFile(file);
      const dataSet = sent.subarray(144 + sent.readUInt32LE(140));
      expect(received.some((bytes) => bytes.subarray(144 + bytes.readUInt32LE(140)).equals(dataSet))).toBe(
        true,
      );
    }
  });
});
