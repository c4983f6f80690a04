import type { IntakeEvents } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { IntakeSource } from '../intake/sink.ts';
import type { Logger, Metrics } from '../operations/index.ts';
import { type SourcePace, settleSoon } from '../studies/index.ts';

/** The work list hears of a study that is receiving at most this often. */
const ANNOUNCE_MS = 500;

/** What the node does when something arrives, besides storing it. */
export function intakeEvents(context: {
  readonly db: Database;
  readonly configuration: Configuration;
  readonly metrics: Metrics;
  readonly pace: SourcePace;
  readonly log: Logger;
}): IntakeEvents {
  const { db, metrics, log } = context;
  const announced = new Map<string, number>();
  return {
    stored({ header, source }) {
      metrics.stored(source.kind);
      const study = header.study.study_instance_uid;
      const now = Date.now();
      context.pace.arrived(sourceName(source), study, now);
      if (now - (announced.get(study) ?? 0) < ANNOUNCE_MS) return;
      if (announced.size > 1000) announced.clear();
      announced.set(study, now);
      announce(db, { kind: 'study', studyInstanceUid: study, state: 'receiving' }).catch((error: unknown) =>
        log.debug({ err: error }, 'a study was not announced'),
      );
    },
    refused(refusal, source) {
      metrics.refused(refusal.reason);
      log.warn({ source: source.kind, err: refusal }, 'an instance was refused');
    },
    async conflict({ header, sha256, byteLength, source }) {
      await db.transaction().execute(async (transaction) => {
        const inserted = await transaction
          .insertInto('quarantine')
          .values({
            id: sha256,
            sop_instance_uid: header.sopInstanceUid,
            study_instance_uid: header.study.study_instance_uid,
            sha256,
            byte_length: byteLength,
            source: JSON.stringify(source),
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst();
        if (inserted.numInsertedOrUpdatedRows !== 1n) return;
        await appendAudit(transaction, [
          {
            kind: 'conflict',
            actor: source.kind,
            subject: `study:${header.study.study_instance_uid}`,
            detail: { instance: header.sopInstanceUid, quarantine: sha256 },
          },
        ]);
      });
      log.warn(
        { quarantine: sha256 },
        'another data set came under a UID that is taken; it is in quarantine',
      );
      return sha256;
    },
    settled: (studies) => settleSoon(db, studies, context.configuration.studies),
  };
}

/** Whose habits are learned: a modality has its own, whatever comes from one address by HTTP has those of it. */
export function sourceName(source: IntakeSource): string {
  switch (source.kind) {
    case 'dimse':
      return `dimse ${source.callingAeTitle}`;
    case 'dicomweb':
      return `dicomweb ${source.user ?? source.address}`;
    case 'folder':
      return `folder ${source.folder}`;
  }
}
