import { open, readFile } from 'node:fs/promises';
import { canTranscode, parsePart10, transcodePart10, UID } from '@photopeak/dicom';
import { fromBytes, fromFile, readFileHead, type StoredInstance } from '@photopeak/dimse';
import type { Archive } from '../../archive/index.ts';
import { memoryBudget } from './memory-budget.ts';

/** What a peer takes that takes nothing else, best first (PS3.5 10.1: everybody takes the second). */
const UNCOMPRESSED: readonly string[] = [UID.ExplicitVRLittleEndian, UID.ImplicitVRLittleEndian];
/** A converted instance lies in memory while it is sent; larger ones go as they are or not at all. */
const MOST_CONVERTED_BYTES = 256 * 1024 * 1024;
/** Read bytes and decoded pixels together, at the compression that medical images reach. */
const MEMORY_FACTOR = 4;
/** All retrievals of the node together. */
const conversions = memoryBudget(1024 * 1024 * 1024);

/** An instance of the archive: byte for byte, or, for a peer that does not take its syntax, with the same values. */
export function archivedInstance(
  archive: Archive,
  row: {
    readonly sop_instance_uid: string;
    readonly sop_class_uid: string;
    readonly transfer_syntax_uid: string;
    readonly sha256: string;
    readonly byte_length: number;
  },
): StoredInstance {
  const own = row.transfer_syntax_uid;
  const file = () => archive.instances.pathOf(row.sha256);
  return {
    sopInstanceUid: row.sop_instance_uid,
    sopClassUid: row.sop_class_uid,
    transferSyntaxUid: own,
    alternatives:
      Number(row.byte_length) > MOST_CONVERTED_BYTES
        ? []
        : UNCOMPRESSED.filter((syntax) => syntax !== own && canTranscode(own, syntax)),
    async open(transferSyntaxUid) {
      const path = file();
      if (transferSyntaxUid !== own) {
        const giveBack = await conversions.take(MEMORY_FACTOR * Number(row.byte_length));
        try {
          const bytes = await transcodePart10(parsePart10(await readFile(path)), transferSyntaxUid);
          return { source: dataSetOf(bytes), close: async () => giveBack() };
        } catch (error) {
          giveBack();
          throw error;
        }
      }
      const handle = await open(path, 'r');
      try {
        const [{ dataSetOffset }, { size }] = [await readFileHead(handle, path), await handle.stat()];
        return { source: fromFile(handle, dataSetOffset, size, path), close: () => handle.close() };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
  };
}

/** Without preamble and file meta information, whose group length we have just written (PS3.10 7.1). */
function dataSetOf(file: Uint8Array): ReturnType<typeof fromBytes> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 128 + 4 + 12;
  return fromBytes(file.subarray(start + view.getUint32(start - 4, true)));
}
