import { createHash } from 'node:crypto';
import type { ResultObject } from '../pipeline.ts';

/** A result that is text. */
export const textResult = (
  output: string,
  fileName: string,
  kind: 'json' | 'html' | 'csv',
  content: string,
): ResultObject => ({ output, fileName, kind, bytes: new TextEncoder().encode(content) });

/** A result as a summary lists it. */
export const listedResult = (object: ResultObject) => ({
  output: object.output,
  fileName: object.fileName,
  sha256: createHash('sha256').update(object.bytes).digest('hex'),
  sopClassUid: object.sopClassUid ?? null,
  sopInstanceUid: object.sopInstanceUid ?? null,
});
