import type { FileHandle } from 'node:fs/promises';
import { DimseError } from '../errors.ts';
import type { DataSource } from '../message/data-source.ts';
import { skipBytes } from './skip-bytes.ts';

/** The bytes of a file from an offset to its end, read straight into the PDUs. */
export function fromFile(file: FileHandle, offset: number, size: number, where: string): DataSource {
  let position = offset;
  return {
    size: size - offset,
    async read(targets) {
      const wanted = Math.min(
        targets.reduce((sum, target) => sum + target.length, 0),
        size - position,
      );
      let bytes = 0;
      let rest = targets;
      while (bytes < wanted) {
        const { bytesRead } = await file.readv(rest, position);
        if (bytesRead === 0) {
          throw new DimseError('DIMSE_FILE_UNREADABLE', 'The file became shorter while it was sent.', {
            where,
            expected: `${size} bytes`,
            found: `${position} bytes`,
          });
        }
        bytes += bytesRead;
        position += bytesRead;
        rest = skipBytes(rest, bytesRead);
      }
      return { bytes: wanted, isLast: position >= size };
    },
  };
}
