import { Readable } from 'node:stream';
import { instanceHeaderFrom } from '../../archive/instance-header.ts';
import { type StoreResult, storeAnswer, storeComposed, storeParts } from '../../intake/dicomweb/index.ts';
import { multipartType } from '../../intake/dicomweb/multipart.ts';
import { type IntakeOutcome, IntakeRefusal, type IntakeSession } from '../../intake/sink.ts';
import { type FuzzTarget, observer, type Random } from './target.ts';

const BOUNDARY = 'fuzz-boundary';

/**
 * Bodies of STOW-RS requests, of both forms, in pieces of any size. An input is a body whose boundary is
 * `fuzz-boundary`, or, before a NUL, the content type that it came with.
 */
export const multipartTarget: FuzzTarget = {
  name: 'multipart',
  largestBytes: 512 * 1024,
  slowestCpuMs: 1_500,
  tokens: [
    `--${BOUNDARY}`,
    `\r\n--${BOUNDARY}`,
    `\r\n--${BOUNDARY}--`,
    `--${BOUNDARY}--\r\n`,
    '\r\n',
    '\r\n\r\n',
    '\n',
    '--',
    ':',
    'Content-Type: application/dicom\r\n\r\n',
    'Content-Type: application/dicom+json\r\n\r\n',
    'Content-Type: application/octet-stream\r\nContent-Location: bulk/1\r\n\r\n',
    'Content-Location: bulk/1\r\n',
    '{"00080018":{"vr":"UI","Value":["1.2"]}}',
    '"BulkDataURI":"bulk/1"',
    'multipart/related; boundary=x\0',
    'DICM',
  ].map((text) => Buffer.from(text, 'latin1')),
  async open() {
    return {
      async play(bytes, random) {
        const { attemptAsync, saw, summary } = observer(/^(HTTP|INTAKE|DICOM|INSTANCE|STORE)_/);
        const { boundary, body } = requestOf(bytes);
        if (boundary === undefined) saw('no multipart');
        const take = (store: typeof storeParts) => async () => {
          const session = readingSession();
          const results = await store(session, pieces(body, random), boundary ?? BOUNDARY, undefined);
          for (const result of results) saw(outcomeOf(result));
          const { status } = storeAnswer(results, (path) => path);
          saw(String(status));
        };
        await attemptAsync('parts', take(storeParts));
        await attemptAsync('composed', take(storeComposed));
        return summary();
      },
      close: async () => undefined,
    };
  },
};

function requestOf(bytes: Uint8Array): { boundary: string | undefined; body: Uint8Array } {
  const end = bytes.indexOf(0);
  const head = end < 0 || end > 400 ? '' : Buffer.from(bytes.subarray(0, end)).toString('latin1');
  if (!/^\s*multipart/i.test(head)) return { boundary: BOUNDARY, body: bytes };
  return { boundary: multipartType(head)?.boundary, body: bytes.subarray(end + 1) };
}

function pieces(body: Uint8Array, random: Random): Readable {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    // Many tiny pieces at the beginning, where boundaries and headers are, then larger ones.
    const length = 1 + random(at < 2048 ? 64 : 16 * 1024);
    chunks.push(body.subarray(at, at + length));
    at += length;
  }
  return Readable.from(chunks, { objectMode: false });
}

function outcomeOf(result: StoreResult): string {
  return 'outcome' in result ? result.outcome.status : `refused ${result.refusal.reason}`;
}

/** Reads every instance as the archive does before it keeps one, and keeps none. */
function readingSession(): IntakeSession {
  return {
    source: { kind: 'dicomweb', address: '127.0.0.1' },
    async begin() {
      const chunks: Uint8Array[] = [];
      return {
        async write(more) {
          for (const chunk of more) chunks.push(Uint8Array.from(chunk));
        },
        async commit(): Promise<IntakeOutcome> {
          const bytes = Buffer.concat(chunks);
          const header = readHeader(bytes);
          return {
            status: 'stored',
            sopClassUid: header.sopClassUid,
            sopInstanceUid: header.sopInstanceUid,
            transferSyntaxUid: header.transferSyntaxUid,
            studyInstanceUid: header.study.study_instance_uid,
            seriesInstanceUid: header.series.series_instance_uid,
          };
        },
        abort: async () => undefined,
      };
    },
    close: async () => undefined,
  };
}

function readHeader(bytes: Uint8Array) {
  const { attempt } = observer(/^(DICOM|INSTANCE)_/);
  let header: ReturnType<typeof instanceHeaderFrom>;
  attempt('header', () => {
    header = instanceHeaderFrom(bytes, bytes.length);
  });
  if (header === undefined) throw new IntakeRefusal('unreadable', 'no instance');
  return header;
}
