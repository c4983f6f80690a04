import { Readable } from 'node:stream';
import { parsePart10 } from '@photopeak/dicom';
import { type IntakeOutcome, IntakeRefusal, type IntakeRefusalReason, type IntakeSession } from '../sink.ts';
import { composeInstances } from './metadata-parts.ts';
import { readParts } from './multipart.ts';

/** One part of a STOW-RS request and what became of it. */
export type StoreResult =
  | { readonly outcome: IntakeOutcome }
  | { readonly refusal: IntakeRefusal; readonly sopClassUid?: string; readonly sopInstanceUid?: string };

/**
 * Takes every part of a STOW-RS body (PS3.18 §10.5) into the archive. One bad part does not refuse the others.
 * @param studyInstanceUid the study of the URL; instances of another one are refused
 */
export async function storeParts(
  session: IntakeSession,
  body: Readable,
  boundary: string,
  studyInstanceUid: string | undefined,
): Promise<StoreResult[]> {
  const results: Promise<StoreResult>[] = [];
  try {
    await readParts(body, boundary, async (part) => {
      const { result } = await storeBytes(session, part.body, studyInstanceUid);
      results.push(result);
      await results.at(-1 - MOST_BEING_KEPT);
    });
  } finally {
    // Also where the body broke off: what has come whole is kept.
    await Promise.all(results);
  }
  return Promise.all(results);
}

/** Instances that wait for disk and index while the next ones come in; each holds its file and a little memory. */
const MOST_BEING_KEPT = 4;

/** A request whose body is one instance. */
export async function storeSingle(
  session: IntakeSession,
  body: AsyncIterable<Uint8Array>,
  studyInstanceUid: string | undefined,
): Promise<StoreResult[]> {
  const { result } = await storeBytes(session, body, studyInstanceUid);
  return [await result];
}

/** A request of metadata and bulk data (PS3.18 §10.5.1.2). */
export async function storeComposed(
  session: IntakeSession,
  body: Readable,
  boundary: string,
  studyInstanceUid: string | undefined,
): Promise<StoreResult[]> {
  const results: StoreResult[] = [];
  for (const instance of await composeInstances(body, boundary)) {
    if ('bytes' in instance) {
      const { result } = await storeBytes(session, Readable.from([instance.bytes]), studyInstanceUid);
      results.push(await result);
    } else {
      const { error, ...identity } = instance;
      const message = 'the instance cannot be put together from its metadata';
      results.push({ refusal: new IntakeRefusal('unreadable', message, { cause: error }), ...identity });
    }
  }
  return results;
}

/** UIDs are in the first bytes of a data set; the answer names the instance that was refused. */
const BEGINNING = 64 * 1024;

/** Resolves when the body has been read; `result`, which never rejects, when the instance is safe or refused. */
async function storeBytes(
  session: IntakeSession,
  body: AsyncIterable<Uint8Array>,
  studyInstanceUid: string | undefined,
): Promise<{ readonly result: Promise<StoreResult> }> {
  let refusal: IntakeRefusal | undefined;
  const beginning: Uint8Array[] = [];
  let begun = 0;
  const file = await session.begin().catch((error: unknown) => {
    refusal = asRefusal(error);
    return undefined;
  });
  for await (const chunk of body) {
    if (begun < BEGINNING) {
      // A copy: the memory of a chunk is used again.
      beginning.push(Uint8Array.from(chunk.subarray(0, BEGINNING - begun)));
      begun += chunk.length;
    }
    // After a refusal the rest of the part is read and thrown away, so that the next one can be taken.
    if (file === undefined || refusal !== undefined) continue;
    await file.write([chunk]).catch((error: unknown) => {
      refusal = asRefusal(error);
    });
  }
  const refused = (reason: IntakeRefusal): StoreResult => ({ refusal: reason, ...identityOf(beginning) });
  if (file === undefined || refusal !== undefined) return { result: Promise.resolve(refused(refusal!)) };
  const committed = file.commit(studyInstanceUid === undefined ? {} : { studyInstanceUid });
  return {
    result: committed.then(
      (outcome) => ({ outcome }),
      (error: unknown) => refused(asRefusal(error)),
    ),
  };
}

