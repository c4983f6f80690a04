import { Readable } from 'node:stream';
import { type DicomJson, jsonTag, Tag } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { ImageArchive } from '../../config/index.ts';
import { multipartType, storeParts } from '../../intake/dicomweb/index.ts';
import type { IntakeSink } from '../../intake/sink.ts';
import type { FoundStudy } from '../relevance.ts';
import { MOST_MATCHES, type PriorArchive } from './archive.ts';

const LARGEST_ANSWER = 16 * 1024 * 1024;
const QUERY_MS = 60_000;
/** As it is stored: nothing is transcoded on the way (PS3.18 §8.7.3.5.2). */
const ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*';

/** QIDO-RS and WADO-RS (PS3.18 §10.6 and §10.4). */
export function dicomwebArchive(
  settings: Extract<ImageArchive, { kind: 'dicomweb' }>,
  { sink }: { readonly sink: IntakeSink },
): PriorArchive {
  const root = settings.url.replace(/\/$/, '');

  async function ask(path: string, accept: string, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`${root}${path}`, {
      headers: { Accept: accept, ...authorization(settings) },
      signal,
      redirect: 'error',
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new PhotopeakError('the archive refused a request', {
      code: 'PRIOR_REFUSED',
      where: settings.name,
      found: `status ${response.status}`,
      remedy: 'check address and credentials of the archive in photopeak.yaml',
    });
  }

  return {
    async find(patientId, signal) {
      const query = new URLSearchParams({ PatientID: patientId, limit: String(MOST_MATCHES) });
      const fields = ['IssuerOfPatientID', 'StudyDescription', 'NumberOfStudyRelatedInstances'];
      for (const field of fields) query.append('includefield', jsonTag(Tag[field as keyof typeof Tag]));
      const limited = AbortSignal.any([signal, AbortSignal.timeout(QUERY_MS)]);
      const response = await ask(`/studies?${query}`, 'application/dicom+json', limited);
      if (response.status === 204) return [];
      const text = await bounded(response);
      return (JSON.parse(text) as DicomJson[]).slice(0, MOST_MATCHES).map(toStudy);
    },

    fetch: ({ studyInstanceUid }, signal) =>
      retrieve(`/studies/${studyInstanceUid}`, studyInstanceUid, signal),
    fetchInstance: ({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }, signal) =>
      retrieve(
        `/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`,
        studyInstanceUid,
        signal,
      ),
  };

  async function retrieve(path: string, studyInstanceUid: string, signal: AbortSignal): Promise<void> {
    const response = await ask(path, ACCEPT, signal);
    const type = multipartType(response.headers.get('content-type') ?? '');
    if (type === undefined || response.body === null) {
      throw new PhotopeakError('the archive answered with something else than instances', {
        code: 'PRIOR_REFUSED',
        where: settings.name,
        expected: 'multipart/related',
        found: response.headers.get('content-type') ?? 'no content type',
      });
    }
    const session = sink.open({ kind: 'dicomweb', address: new URL(root).host });
    try {
      const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
      const results = await storeParts(session, body, type.boundary, studyInstanceUid);
      const refused = results.filter((result) => 'refusal' in result).length;
      if (refused > 0 || results.length === 0) {
        throw new PhotopeakError('the archive did not give all that it was asked for', {
          code: 'PRIOR_INCOMPLETE',
          where: settings.name,
          found: `${results.length - refused} instances stored, ${refused} refused`,
          remedy: 'it is tried again; look at the log of the node',
        });
      }
    } finally {
      await session.close('complete');
    }
  }
}

function authorization({
  username,
  password,
  token,
}: Extract<ImageArchive, { kind: 'dicomweb' }>): Record<string, string> {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  if (username === undefined) return {};
  const secret = Buffer.from(`${username}:${password ?? ''}`, 'utf8').toString('base64');
  return { Authorization: `Basic ${secret}` };
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > LARGEST_ANSWER) throw new Error(`an answer of more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toStudy(json: DicomJson): FoundStudy {
  const values = (keyword: keyof typeof Tag) => json[jsonTag(Tag[keyword])]?.Value ?? [];
  const text = (keyword: keyof typeof Tag) => String(values(keyword)[0] ?? '');
  const count = Number(values('NumberOfStudyRelatedInstances')[0] ?? Number.NaN);
  return {
    studyInstanceUid: text('StudyInstanceUID'),
    patientId: text('PatientID'),
    patientIssuer: text('IssuerOfPatientID'),
    birthDate: text('PatientBirthDate'),
    date: text('StudyDate'),
    description: text('StudyDescription'),
    modalities: values('ModalitiesInStudy').map(String),
    instanceCount: Number.isFinite(count) ? count : null,
  };
}
