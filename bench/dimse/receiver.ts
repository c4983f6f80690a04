// Our C-STORE receiver alone: every instance synced, renamed, the folder synced, then answered.
//   node bench/dimse/receiver.ts FOLDER PORT
import { listen, receiveToFolder, storage, verification } from '@photopeak/dimse';

const [folder, port] = process.argv.slice(2);
const receiver = await receiveToFolder(folder!);
const server = await listen({
  aeTitles: ['PHOTOPEAK'],
  peers: 'any',
  port: Number(port),
  services: [verification(), storage({ open: () => receiver })],
});
process.once('SIGTERM', () => void server.close());
console.log(`listening on ${server.port}`);
