/** What goes between a blob store and the threads that write for it. */

/**
 * Memory that both sides see: what arrives is copied in once and read by the thread. A thread is told of it once,
 * for memory that crosses over in every message keeps the collectors of both sides busy.
 */
export interface Slab {
  readonly id: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/**
 * Holds a slice of most CTs, MRs and PETs whole (512 × 512 of 16 bit, and its header), so that such an instance is
 * one message to the thread that writes it.
 */
export const SLAB_BYTES = 1024 * 1024;

export type WriterMessage =
  | { readonly kind: 'slab'; readonly slab: Slab }
  | { readonly kind: 'forget'; readonly slab: number }
  | { readonly kind: 'step'; readonly id: number; readonly step: WriterStep };

/** One step of one file. Steps of a file are done in their order, by one thread. */
export type WriterStep =
  | {
      readonly kind: 'write';
      readonly file: string;
      /** The first step makes the file; a later one whose file is gone (an earlier step failed) fails too. */
      readonly isFirst: boolean;
      /** The first bytes of this slab, which stays as it is until the answer. */
      readonly slab: number;
      readonly byteLength: number;
      /** Where free space is looked at before; absent where it was looked at a moment ago. */
      readonly space?: { readonly folder: string; readonly reserveBytes: number };
      /** The last step: the store in which the file gets its name. */
      readonly keepIn?: string;
    }
  | { readonly kind: 'discard'; readonly file: string };

/** A failure in a form that crosses threads; the step that failed has removed its file. */
export interface WriterFailure {
  readonly message: string;
  /** As the file system says it (`ENOSPC`). */
  readonly code?: string | undefined;
  /** The reserve would be touched; this much is free. */
  readonly freeBytes?: number;
}

/**
 * A file that is kept is answered twice: `named` when it has its name and everybody can read it, and at the end when it
 * survives a power cut.
 */
export type WriterAnswer =
  | { readonly id: number; readonly named: string }
  | { readonly id: number; readonly ok: true }
  | { readonly id: number; readonly ok: false; readonly failure: WriterFailure };

/** Where a hash has its file: 256 folders, which a store makes when it is opened. */
export function blobPath(folder: string, sha256: string): string {
  return `${folder}/${sha256.slice(0, 2)}/${sha256}`;
}
