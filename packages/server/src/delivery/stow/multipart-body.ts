import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** The body of a STOW-RS request (PS3.18 10.5.1), read from disk while it is sent. */
export interface MultipartBody {
  readonly contentType: string;
  /** Known beforehand: some servers take no chunked request. */
  readonly byteLength: number;
  stream(): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Wraps Part 10 files as `multipart/related; type="application/dicom"`. Rejects where a file cannot be found. */
export async function multipartBody(files: readonly string[], boundary: string): Promise<MultipartBody> {
  const head = Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let byteLength = tail.length;
  for (const file of files) byteLength += head.length + (await stat(file)).size;
  return {
    contentType: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    byteLength,
    async *stream() {
      for (const file of files) {
        yield head;
        for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }))
          yield chunk as Buffer;
      }
      yield tail;
    },
  };
}
