import { readFile } from 'node:fs/promises';
import { PhotopeakError } from '@photopeak/imaging';
import type { QualityDecisionInput, QualityScoreInput, User } from '../api/contract.ts';
import { type Archive, readInstanceHeader } from '../archive/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { indexResults, resultItem } from '../workflow/finish-run.ts';

export interface QualityContext {
  readonly db: Database;
  readonly archive: Archive;
  /** See `models.deliverResearch`. */
  readonly deliverResearch: boolean;
}

/**
 * Releases a series that was held back, or rejects it for good. A released series comes into the index and goes where the
 * results of its run go, as if it had passed; the report of the run's held series follows with the last of them.
 * @throws PhotopeakError QUALITY_NOT_HELD, QUALITY_DECIDED
 */
export async function decideHeld(
  { db, archive, deliverResearch }: QualityContext,
  id: string,
  { decision, comment }: QualityDecisionInput,
  user: User,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const entry = await transaction
      .selectFrom('quality_entry')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (entry === undefined || entry.verdict !== 'held') {
      throw new PhotopeakError('this series is not held back', {
        code: 'QUALITY_NOT_HELD',
        expected: 'an entry of the quality list that is held back',
      });
    }
    if (entry.decision !== 'waiting') {
      throw new PhotopeakError('somebody has decided on this series already', {
        code: 'QUALITY_DECIDED',
        found: `${entry.decision} by ${entry.decided_by_name ?? ''}`,
        remedy: 'process the study again for a new result',
      });
    }
    await transaction
      .updateTable('quality_entry')
      .set({
        decision,
        comment: comment ?? null,
        decided_at: new Date(),
        decided_by: user.id,
        decided_by_name: user.name,
      })
      .where('id', '=', id)
      .execute();
    if (decision === 'released') await release(transaction, archive, deliverResearch, entry);
    // A comment is free text and may name the patient: it stays in the table.
    await appendAudit(transaction, [
      {
        kind: 'quality-decision',
        actor: `user:${user.id}`,
        subject: `run:${entry.run_id}`,
        detail: { series: entry.series_instance_uid, model: entry.model, decision },
      },
    ]);
  });
}

async function release(
  transaction: Database,
  archive: Archive,
  deliverResearch: boolean,
  entry: { readonly run_id: string; readonly series_instance_uid: string },
): Promise<void> {
  // Locked: of two series of a run that are released at once, the later sees that it is the last.
  const run = await transaction
    .selectFrom('run')
    .select(['id', 'study_instance_uid', 'phase', 'deliver', 'state', 'pipeline'])
    .where('id', '=', entry.run_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { still } = await transaction
    .selectFrom('quality_entry')
    .select((eb) => eb.fn.countAll<number>().as('still'))
    .where('run_id', '=', run.id)
    .where('decision', 'in', ['waiting', 'rejected'])
    .executeTakeFirstOrThrow();
  const held = await transaction
    .selectFrom('result')
    .select(['ordinal', 'sha256', 'output', 'series_instance_uid', 'held_phase'])
    .where('run_id', '=', run.id)
    .where('held_phase', 'is not', null)
    .orderBy('ordinal')
    .execute();
  const freed = held.filter(
    ({ output, series_instance_uid: series }) =>
      series === entry.series_instance_uid || (output !== 'enhanced' && Number(still) === 0),
  );
  for (const { ordinal, sha256, held_phase: phase } of freed) {
    const bytes = await readFile(archive.artifacts.pathOf(sha256));
    await archive.instances.put(bytes);
    const header = await readInstanceHeader(archive.instances.pathOf(sha256));
    await indexResults(
      transaction,
      { ...run, phase: phase ?? run.phase },
      [resultItem(run.id, bytes, sha256, header)],
      deliverResearch,
    );
    await transaction
      .updateTable('result')
      .set({ held_phase: null })
      .where('run_id', '=', run.id)
      .where('ordinal', '=', ordinal)
      .execute();
  }
  await announce(transaction, {
    kind: 'run',
    runId: run.id,
    studyInstanceUid: run.study_instance_uid,
    state: run.state,
  });
}

/**
 * A filled form about a series of the list; whoever looks may fill one.
 * @throws PhotopeakError QUALITY_UNKNOWN
 */
export async function scoreQuality(
  db: Database,
  id: string,
  input: QualityScoreInput,
  user: User,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const entry = await transaction
      .selectFrom('quality_entry')
      .select(['run_id', 'series_instance_uid', 'model'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (entry === undefined) {
      throw new PhotopeakError('the quality list has no such entry', { code: 'QUALITY_UNKNOWN' });
    }
    const { artefacts, sharpness, noiseTexture, confidence, comment } = input;
    await transaction
      .insertInto('quality_score')
      .values({
        entry_id: id,
        artefacts,
        sharpness,
        noise_texture: noiseTexture,
        confidence,
        comment: comment ?? null,
        scored_by: user.id,
        scored_by_name: user.name,
      })
      .execute();
    await appendAudit(transaction, [
      {
        kind: 'quality-score',
        actor: `user:${user.id}`,
        subject: `run:${entry.run_id}`,
        detail: { series: entry.series_instance_uid, artefacts, sharpness, noiseTexture, confidence },
      },
    ]);
  });
}
