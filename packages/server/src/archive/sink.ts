import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import type { Origin } from '../database/index.ts';
import {
  type ExpectedIdentity,
  type IntakeFile,
  type IntakeOutcome,
  IntakeRefusal,
  type IntakeSession,
  type IntakeSink,
  type IntakeSource,
  type RecogniseReturn,
  type ReturnedObject,
  type SessionEnd,
} from '../intake/sink.ts';
import type { Archive } from './archive.ts';
import { isNoSpace } from './blob-store.ts';
import { holdSameInstance } from './content-hash.ts';
import type { IndexItem, IndexOutcome, IndexWriter } from './index-writer.ts';
import { type InstanceHeader, instanceHeaderFrom, readInstanceHeader } from './instance-header.ts';

/** What other rooms hear of an intake. */
export interface IntakeEvents {
  /** After the commit of a new instance. */
  stored?(instance: { readonly header: InstanceHeader; readonly source: IntakeSource }): void;
  refused?(refusal: IntakeRefusal, source: IntakeSource): void;
  conflict?(conflict: {
    readonly header: InstanceHeader;
    readonly sha256: string;
    readonly byteLength: number;
    readonly source: IntakeSource;
  }): Promise<string>;
  /** A session ended well and no other open session brought instances of these studies. */
  settled?(studyInstanceUids: readonly string[]): Promise<void>;
}

/**
 * Instances whose file is damaged or lost and that were asked for, by SOP Instance UID. Resolves with true where the
 * copy that came made the file whole again: nothing more is to be stored then.
 * @throws IntakeRefusal for a copy that is not wanted as it is
 */
export type RepairsUnderWay = Map<string, (file: string, header: InstanceHeader) => Promise<boolean>>;

/**
 * The archive as the transports see it. What keeps the promise "nothing is lost": bytes to a temporary file, renamed to
 * their hash; then, at the same time, file and folder synced, and the index row committed; only when both are done does
 * `commit` resolve. A process that dies in between leaves a temporary file (swept at start), a file without an index row,
 * which the sender's next attempt or a rebuild of the index picks up, or a file and its row of which the sender was not
 * told. Only a power cut can leave a row without its whole file: the next start looks at the last arrivals.
 */
