export { dataFile, describeWithData } from './data.ts';
export { describeWithPeers, runPeer } from './peers.ts';
