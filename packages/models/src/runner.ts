import type { Tensor } from './onnx/protocol.ts';

/** Whatever runs a network: a process of ours, or a server. */
export interface Runner {
  /** What computes: `cpu`, `cuda`, … or the server. */
  readonly provider: string;
  /** Why others were not used. */
  readonly passedOver: readonly string[];
  readonly runtimeVersion: string;
  /** Highest resident memory that was seen, MB; null where it is not ours to see. */
  readonly peakMemoryMb: number | null;
  run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
