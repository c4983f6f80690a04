import { createHash } from 'node:crypto';
import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import type { ModelPhase } from '../database/model-tables.ts';
import { appendAudit } from '../governance/index.ts';
import { type RegistryContext, requireModel } from './registry.ts';

/** What a placement is for; an empty text stands for any. */
export interface ModelScope {
  readonly modality?: string;
  /** Protocol Name. */
  readonly protocol?: string;
}

export interface Candidate {
  readonly version: string;
  /** `shadow`: runs beside the version in use and nobody sees it; `canary`: serves a share of the studies. */
  readonly mode: 'shadow' | 'canary';
  readonly share?: number;
}

export interface Placement {
  readonly modelId: string;
  readonly scope: Required<ModelScope>;
  readonly version: string;
  readonly phase: ModelPhase;
  readonly candidate: Candidate | null;
  readonly reason: string | null;
  readonly placedAt: Date;
  readonly placedBy: string;
}

export interface Promotion {
  readonly id: string;
  readonly version: string;
  readonly phase: ModelPhase;
  readonly scope?: ModelScope;
  readonly candidate?: Candidate;
  readonly reason?: string;
  /** Region whose status counts for the phase `production`, as model.yaml names it. */
  readonly region?: string;
}

type Context = Pick<RegistryContext, 'db' | 'actor'>;

const wholeScope = ({ modality = '', protocol = '' }: ModelScope = {}) => ({ modality, protocol });
const MAY_SERVE: ReadonlySet<string> = new Set(['cleared', 'certified', 'in-house']);

/**
 * Puts a version of a model in use for a scope, in a phase, perhaps with a candidate beside it.
 * @throws PhotopeakError MODEL_UNKNOWN, MODEL_NOT_CLEARED, MODEL_CANDIDATE_SHARE
 */
export async function promoteModel({ db, actor }: Context, promotion: Promotion): Promise<Placement> {
  const { id, version, phase, candidate, reason = null, region } = promotion;
  const { manifest } = await requireModel(db, id, version);
  if (phase === 'production') {
    const status = manifest.regulatory.find((one) => one.region === region)?.status;
    if (status === undefined || !MAY_SERVE.has(status)) {
      throw new PhotopeakError('the model is not cleared for routine use here', {
        code: 'MODEL_NOT_CLEARED',
        expected: `a regulatory entry for ${region ?? 'a region'} with cleared, certified or in-house`,
        found: manifest.regulatory.map((one) => `${one.region}: ${one.status}`).join(', '),
        remedy: 'put it in the phase research or assist, or name the region whose status holds',
      });
    }
  }
  if (candidate !== undefined) {
    await requireModel(db, id, candidate.version);
    const { mode, share } = candidate;
    if ((mode === 'canary') !== (share !== undefined) || (share !== undefined && !(share > 0 && share < 1))) {
      throw new PhotopeakError('a canary serves a share of the studies, a shadow none', {
        code: 'MODEL_CANDIDATE_SHARE',
        expected: 'a share above 0 and below 1 for a canary, and none for a shadow',
        found: String(share ?? 'none'),
      });
    }
  }
  await place({ db, actor }, 'promoted', {
    model_id: id,
    ...wholeScope(promotion.scope),
    version,
    phase,
    candidate: candidate?.version ?? null,
    candidate_mode: candidate?.mode ?? null,
    candidate_share: candidate?.share ?? null,
    reason,
  });
  return (await currentPlacement(db, id, wholeScope(promotion.scope)))!;
}

/**
 * Puts back in use what was in use before the present version, in one step.
 * @throws PhotopeakError MODEL_NOTHING_BEFORE
 */
