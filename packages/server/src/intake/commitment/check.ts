import { stat } from 'node:fs/promises';
import { COMMITMENT_FAILURE, type CommitmentResult, type InstanceReference } from '@photopeak/dimse';
import type { Archive } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';

/** Instances that are looked for at the same time. */
const CHUNK = 500;

/**
 * What of the instances is safely here: in the index under this SOP class, and its file on disk in full length. An
 * instance is indexed only after its bytes are synced to disk. The others come with a reason of PS3.3 C.14.1.1.
 */
export async function checkCommitment(
  { db, archive }: { readonly db: Database; readonly archive: Archive },
  instances: readonly InstanceReference[],
): Promise<CommitmentResult> {
  const committed: InstanceReference[] = [];
  const failed: (InstanceReference & { reason: number })[] = [];
  for (let from = 0; from < instances.length; from += CHUNK) {
    const some = instances.slice(from, from + CHUNK);
    const rows = await db
      .selectFrom('instance')
      .select(['sop_instance_uid', 'sop_class_uid', 'sha256', 'byte_length'])
      .where(
        'sop_instance_uid',
        'in',
        some.map(({ sopInstanceUid }) => sopInstanceUid),
      )
      .execute();
    const known = new Map(rows.map((row) => [row.sop_instance_uid, row]));
    const reasons = await Promise.all(
      some.map(async ({ sopClassUid, sopInstanceUid }) => {
        const row = known.get(sopInstanceUid);
        if (row === undefined) return COMMITMENT_FAILURE.noSuchInstance;
        if (row.sop_class_uid !== sopClassUid) return COMMITMENT_FAILURE.classDoesNotMatch;
        const size = await stat(archive.instances.pathOf(row.sha256)).then(
          (file) => file.size,
          () => undefined,
        );
        return size === row.byte_length ? undefined : COMMITMENT_FAILURE.processingFailure;
      }),
    );
    for (const [index, instance] of some.entries()) {
      const reason = reasons[index];
      if (reason === undefined) committed.push(instance);
      else failed.push({ ...instance, reason });
    }
  }
  return { committed, failed };
}
