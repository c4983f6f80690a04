import { z } from 'zod';

/** Routes: their versions, their check, their dry run. */

const Text = z.string().max(200_000);
const Time = z.string();

/** One condition as it was decided, with what was found. */
export interface ConditionTrace {
  text: string;
  holds: boolean;
  /** May name the patient. */
  found: string[];
  parts: ConditionTrace[];
}
export const ConditionTrace: z.ZodType<ConditionTrace> = z.object({
  text: z.string(),
  holds: z.boolean(),
  found: z.array(z.string()),
  get parts() {
    return z.array(ConditionTrace);
  },
});

/** A series, what a route that enhances would do with it, and every rule that was asked. */
export const SeriesPlan = z.object({
  seriesInstanceUid: z.string(),
  title: z.string(),
  modality: z.string(),
  /** ID@VERSION; null: the series stays as it is. */
  method: z.string().nullable(),
  /** `name value` of each. */
  settings: z.array(z.string()),
  phase: z.enum(['research', 'assist', 'production']).nullable(),
  /** Why, in words. */
  reason: z.string(),
  rules: z.array(z.object({ name: z.string(), holds: z.boolean(), traces: z.array(ConditionTrace) })),
});
export type SeriesPlan = z.infer<typeof SeriesPlan>;

export const RouteTrial = z.object({
  name: z.string(),
  matches: z.boolean(),
  pipeline: z.string().nullable(),
  traces: z.array(ConditionTrace),
  waitingFor: z.array(z.string()),
  /** Series that the run would be given. */
  chosen: z.array(z.string()),
  /** Of a route that is taken and enhances; null of any other. */
  enhancement: z.array(SeriesPlan).nullable(),
});
export type RouteTrial = z.infer<typeof RouteTrial>;

/** A place of a text that cannot work. */
export const RouteProblem = z.object({
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
});
export type RouteProblem = z.infer<typeof RouteProblem>;

export const RouteVersionEntry = z.object({
  id: z.number().int(),
  sha256: z.string(),
  origin: z.enum(['file', 'editor', 'rollback']),
  author: z.string(),
  note: z.string(),
  madeAt: Time,
});
export type RouteVersionEntry = z.infer<typeof RouteVersionEntry>;

/** GET /api/routes: the text in force and every version, the newest first. */
export const Routes = z.object({
  version: z.number().int(),
  text: z.string(),
  versions: z.array(RouteVersionEntry),
});
export type Routes = z.infer<typeof Routes>;

/** GET /api/routes/versions/:id: a version and what it changed. */
export const RouteVersionDetail = z.object({
  id: z.number().int(),
  text: z.string(),
  diff: z.array(z.object({ kind: z.enum(['same', 'added', 'removed']), text: z.string() })),
});
export type RouteVersionDetail = z.infer<typeof RouteVersionDetail>;

/** POST /api/routes/check */
export const RoutesToCheck = z.strictObject({ text: Text });
export const RoutesCheck = z.object({ problems: z.array(RouteProblem), routes: z.array(z.string()) });
export type RoutesCheck = z.infer<typeof RoutesCheck>;

/** POST /api/routes/test: what a study of the node would take; without `text`, by the routes in force. */
export const RoutesToTest = z.strictObject({ text: Text.optional(), studyInstanceUid: z.string().max(64) });
export const RoutesTest = z.object({ problems: z.array(RouteProblem), routes: z.array(RouteTrial) });
export type RoutesTest = z.infer<typeof RoutesTest>;

/** POST /api/routes; `basedOn` is the version that was edited. */
export const NewRoutes = z.strictObject({
  text: Text,
  basedOn: z.int(),
  note: z.string().max(500).default(''),
});

/** POST /api/configuration/reload: settings as `section` or `section.setting`. */
export const Reloaded = z.object({
  /** Of the routes in force. */
  version: z.number().int(),
  /** Changed and in force now. */
  applied: z.array(z.string()),
  /** In the file, and in force only after the next start. */
  afterRestart: z.array(z.string()),
});

/** GET /api/studies/:uid/counts: what was told, what came, what was done with it. */
export const StudyCounts = z.object({
  /** mpps, ian, query, needs, association, quiet, waited; awaiting: a route waits for more. Null: not closed yet. */
  closedBy: z.string().nullable(),
  closedAt: Time.nullable(),
  expected: z.number().int().nullable(),
  received: z.number().int(),
  missing: z.number().int(),
  processed: z.number().int(),
  deliveries: z.array(
    z.object({
      destination: z.string(),
      owed: z.number().int(),
      delivered: z.number().int(),
      failed: z.number().int(),
    }),
  ),
  evidence: z.array(
    z.object({
      kind: z.enum(['mpps', 'ian', 'query']),
      state: z.enum(['open', 'final', 'discontinued']),
      instanceCount: z.number().int(),
      toldBy: z.string(),
      toldAt: Time,
    }),
  ),
  /** Where the counts differ, in words. */
  differences: z.array(z.string()),
});
export type StudyCounts = z.infer<typeof StudyCounts>;

/** GET /api/studies/:uid/priors: studies from before that a rule found relevant. */
export const StudyPriors = z.object({
  priors: z.array(
    z.object({
      studyInstanceUid: z.string(),
      date: z.string(),
      description: z.string(),
      modalities: z.array(z.string()),
      instanceCount: z.number().int().nullable(),
      archive: z.string(),
      rule: z.string(),
      /** Why it is relevant, in words. */
      reason: z.string(),
      state: z.enum(['waiting', 'here', 'failed']),
      error: z.string().nullable(),
    }),
  ),
});
export type StudyPriors = z.infer<typeof StudyPriors>;
