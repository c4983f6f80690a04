export { buildHangingProtocol, type HangingProtocolInput } from './build.ts';
