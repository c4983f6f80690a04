import { Readable } from 'node:stream';
import { Dataset, type DatasetValues, UID, writePart10 } from '@photopeak/dicom';
import { multipartType, readParts } from '../../intake/dicomweb/multipart.ts';

export const TOKEN = 'a-long-token-for-the-tests';
export const authorization = { Authorization: `Bearer ${TOKEN}` };
export const TOKENS = `security: { tokens: [{ name: pacs, token: ${TOKEN}, roles: [technologist] }] }`;

export function multipart(
  parts: readonly Uint8Array[],
  contentType = 'application/dicom',
): { body: Uint8Array<ArrayBuffer>; type: string } {
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--b42\r\nContent-Type: ${contentType}\r\n\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...pieces, Buffer.from('--b42--\r\n')]);
  return { body, type: `multipart/related; type="${contentType}"; boundary=b42` };
}

/** The DICOMweb root of a node, as a client with a token uses it. */
export function client(root: () => string) {
  return {
    get: (path: string, headers: Record<string, string> = {}) =>
      fetch(`${root()}/dicom-web${path}`, { headers: { ...authorization, ...headers } }),
    stow: (
      parts: readonly Uint8Array[],
      path = '/studies',
      headers: Record<string, string> = authorization,
    ) => {
      const { body, type } = multipart(parts);
      return fetch(`${root()}/dicom-web${path}`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': type },
        body,
      });
    },
  };
}

export const jsonOf = async (response: Response) => JSON.parse(await response.text());
export const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

export async function partsOf(response: Response): Promise<{ type: string; bytes: Uint8Array }[]> {
  const { boundary } = multipartType(response.headers.get('content-type')!)!;
  const parts: { type: string; bytes: Uint8Array }[] = [];
  await readParts(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    boundary,
    async (part) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of part.body) chunks.push(chunk);
      parts.push({ type: part.headers['content-type']!, bytes: Buffer.concat(chunks) });
    },
  );
  return parts;
}

/** An image with the attributes that are given. */
export function imageFile(
  uids: { study: string; series: string; sop: string },
  values: DatasetValues,
): Uint8Array {
  return writePart10({
    dataset: Dataset.of({
      SOPClassUID: UID.SecondaryCaptureImageStorage,
      SOPInstanceUID: uids.sop,
      StudyInstanceUID: uids.study,
      SeriesInstanceUID: uids.series,
      Modality: 'OT',
      PatientID: 'P-1',
      InstanceNumber: 1,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      ...values,
    }),
  });
}
