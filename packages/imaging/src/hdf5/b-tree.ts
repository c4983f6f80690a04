import { malformed, Reader } from './reader.ts';

/** What the leaves of a tree point to (HDF5 File Format Specification III.A.1). */
export const TREE_OF = { group: 0, chunks: 1 } as const;

/** Goes through the leaves of a version 1 B-tree; `readKey` reads the key that stands before each child. */
export function eachLeaf<K>(
  bytes: Uint8Array,
  root: number,
  type: (typeof TREE_OF)[keyof typeof TREE_OF],
  readKey: (reader: Reader) => K,
  use: (child: number, key: K) => void,
): void {
  const seen = new Set<number>();
  const visit = (address: number) => {
    // A node that is reached twice is no tree, and going round in it would not end.
    if (seen.has(address)) throw malformed('a tree', 'a node in two places of it');
    seen.add(address);
    const reader = new Reader(bytes, address);
    reader.signature('TREE');
    const found = reader.u8();
    if (found !== type) throw malformed(`a tree of type ${type}`, `one of type ${found}`);
    const level = reader.u8();
    const entries = reader.u16();
    reader.skip(16);
    for (let entry = 0; entry < entries; entry++) {
      const key = readKey(reader);
      const child = reader.address();
      if (child === undefined) continue;
      if (level > 0) visit(child);
      else use(child, key);
    }
  };
  visit(root);
}
