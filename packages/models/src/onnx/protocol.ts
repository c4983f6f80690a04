/** What the process that holds a network and the one that uses it say to each other. */

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface LoadRequest {
  readonly kind: 'load';
  readonly file: string;
  readonly providers: readonly Provider[];
  readonly optimisation: 'all' | 'extended' | 'basic' | 'disabled';
  readonly threads: number;
}

export interface RunRequest {
  readonly kind: 'run';
  readonly id: number;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly string[];
}

export type Request = LoadRequest | RunRequest;

/** In the order in which they are tried; `cpu` always works. */
export const PROVIDERS = ['cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface Loaded {
  readonly kind: 'loaded';
  readonly provider: Provider;
  /** Why those before it were not used. */
  readonly passedOver: readonly string[];
  readonly runtimeVersion: string;
}

export type Reply =
  | Loaded
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'result'; readonly id: number; readonly outputs: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
