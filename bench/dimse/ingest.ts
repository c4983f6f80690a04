// Receiving 600 CT instances of 530 KB from storescu, one association and four, beside storescp and Orthanc.
// Ours syncs every instance (and, as `node`, indexes it) before it answers; storescp syncs nothing, Orthanc indexes.
//   node bench/dimse/ingest.ts
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import {
  compare,
  deal,
  orthanc,
  orthancDefault,
  ourReceiver,
  type Receiver,
  report,
  storescp,
  storescu,
  timed,
  workplace,
} from './support.ts';

const place = await workplace();
const alone = ourReceiver('receiver', new URL('./receiver.ts', import.meta.url));
const node = ourReceiver('node', new URL('./node-receiver.ts', import.meta.url));
const receivers = [alone, node, storescp, orthanc, orthancDefault];

const peaks = new Map<Receiver, number>();

async function ingest(receiver: Receiver, senders: number): Promise<number> {
  const running = await receiver.start(await mkdtemp(path.join(place.root, 'target-')));
  const send = (files: readonly string[]) =>
    Promise.all(deal(files, senders).map((part) => storescu(running.port, receiver.aeTitle, part)));
  await send(place.warmUp);
  const seconds = await timed(() => send(place.files));
  const peak = await running.peakMegabytes?.();
  if (peak !== undefined) peaks.set(receiver, Math.max(peak, peaks.get(receiver) ?? 0));
  await running.stop();
  return seconds;
}

for (const senders of [4, 1]) {
  const rates = await compare(
    receivers.map((receiver) => ({ name: receiver.name, run: () => ingest(receiver, senders) })),
  );
  const how = `(${senders} association${senders === 1 ? '' : 's'})`;
  for (const ours of [alone, node]) {
    for (const peer of [storescp, orthanc, orthancDefault]) {
      const name = `ingest ${ours === node ? 'durable and indexed' : 'durable'} ${how}`;
      report(name, rates.get(ours.name)!, peer.name, rates.get(peer.name)!);
    }
  }
}
for (const [receiver, peak] of peaks) console.log(`memory of the ${receiver.name}: ${peak} MB at most`);
await place.close();