export function createIntakeSink(options: {
  readonly archive: Archive;
  readonly index: IndexWriter;
  /** How long a study of this source may be quiet before it counts as complete. */
  readonly quietSeconds: number | ((source: IntakeSource) => number);
  readonly events?: IntakeEvents;
  /** Studies from before that were asked for: kept and shown, and never decided on. */
  readonly isPrior?: (studyInstanceUid: string) => boolean;
  readonly repairs?: RepairsUnderWay;
  /** Tells results of outside services that come back under a pseudonym. */
  readonly returns?: RecogniseReturn;
}): IntakeSink {
  const { archive, index, quietSeconds } = options;
  const quietOf = typeof quietSeconds === 'number' ? () => quietSeconds : quietSeconds;
  const events = options.events ?? {};
  /** Open sessions that brought instances of a study. */
  const openSessions = new Map<string, number>();

  function open(source: IntakeSource): IntakeSession {
    const studies = new Set<string>();
    const files = new Set<IntakeFile>();
    /** By study and patient: asked once in a session. */
    const asked = new Map<string, Promise<ReturnedObject | undefined>>();
    let closed = false;

    async function returnedAs({ study }: InstanceHeader): Promise<ReturnedObject | undefined> {
      if (options.returns === undefined) return undefined;
      const key = `${study.study_instance_uid} ${study.patient_id}`;
      let answer = asked.get(key);
      if (answer === undefined) {
        answer = options.returns({ study: study.study_instance_uid, patientId: study.patient_id });
        asked.set(key, answer);
        answer.catch(() => asked.delete(key));
      }
      return answer;
    }

    function originOf({ madeByPhotopeak, study }: InstanceHeader): Origin {
      if (madeByPhotopeak) return 'foreign-result';
      return options.isPrior?.(study.study_instance_uid) === true ? 'prior' : 'received';
    }

    function touch(study: string): void {
      if (studies.has(study)) return;
      studies.add(study);
      openSessions.set(study, (openSessions.get(study) ?? 0) + 1);
    }

    function refuse(error: unknown): IntakeRefusal {
      const refusal = toRefusal(error);
      events.refused?.(refusal, source);
      return refusal;
    }

    async function begin(): Promise<IntakeFile> {
      if (closed) throw refuse(new IntakeRefusal('failed', 'the session has ended'));
      const writer = archive.instances.begin();
      let ended = false;

      async function discard(): Promise<void> {
        ended = true;
        files.delete(file);
        await writer.discard();
      }

      async function commit(expected?: ExpectedIdentity): Promise<IntakeOutcome> {
        const { byteLength } = writer;
        const header =
          instanceHeaderFrom(writer.head, byteLength) ?? (await readInstanceHeader(await writer.written()));
        if (expected !== undefined) requireSame(expected, header);
        const returned = await returnedAs(header);
        if (returned !== undefined) return restored(returned, header);
        const repair = options.repairs?.get(header.sopInstanceUid);
        if (repair !== undefined && (await repair(await writer.written(), header))) {
          await writer.discard();
          return { ...identityOf(header), status: 'duplicate' };
        }
        const { sha256, durable } = await writer.keep();
        const origin = originOf(header);
        const item = {
          header,
          sha256,
          byteLength,
          origin,
          source: { ...source },
          quietSeconds: origin === 'received' ? quietOf(source) : undefined,
        };
        const outcome = await addWhileKept(index, item, durable);
        touch(header.study.study_instance_uid);
        return finish(header, sha256, byteLength, outcome);
      }

      /** The restored object is what is kept; the sender hears of the object that it sent. */
      async function restored(returned: ReturnedObject, sent: InstanceHeader): Promise<IntakeOutcome> {
        const bytes = await returned.restore(await writer.written());
        const own = archive.instances.begin();
        try {
          await own.write([bytes]);
          const header =
            instanceHeaderFrom(own.head, own.byteLength) ?? (await readInstanceHeader(await own.written()));
          const { byteLength } = own;
          const { sha256, durable } = await own.keep();
          await durable;
          const outcome = await index.add({
            header,
            sha256,
            byteLength,
            origin: 'foreign-result',
            source: {
              ...source,
              service: returned.service,
              pseudonymousStudy: sent.study.study_instance_uid,
            },
            quietSeconds: undefined,
          });
          touch(header.study.study_instance_uid);
          const kept = await finish(header, sha256, byteLength, outcome);
          if (kept.status !== 'conflict') {
            await returned.stored({ header, sha256: outcome.status === 'taken' ? outcome.sha256 : sha256 });
          }
          await writer.discard();
          return {
            ...kept,
            studyInstanceUid: sent.study.study_instance_uid,
            seriesInstanceUid: sent.series.series_instance_uid,
          };
        } catch (error) {
          await own.discard();
          throw error;
        }
      }

      async function finish(
        header: InstanceHeader,
        sha256: string,
        byteLength: number,
        outcome: IndexOutcome,
      ): Promise<IntakeOutcome> {
        const identity = identityOf(header);
        if (outcome.status === 'stored') {
          events.stored?.({ header, source });
          return { ...identity, status: 'stored' };
        }
        const { pathOf } = archive.instances;
        if (outcome.sha256 === sha256) return { ...identity, status: 'duplicate' };
        if (await holdSameInstance(pathOf(outcome.sha256), pathOf(sha256))) {
          // The first copy serves both.
          await rm(pathOf(sha256), { force: true });
          return { ...identity, status: 'duplicate' };
        }
        const quarantineId = (await events.conflict?.({ header, sha256, byteLength, source })) ?? sha256;
        await moveToQuarantine(archive, sha256);
        return { ...identity, status: 'conflict', quarantineId };
      }

      const file: IntakeFile = {
        async write(chunks) {
          if (ended) throw new IntakeRefusal('failed', 'the instance was given up');
          try {
            await writer.write(chunks);
          } catch (error) {
            await discard();
            throw refuse(error);
          }
        },
        async commit(expected) {
          if (ended) throw new IntakeRefusal('failed', 'the instance was given up');
          try {
            const outcome = await commit(expected);
            ended = true;
            files.delete(file);
            return outcome;
          } catch (error) {
            await discard();
            throw refuse(error);
          }
        },
        async abort() {
          if (!ended) await discard();
        },
      };
      files.add(file);
      return file;
    }

    async function close(end: SessionEnd): Promise<void> {
      if (closed) return;
      closed = true;
      await Promise.all([...files].map((file) => file.abort()));
      const last: string[] = [];
      for (const study of studies) {
        const left = (openSessions.get(study) ?? 1) - 1;
        if (left > 0) openSessions.set(study, left);
        else {
          openSessions.delete(study);
          last.push(study);
        }
      }
      if (end === 'complete' && last.length > 0) await events.settled?.(last);
    }

    return { source, begin, close };
  }

  return { open };
}

