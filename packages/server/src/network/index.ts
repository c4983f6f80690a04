export { type CalledPeer, calledPeer } from './called-peer.ts';
export { limitPerAddress, plainAddress } from './limit-per-address.ts';
export { clientTls, serverTls } from './tls-options.ts';
