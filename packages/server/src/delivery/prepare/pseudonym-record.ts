import { createPseudonyms, type Dataset, type Pseudonyms } from '@photopeak/dicom';
import type { Database } from '../../database/index.ts';

/** Replaces UIDs and remembers which, so that what comes back finds its study. */
export interface RecordedPseudonyms {
  readonly pseudonyms: Pseudonyms;
  /** Writes what was replaced in an object of a study. Before it is sent: nothing may leave that has no way back. */
  keep(original: Dataset, shiftsDates: boolean, retainsUids: boolean): Promise<void>;
}

/** Rows of one statement. */
const CHUNK = 1_000;

export function recordPseudonyms(db: Database, destination: string, key: string): RecordedPseudonyms {
  const plain = createPseudonyms(key);
  let replaced = new Map<string, string>();
  const written = new Set<string>();
  return {
    pseudonyms: {
      ...plain,
      uid(uid) {
        const pseudonym = plain.uid(uid);
        if (pseudonym !== uid) replaced.set(pseudonym, uid);
        return pseudonym;
      },
    },
    async keep(original, shiftsDates, retainsUids) {
      const study = original.text('StudyInstanceUID') ?? '';
      const pseudonym = retainsUids ? study : plain.uid(study);
      const rows = [...replaced]
        .filter(([uid]) => !written.has(`${pseudonym} ${uid}`))
        .map(([uid, from]) => ({ pseudonym: uid, study_pseudonym: pseudonym, original: from }));
      replaced = new Map();
      if (!written.has(pseudonym)) {
        await db
          .insertInto('pseudonym_study')
          .values({
            pseudonym_uid: pseudonym,
            destination,
            study_instance_uid: study,
            patient_pseudonym: plain.patient(original),
            shift_days: shiftsDates ? plain.shiftDays(original) : 0,
          })
          .onConflict((conflict) => conflict.column('pseudonym_uid').doNothing())
          .execute();
        written.add(pseudonym);
      }
      for (let from = 0; from < rows.length; from += CHUNK) {
        await db
          .insertInto('pseudonym_uid')
          .values(rows.slice(from, from + CHUNK))
          .onConflict((conflict) => conflict.columns(['study_pseudonym', 'pseudonym']).doNothing())
          .execute();
      }
      for (const row of rows) written.add(`${pseudonym} ${row.pseudonym}`);
    },
  };
}