export async function rollbackModel(
  { db, actor }: Context,
  id: string,
  scope?: ModelScope,
  reason?: string,
): Promise<Placement> {
  const { modality, protocol } = wholeScope(scope);
  const rows = await rowsOf(db, id, { modality, protocol });
  const [current] = rows;
  const before = inUseInTurn(rows).at(-2);
  if (current === undefined || before === undefined) {
    throw new PhotopeakError('there is no version before this one', {
      code: 'MODEL_NOTHING_BEFORE',
      expected: `another version of ${id} that was in use for this scope`,
      found: current === undefined ? 'none was ever in use' : `only ${current.version}`,
    });
  }
  await place({ db, actor }, 'rolled back', {
    model_id: id,
    modality,
    protocol,
    version: before.version,
    phase: before.phase,
    ...NO_CANDIDATE,
    reason: `${ROLLED_BACK} from ${current.version}${reason === undefined ? '' : `: ${reason}`}`,
  });
  return (await currentPlacement(db, id, { modality, protocol }))!;
}

const ROLLED_BACK = 'rolled back';

/**
 * The versions that were in use one after the other, without those that a rollback took back: the last one is in use,
 * the one before it is what a rollback goes back to. What was taken back is not gone back to again.
 */
function inUseInTurn(newestFirst: readonly Row[]): Row[] {
  const turns: Row[] = [];
  for (const row of newestFirst.toReversed()) {
    if (row.reason?.startsWith(ROLLED_BACK)) {
      while (turns.length > 0 && turns.at(-1)!.version !== row.version) turns.pop();
    }
    if (turns.at(-1)?.version === row.version) turns.pop();
    turns.push(row);
  }
  return turns;
}

/** Of a placement that one version alone serves. */
export const NO_CANDIDATE = { candidate: null, candidate_mode: null, candidate_share: null } as const;

interface NewRow {
  readonly model_id: string;
  readonly modality: string;
  readonly protocol: string;
  readonly version: string;
  readonly phase: ModelPhase;
  readonly candidate: string | null;
  readonly candidate_mode: 'shadow' | 'canary' | null;
  readonly candidate_share: number | null;
  readonly reason: string | null;
}

/** Writes a placement down; the newest of a scope counts. */
export async function place({ db, actor }: Context, what: string, row: NewRow): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('model_placement')
      .values({ ...row, placed_by: actor })
      .execute();
    const { model_id: id, version, ...detail } = row;
    await appendAudit(transaction, [
      { kind: 'model', actor, subject: `model:${id}@${version}`, detail: { what, ...detail } },
    ]);
  });
}

const rowsOf = (db: Database, id: string, { modality, protocol }: Required<ModelScope>) =>
  db
    .selectFrom('model_placement')
    .selectAll()
    .where('model_id', '=', id)
    .where('modality', '=', modality)
    .where('protocol', '=', protocol)
    .orderBy('seq', 'desc')
    .execute();

type Row = Awaited<ReturnType<typeof rowsOf>>[number];

function toPlacement(row: Row): Placement {
  return {
    modelId: row.model_id,
    scope: { modality: row.modality, protocol: row.protocol },
    version: row.version,
    phase: row.phase,
    candidate:
      row.candidate === null || row.candidate_mode === null
        ? null
        : {
            version: row.candidate,
            mode: row.candidate_mode,
            ...(row.candidate_share === null ? {} : { share: row.candidate_share }),
          },
    reason: row.reason,
    placedAt: row.placed_at,
    placedBy: row.placed_by,
  };
}

async function currentPlacement(
  db: Database,
  id: string,
  scope: Required<ModelScope>,
): Promise<Placement | undefined> {
  const [row] = await rowsOf(db, id, scope);
  return row === undefined ? undefined : toPlacement(row);
}

/** The placements in force, one for each scope of each model. */
export async function listPlacements(db: Database): Promise<Placement[]> {
  const rows = await db
    .selectFrom('model_placement as p')
    .selectAll()
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('model_placement as later')
            .select('later.seq')
            .whereRef('later.model_id', '=', 'p.model_id')
            .whereRef('later.modality', '=', 'p.modality')
            .whereRef('later.protocol', '=', 'p.protocol')
            .whereRef('later.seq', '>', 'p.seq'),
        ),
      ),
    )
    .orderBy('model_id')
    .orderBy('modality')
    .orderBy('protocol')
    .execute();
  return rows.map(toPlacement);
}

