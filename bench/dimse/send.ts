// Sending 600 CT instances of 530 KB to storescp and to Orthanc, beside storescu with one association (all it can).
//   node bench/dimse/send.ts
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { sendFiles } from '@photopeak/dimse';
import { compare, orthanc, type Receiver, report, storescp, storescu, timed, workplace } from './support.ts';

const place = await workplace();

async function send(receiver: Receiver, work: (port: number) => Promise<void>): Promise<number> {
  const running = await receiver.start(await mkdtemp(path.join(place.root, 'target-')));
  const seconds = await timed(() => work(running.port));
  await running.stop();
  return seconds;
}

async function ourSend(receiver: Receiver, port: number, maxAssociations: number): Promise<void> {
  const peer = { host: '127.0.0.1', port, calledAeTitle: receiver.aeTitle, callingAeTitle: 'PHOTOPEAK' };
  for await (const outcome of sendFiles(peer, place.files, { maxAssociations })) {
    if (outcome.result !== 'success') throw new Error(`${outcome.file}: ${JSON.stringify(outcome)}`);
  }
}

for (const receiver of [orthanc, storescp]) {
  const rates = await compare([
    { name: 'storescu', run: () => send(receiver, (port) => storescu(port, receiver.aeTitle, place.files)) },
    { name: 'one', run: () => send(receiver, (port) => ourSend(receiver, port, 1)) },
    { name: 'four', run: () => send(receiver, (port) => ourSend(receiver, port, 4)) },
  ]);
  const peer = rates.get('storescu')!;
  report(`send to ${receiver.name} (1 association)`, rates.get('one')!, 'storescu', peer);
  report(`send to ${receiver.name} (4 associations)`, rates.get('four')!, 'storescu', peer);
}
await place.close();
