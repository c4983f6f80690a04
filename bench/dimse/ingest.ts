// Receiving 600 CT instances of 530 KB from storescu, one association and four, beside storescp and Orthanc.
// Ours syncs every instance (and, as `node`, indexes it) before it answers; storescp syncs nothing, Orthanc indexes.
//   node bench/dimse/ingest.ts
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import {
  compare,
  deal,
  orthanc,
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
const receivers = [alone, node, storescp, orthanc];

async function ingest(receiver: Receiver, senders: number): Promise<number> {
  const running = await receiver.start(await mkdtemp(path.join(place.root, 'target-')));
  const seconds = await timed(() =>
    Promise.all(deal(place.files, senders).map((files) => storescu(running.port, receiver.aeTitle, files))),
  );
  await running.stop();
  return seconds;
}

for (const senders of [4, 1]) {
  const rates = await compare(
    receivers.map((receiver) => ({ name: receiver.name, run: () => ingest(receiver, senders) })),
  );
  const how = `(${senders} association${senders === 1 ? '' : 's'})`;
  for (const ours of [alone, node]) {
    for (const peer of [storescp, orthanc]) {
      const name = `ingest ${ours === node ? 'durable and indexed' : 'durable'} ${how}`;
      report(name, rates.get(ours.name)!, peer.name, rates.get(peer.name)!);
    }
  }
}
await place.close();
