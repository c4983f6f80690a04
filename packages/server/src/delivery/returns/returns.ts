import { readFileHeader, readFilePart10, reidentify, writePart10 } from '@photopeak/dicom';
import type { Archive } from '../../archive/index.ts';
import type { DestinationConfiguration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { IntakeRefusal, type RecogniseReturn } from '../../intake/sink.ts';
import { owe } from '../outbox.ts';

/**
 * Recognises what an outside service made of a study that left without its identity, and gives it back: the patient,
 * the study and the UIDs it refers to. Where the destination says so, it goes on from here, like a result of this node.
 */
export function createReturns(context: {
  readonly db: Database;
  readonly archive: Archive;
  readonly destinations: () => readonly DestinationConfiguration[];
}): RecogniseReturn {
  const { db, archive } = context;
  return async ({ study, patientId }) => {
    const sent = await db
      .selectFrom('pseudonym_study')
      .selectAll()
      .where('pseudonym_uid', '=', study)
      .executeTakeFirst();
    if (sent === undefined) return undefined;
    // Where UIDs were retained, the UID alone tells nothing: originals have it too.
    if (sent.study_instance_uid === study && patientId !== sent.patient_pseudonym) return undefined;
    return {
      service: sent.destination,
      async restore(file) {
        const original = await db
          .selectFrom('instance')
          .select('sha256')
          .where('study_instance_uid', '=', sent.study_instance_uid)
          .orderBy('received_at')
          .orderBy('sop_instance_uid')
          .limit(1)
          .executeTakeFirst();
        if (original === undefined)
          throw new IntakeRefusal('not-accepted', 'the study that this was made of is gone');
        const uids = await uidsOf(db, sent.destination, sent.patient_pseudonym);
        const returned = readFilePart10(file);
        if (uids.has(returned.dataset.text('SOPInstanceUID') ?? '')) {
          throw new IntakeRefusal('not-accepted', 'this is what was sent to the service, not a result of it');
        }
        const dataset = reidentify(returned.dataset, {
          uids,
          original: readFileHeader(archive.instances.pathOf(original.sha256)).dataset,
          shiftDays: sent.shift_days,
          service: sent.destination,
        });
        return writePart10({ dataset, transferSyntaxUid: returned.transferSyntaxUid });
      },
      async stored({ header, sha256 }) {
        const destination = context.destinations().find(({ name }) => name === sent.destination);
        const to =
          destination !== undefined && 'deidentify' in destination
            ? (destination.deidentify?.returnsTo ?? [])
            : [];
        await owe(
          db,
          to.map((name) => ({
            destination: name,
            sop_instance_uid: header.sopInstanceUid,
            sop_class_uid: header.sopClassUid,
            transfer_syntax_uid: header.transferSyntaxUid,
            study_instance_uid: header.study.study_instance_uid,
            series_instance_uid: header.series.series_instance_uid,
            sha256,
            run_id: null,
          })),
        );
      },
    };
  };
}

/** All that was replaced for a patient and this service: a result may refer to priors as well. */
async function uidsOf(db: Database, destination: string, patient: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('pseudonym_uid')
    .innerJoin('pseudonym_study', 'pseudonym_study.pseudonym_uid', 'pseudonym_uid.study_pseudonym')
    .select(['pseudonym_uid.pseudonym', 'pseudonym_uid.original'])
    .where('pseudonym_study.destination', '=', destination)
    .where('pseudonym_study.patient_pseudonym', '=', patient)
    .execute();
  return new Map(rows.map((row) => [row.pseudonym, row.original]));
}