function identityOf(beginning: readonly Uint8Array[]): { sopClassUid?: string; sopInstanceUid?: string } {
  try {
    const { dataset, meta } = parsePart10(Buffer.concat(beginning), { stopBeforePixelData: true });
    const sopClassUid = dataset.text('SOPClassUID') ?? meta.text('MediaStorageSOPClassUID');
    const sopInstanceUid = dataset.text('SOPInstanceUID') ?? meta.text('MediaStorageSOPInstanceUID');
    return {
      ...(sopClassUid === undefined || sopClassUid.length > 64 ? {} : { sopClassUid }),
      ...(sopInstanceUid === undefined || sopInstanceUid.length > 64 ? {} : { sopInstanceUid }),
    };
  } catch {
    // Not DICOM, or cut within its first elements: nothing can be named.
    return {};
  }
}

function asRefusal(error: unknown): IntakeRefusal {
  return error instanceof IntakeRefusal
    ? error
    : new IntakeRefusal('failed', 'the instance could not be stored', { cause: error });
}

/** Failure Reason (0008,1197), PS3.18 Table I.2-2. */
const FAILURE_REASONS: Record<IntakeRefusalReason, number> = {
  'no-space': 0xa700,
  unreadable: 0xc000,
  mismatch: 0xa900,
  'not-accepted': 0x0122,
  failed: 0x0110,
};
/** Warning Reason (0008,1196): the archive holds another data set under this UID; ours shows the first. */
const CONFLICT_WARNING = 0xb000;

type Json = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

/** Status and DICOM JSON of a STOW-RS answer (PS3.18 §10.5.3). */
export function storeAnswer(
  results: readonly StoreResult[],
  retrieveUrl: (path: string) => string,
): { readonly status: number; readonly body: Json } {
  const stored = results.flatMap((result) => ('outcome' in result ? [result.outcome] : []));
  const failed = results.flatMap((result) => ('refusal' in result ? [result] : []));
  const warned = stored.filter((outcome) => outcome.status === 'conflict');
  const studies = [...new Set(stored.map((outcome) => outcome.studyInstanceUid))];
  const body: Record<string, Json[string]> = {};
  if (studies.length === 1) body['00081190'] = { vr: 'UR', Value: [retrieveUrl(`studies/${studies[0]}`)] };
  if (failed.length > 0) {
    body['00081198'] = {
      vr: 'SQ',
      Value: failed.map(({ refusal, sopClassUid, sopInstanceUid }) => ({
        ...(sopClassUid === undefined ? {} : { '00081150': { vr: 'UI', Value: [sopClassUid] } }),
        ...(sopInstanceUid === undefined ? {} : { '00081155': { vr: 'UI', Value: [sopInstanceUid] } }),
        '00081197': { vr: 'US', Value: [FAILURE_REASONS[refusal.reason]] },
        '00000902': { vr: 'LO', Value: [refusal.message.slice(0, 64)] },
      })),
    };
  }
  if (stored.length > 0) {
    body['00081199'] = {
      vr: 'SQ',
      Value: stored.map((outcome) => ({
        '00081150': { vr: 'UI', Value: [outcome.sopClassUid] },
        '00081155': { vr: 'UI', Value: [outcome.sopInstanceUid] },
        '00081190': {
          vr: 'UR',
          Value: [
            retrieveUrl(
              `studies/${outcome.studyInstanceUid}/series/${outcome.seriesInstanceUid}/instances/${outcome.sopInstanceUid}`,
            ),
          ],
        },
        ...(outcome.status === 'conflict' ? { '00081196': { vr: 'US', Value: [CONFLICT_WARNING] } } : {}),
      })),
    };
  }
  if (results.length === 0) return { status: 400, body };
  if (stored.length === 0) {
    const full = failed.every(({ refusal }) => refusal.reason === 'no-space' || refusal.reason === 'failed');
    return { status: full ? 503 : 409, body };
  }
  return { status: failed.length > 0 || warned.length > 0 ? 202 : 200, body };
}
