import type { OperationName } from './operations/index.ts';

export interface WorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
}

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly task: unknown;
  readonly base: number;
  readonly bytes: number;
}

/** In place of work: what is not used any more is to be let go. */
export const COLLECT = 'collect';

export type Response =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };
