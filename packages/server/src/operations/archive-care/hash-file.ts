import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const CHUNK = 1024 * 1024;

/** SHA-256 and length of a file, read once from end to end. */
export async function hashFile(
  file: string,
  /** After each piece: waits where reading is to be slow. */
  pace?: (bytes: number) => Promise<void>,
): Promise<{ readonly sha256: string; readonly byteLength: number }> {
  const digest = createHash('sha256');
  let byteLength = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    digest.update(chunk as Buffer);
    byteLength += (chunk as Buffer).length;
    await pace?.((chunk as Buffer).length);
  }
  return { sha256: digest.digest('hex'), byteLength };
}
