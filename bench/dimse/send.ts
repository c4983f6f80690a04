// Sending 600 CT instances of 530 KB to storescp and to Orthanc, beside storescu with one association (all it can).
// Prints rates, and the processor time that an instance costs the sender.
//   node bench/dimse/send.ts
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { sendFiles } from '@photopeak/dimse';
import { processTree } from '../processes.ts';
import {
  COUNT,
  compare,
  orthanc,
  type Receiver,
  report,
  storescp,
  storescu,
  timed,
  workplace,
} from './support.ts';

const place = await workplace();

const costs = new Map<string, number[]>();

/** Of this process and its children that have ended, in seconds. */
const spent = async () => (await processTree(process.pid))[0]!.cpuSeconds;

async function send(
  name: string,
  receiver: Receiver,
  work: (port: number) => Promise<void>,
): Promise<number> {
  const running = await receiver.start(await mkdtemp(path.join(place.root, 'target-')));
  const before = await spent();
  const seconds = await timed(() => work(running.port));
  const key = `${name} to ${receiver.name}`;
  costs.set(key, [...(costs.get(key) ?? []), ((await spent()) - before) / COUNT]);
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
    {
      name: 'storescu',
      run: () => send('storescu', receiver, (port) => storescu(port, receiver.aeTitle, place.files)),
    },
    { name: 'one', run: () => send('1 of ours', receiver, (port) => ourSend(receiver, port, 1)) },
    { name: 'four', run: () => send('4 of ours', receiver, (port) => ourSend(receiver, port, 4)) },
  ]);
  const peer = rates.get('storescu')!;
  report(`send to ${receiver.name} (1 association)`, rates.get('one')!, 'storescu', peer);
  report(`send to ${receiver.name} (4 associations)`, rates.get('four')!, 'storescu', peer);
}
for (const [name, values] of costs) {
  const median = values.sort((a, b) => a - b)[values.length >> 1]!;
  console.log(`processor time an instance, ${name}: ${(median * 1000).toFixed(2)} ms`);
}
await place.close();
