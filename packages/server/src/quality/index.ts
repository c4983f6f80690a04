export { decideHeld, scoreQuality } from './decide.ts';
export { listQuality } from './list.ts';
