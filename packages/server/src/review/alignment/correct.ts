import { identity, type Mat4, PhotopeakError } from '@photopeak/imaging';
import { type MovementByHand, type Pipeline, setByHand } from '@photopeak/pipelines';
import type { AlignmentCorrection, User } from '../../api/contract.ts';
import type { Archive } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import { type AuditEvent, appendAudit } from '../../governance/index.ts';
import { enqueue } from '../../studies/index.ts';
import { frozenInput } from '../../studies/input.ts';

export interface CorrectionContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly pipelines: readonly Pipeline[];
  now(): Date;
}

/**
 * Processes a study once more with an alignment that a person set: the same input, parameters and destinations, a
 * registration object of its own, and everything that depends on it anew. The run before stays as it is. A trial only
 * tells the registration.
 * @throws PhotopeakError ALIGNMENT_NOT_CORRECTABLE, REGISTRATION_LANDMARKS
 */
export async function correctAlignment(
  context: CorrectionContext,
  runId: string,
  movement: MovementByHand,
  user: User,
  isTrial = false,
): Promise<AlignmentCorrection> {
  return context.db.transaction().execute(async (transaction) => {
    const run = await transaction
      .selectFrom('run')
      .selectAll()
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirst();
    const before = registrationOf(run?.summary);
    if (run === undefined || before === undefined) {
      throw notCorrectable('a run that has ended with a registration result');
    }
    const { alignment, residualsMm } = setByHand(before, movement, user.name);
    const pipeline = context.pipelines.find(
      ({ name, version }) => name === run.pipeline && version === run.pipeline_version,
    );
    const parsed = pipeline?.parameters.safeParse({ ...run.parameters, alignment });
    if (pipeline === undefined || parsed?.success !== true) {
      throw notCorrectable('a pipeline, in the version of the run, that takes an alignment as a parameter');
    }
    const told = { matrix: alignment.matrix, rmsMm: alignment.rmsMm ?? null, residualsMm: [...residualsMm] };
    if (isTrial) return { runId: null, ...told };
    const uid = run.study_instance_uid;
    const input = await frozenInput(transaction, context.archive, uid, run.input);
    const queued = await enqueue(
      transaction,
      context,
      uid,
      { pipeline, parameters: parsed.data, input },
      { name: run.route, phase: run.phase, deliver: run.deliver, priority: 'urgent' },
    );
    const events: AuditEvent[] = [
      {
        kind: 'alignment-correction',
        actor: `user:${user.id}`,
        subject: `run:${runId}`,
        detail: {
          study: uid,
          run: queued.id,
          means: alignment.means,
          matrix: alignment.matrix,
          from: alignment.from,
        },
      },
      ...(queued.event === undefined ? [] : [queued.event]),
    ];
    await appendAudit(transaction, events);
    return { runId: queued.id, ...told };
  });
}

/** What was in use; where nothing was, both images as their headers put them. */
function registrationOf(summary: Record<string, unknown> | null | undefined): Mat4 | undefined {
  const registration = summary?.registration as { used?: string; matrix?: number[] } | null | undefined;
  if (registration?.matrix === undefined) return undefined;
  return registration.used === 'none' ? identity : (registration.matrix as unknown as Mat4);
}

function notCorrectable(expected: string): PhotopeakError {
  return new PhotopeakError('the alignment of this run cannot be set by hand', {
    code: 'ALIGNMENT_NOT_CORRECTABLE',
    expected,
    remedy: 'process the study with petct-oncology first',
  });
}
