import { sql } from 'kysely';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import type { AuditEvent } from '../../governance/index.ts';
import { counted } from './differences.ts';
import { type Balance, balanceOf } from './expectations.ts';

/** What a study was closed by, from the strongest evidence to the weakest. */
export const closingEvidence = ['mpps', 'ian', 'query', 'needs', 'association', 'quiet', 'waited'] as const;
export type ClosingEvidence = (typeof closingEvidence)[number];

interface Closing {
  readonly closedBy: ClosingEvidence;
  /** The last decision was that a route waits for more series. */
  readonly wasAwaiting: boolean;
  readonly missing: number;
  readonly events: readonly AuditEvent[];
}

/**
 * Closes a study whose pause has come, or lets it wait for what was announced.
 * @returns the evidence; undefined where it waits.
 */
export async function closeStudy(
  transaction: Database,
  settings: Configuration['studies'],
  uid: string,
): Promise<Closing | undefined> {
  const study = await transaction
    .selectFrom('study')
    .select(['waits_since', 'association_ended_at', 'missing_instances', 'closed_by'])
    .select((eb) =>
      eb
        .selectFrom('instance')
        .select((inner) => inner.fn.max('received_at').as('at'))
        .whereRef('instance.study_instance_uid', '=', 'study.study_instance_uid')
        .where('origin', '=', 'received')
        .as('last_received'),
    )
    .where('study_instance_uid', '=', uid)
    .executeTakeFirstOrThrow();
  const balance = await balanceOf(transaction, uid);
  const longest = balance.isOpen
    ? settings.openStepMinutes
    : balance.missing > 0
      ? settings.missingMinutes
      : 0;
  const waitedMs = study.waits_since === null ? 0 : Date.now() - study.waits_since.getTime();
  if (longest > 0 && waitedMs < longest * 60_000) {
    await transaction
      .updateTable('study')
      .set({
        waits_since: study.waits_since ?? new Date(),
        settles_at: sql<Date>`now() + make_interval(secs => ${Math.min(settings.quietSeconds, LOOK_AGAIN_SECONDS)})`,
        state_reason: balance.isOpen
          ? 'a procedure step is in progress'
          : `${counted(balance.missing, 'announced instance')} not here yet`,
      })
      .where('study_instance_uid', '=', uid)
      .execute();
    return undefined;
  }
  const closedBy = evidenceOf(balance, study);
  await transaction
    .updateTable('study')
    .set({
      closed_by: closedBy,
      closed_at: new Date(),
      waits_since: null,
      expected_instances: balance.expected,
      missing_instances: balance.missing,
    })
    .where('study_instance_uid', '=', uid)
    .execute();
  const differs = balance.missing !== study.missing_instances;
  return {
    closedBy,
    wasAwaiting: study.closed_by === 'awaiting',
    missing: balance.missing,
    events: differs
      ? [
          {
            kind: 'reconciliation',
            actor: 'node',
            subject: `study:${uid}`,
            detail: { expected: balance.expected, received: balance.received, missing: balance.missing },
          },
        ]
      : [],
  };
}

/** While a study waits, what is missing may have come: it is looked at again this often. */
const LOOK_AGAIN_SECONDS = 10;

function evidenceOf(
  balance: Balance,
  study: {
    readonly waits_since: Date | null;
    readonly association_ended_at: Date | null;
    readonly last_received: Date | null;
  },
): ClosingEvidence {
  const final = balance.evidence.filter(({ state }) => state === 'final');
  if (final.length > 0 && balance.missing === 0 && !balance.isOpen) {
    return closingEvidence.find((kind) => final.some((evidence) => evidence.kind === kind)) ?? 'query';
  }
  if (study.waits_since !== null) return 'waited';
  const { association_ended_at: ended, last_received: last } = study;
  return ended !== null && last !== null && ended >= last ? 'association' : 'quiet';
}