/**
 * Indexes a file while the disk takes it: the two waits are most of the time that an instance takes, and are one so. Where
 * the disk refuses, the row goes again.
 */
async function addWhileKept(
  index: IndexWriter,
  item: IndexItem,
  durable: Promise<void>,
): Promise<IndexOutcome> {
  const [added, kept] = await Promise.allSettled([index.add(item), durable]);
  if (kept.status === 'rejected') {
    if (added.status === 'fulfilled' && added.value.status === 'stored') await index.remove(item);
    throw kept.reason;
  }
  if (added.status === 'rejected') throw added.reason;
  return added.value;
}

function identityOf(header: InstanceHeader) {
  return {
    sopClassUid: header.sopClassUid,
    sopInstanceUid: header.sopInstanceUid,
    transferSyntaxUid: header.transferSyntaxUid,
    studyInstanceUid: header.study.study_instance_uid,
    seriesInstanceUid: header.series.series_instance_uid,
  };
}

async function moveToQuarantine(archive: Archive, sha256: string): Promise<void> {
  const target = archive.quarantine.pathOf(sha256);
  await mkdir(path.dirname(target), { recursive: true, mode: 0o750 });
  await rename(archive.instances.pathOf(sha256), target).catch((error: NodeJS.ErrnoException) => {
    // Sent three times: it is there already.
    if (error.code !== 'ENOENT') throw error;
  });
}

function requireSame(expected: ExpectedIdentity, header: InstanceHeader): void {
  const found = {
    sopClassUid: header.sopClassUid,
    sopInstanceUid: header.sopInstanceUid,
    studyInstanceUid: header.study.study_instance_uid,
  };
  for (const key of ['sopClassUid', 'sopInstanceUid', 'studyInstanceUid'] as const) {
    if (expected[key] !== undefined && expected[key] !== found[key]) {
      throw new IntakeRefusal('mismatch', `the data set has another ${key} than the request`, {
        expected: expected[key],
        found: found[key],
      });
    }
  }
}

function toRefusal(error: unknown): IntakeRefusal {
  if (error instanceof IntakeRefusal) return error;
  if (isNoSpace(error)) {
    return new IntakeRefusal('no-space', 'there is no space left for this instance', {
      remedy: 'send it again later',
      cause: error,
    });
  }
  if (error instanceof PhotopeakError) {
    const details = { ...described(error), cause: error };
    if (error.code === 'STORE_TOO_LARGE') return new IntakeRefusal('not-accepted', error.message, details);
    if (error.code.startsWith('DICOM_') || error.code.startsWith('INSTANCE_')) {
      return new IntakeRefusal('unreadable', error.message, details);
    }
  }
  return new IntakeRefusal('failed', 'the instance could not be stored', {
    remedy: 'send it again',
    cause: error,
  });
}

function described(error: PhotopeakError) {
  // `where` names a path of this machine; senders do not see it.
  return {
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.found === undefined ? {} : { found: error.found }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
}
