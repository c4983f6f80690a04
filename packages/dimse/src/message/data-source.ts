/** Where the bytes of an outgoing data set come from. */
export interface DataSource {
  /** How many bytes `read` will give altogether. */
  readonly size: number;
  /**
   * Fills the targets in their order, all of them unless the data set ends. `isLast` says that nothing comes after
   * the bytes read now.
   */
  read(targets: readonly Uint8Array[]): Promise<{ readonly bytes: number; readonly isLast: boolean }>;
}

/** A data set that is in memory, such as the identifier of a query. */
export function fromBytes(bytes: Uint8Array): DataSource {
  let at = 0;
  return {
    size: bytes.length,
    async read(targets) {
      const start = at;
      for (const target of targets) {
        const piece = bytes.subarray(at, at + target.length);
        target.set(piece);
        at += piece.length;
      }
      return { bytes: at - start, isLast: at === bytes.length };
    },
  };
}
