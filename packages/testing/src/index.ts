export { createAuthority, type TestAuthority, type TestCertificate } from './certificates.ts';
export { dataFile, describeWithData } from './data.ts';
export { madeOnce } from './made-once.ts';
export { nextMessage } from './next-message.ts';
export { describeWithPeers, peerCommand, runPeer } from './peers.ts';
export {
  freePort,
  type Orthanc,
  type RunningPeer,
  spawnPeer,
  startOrthanc,
  startPeer,
} from './running-peers.ts';
