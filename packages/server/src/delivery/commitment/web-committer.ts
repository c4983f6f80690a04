import { Dataset, fromDicomJson, toDicomJson } from '@photopeak/dicom';
import type { CommitmentResult } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { Committer } from './committer.ts';

/** One HTTP call below the DICOMweb root of a destination; rejects where nobody answers. */
export type DicomwebCall = (
  call: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>;

const DEFAULT_REASON = 0x0110;

/** Storage commitment as user agent (PS3.18 section 13): the answer comes at once, or is looked for later. */
export function createWebCommitter(call: DicomwebCall): Committer {
  return {
    async request({ transactionUid, instances }, signal) {
      const body = JSON.stringify([
        toDicomJson(
          Dataset.of({
            ReferencedSOPSequence: instances.map(({ sopClassUid, sopInstanceUid }) =>
              Dataset.of({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }),
            ),
          }),
        ),
      ]);
      return resultOf(await call({ method: 'POST', path: pathOf(transactionUid), body }, signal));
    },
    async check(transactionUid, signal) {
      return resultOf(await call({ method: 'GET', path: pathOf(transactionUid) }, signal));
    },
  };
}

const pathOf = (transactionUid: string) => `/commitment-requests/${transactionUid}`;

/** PS3.18 tables 13.4.3-1 and J.2-1. */
function resultOf({
  status,
  body,
}: {
  readonly status: number;
  readonly body: string;
}): CommitmentResult | undefined {
  if (status === 202) return undefined;
  if (status !== 200) {
    throw new PhotopeakError('the destination does not take the request for storage commitment', {
      code: 'COMMITMENT_REFUSED',
      expected: 'HTTP 200 or 202',
      found: `HTTP ${status}`,
      remedy: 'check that it offers storage commitment over DICOMweb (PS3.18 section 13)',
    });
  }
  const [answer] = datasetsOf(body);
  const reference = (item: Dataset) => ({
    sopClassUid: item.text('ReferencedSOPClassUID') ?? '',
    sopInstanceUid: item.text('ReferencedSOPInstanceUID') ?? '',
  });
  return {
    committed: answer?.items('ReferencedSOPSequence').map(reference) ?? [],
    failed:
      answer?.items('FailedSOPSequence').map((item) => ({
        ...reference(item),
        reason: item.number('FailureReason') ?? DEFAULT_REASON,
      })) ?? [],
  };
}

function datasetsOf(body: string): Dataset[] {
  try {
    const parsed: unknown = JSON.parse(body);
    return (Array.isArray(parsed) ? parsed : [parsed]).map((item) => fromDicomJson(item as never));
  } catch (cause) {
    throw new PhotopeakError('the answer to a request for storage commitment cannot be read', {
      code: 'COMMITMENT_ANSWER_INVALID',
      expected: 'DICOM JSON',
      cause,
    });
  }
}