/** What serves a study. */
export interface ResolvedModel {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  readonly phase: ModelPhase;
  readonly isCanary: boolean;
  /** Runs as well, and only the comparison is kept. */
  readonly shadow: { readonly version: string; readonly digest: string } | null;
}

/**
 * The version of a model for a study: of the placements that hold, the one that says most about modality and
 * protocol. Which studies a canary serves follows from their UIDs alone, so that a repeat is served the same.
 * @throws PhotopeakError MODEL_NOT_PLACED
 */
export async function resolveModel(
  db: Database,
  id: string,
  study: { readonly modality: string; readonly protocol: string; readonly studyInstanceUid: string },
): Promise<ResolvedModel> {
  const placements = (await listPlacements(db)).filter(
    ({ modelId, scope }) =>
      modelId === id &&
      (scope.modality === '' || scope.modality === study.modality) &&
      (scope.protocol === '' || scope.protocol === study.protocol),
  );
  const detail = ({ scope }: Placement) => (scope.protocol === '' ? 0 : 2) + (scope.modality === '' ? 0 : 1);
  const [placement] = placements.sort((a, b) => detail(b) - detail(a));
  if (placement === undefined) {
    throw new PhotopeakError('no version of the model is in use for this study', {
      code: 'MODEL_NOT_PLACED',
      expected: `a placement of ${id} for ${study.modality} ${study.protocol}`.trim(),
      found: 'none',
      remedy: 'photopeak model promote puts a version in use',
    });
  }
  const { candidate, phase } = placement;
  const isCanary =
    candidate?.mode === 'canary' && shareOf(`${id} ${study.studyInstanceUid}`) < (candidate.share ?? 0);
  const version = isCanary ? candidate!.version : placement.version;
  const { digest } = await requireModel(db, id, version);
  const shadow =
    candidate?.mode === 'shadow'
      ? { version: candidate.version, digest: (await requireModel(db, id, candidate.version)).digest }
      : null;
  return { id, version, digest, phase, isCanary, shadow };
}

/** A number from 0 to 1 that is always the same for a text. */
function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/** How many versions before the present one are kept for a rollback. */
const KEPT = 2;

/**
 * Takes a version out of the registry; its row and its files stay for what was made with it.
 * @throws PhotopeakError MODEL_UNKNOWN, MODEL_IN_USE
 */
export async function removeModel(
  { db, actor, store }: Pick<RegistryContext, 'db' | 'actor' | 'store'>,
  id: string,
  version: string,
): Promise<void> {
  const { digest } = await requireModel(db, id, version);
  const scopes = await db
    .selectFrom('model_placement')
    .select(['modality', 'protocol'])
    .distinct()
    .where('model_id', '=', id)
    .execute();
  for (const scope of scopes) {
    const rows = await rowsOf(db, id, scope);
    const last = [...new Set(rows.map((row) => row.version))].slice(0, 1 + KEPT);
    last.push(
      ...inUseInTurn(rows)
        .slice(-1 - KEPT)
        .map((row) => row.version),
    );
    if (!last.includes(version) && rows[0]?.candidate !== version) continue;
    throw new PhotopeakError('this version is in use, or kept to go back to', {
      code: 'MODEL_IN_USE',
      expected: `a version that is neither in use nor among the ${KEPT} before it`,
      found: `${id}@${version}`,
      remedy: 'promote another version first; what was in use lately stays for a rollback',
    });
  }
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('model')
      .set({ removed_at: sql<Date>`now()` })
      .where('id', '=', id)
      .where('version', '=', version)
      .execute();
    await appendAudit(transaction, [
      { kind: 'model', actor, subject: `model:${id}@${version}`, detail: { what: 'removed', digest } },
    ]);
  });
  await store.clear(digest);
}
