import { PhotopeakError } from '@photopeak/imaging';

/** No room on the disk, or none left of what a user may have. */
const NO_ROOM = ['ENOSPC', 'EDQUOT'];

/** Why results cannot be written below a folder: `OUTPUT_NOT_WRITABLE`, with what the file system said. */
export function outputError(error: unknown, folder: string): PhotopeakError {
  const found = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const isFull = NO_ROOM.includes(found);
  return new PhotopeakError('the results cannot be written', {
    code: 'OUTPUT_NOT_WRITABLE',
    expected: isFull ? 'room for the results' : 'a folder that may be written to',
    found,
    where: folder,
    remedy: isFull
      ? 'make room, or give another folder with --out; what was written so far is not complete'
      : 'give another folder with --out',
  });
}
