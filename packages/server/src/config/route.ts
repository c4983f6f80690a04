import {
  type Condition,
  conditionJsonSchema,
  parseCondition,
  parseTimeWindow,
  seriesConditionJsonSchema,
} from '@photopeak/pipelines';
import { z } from 'zod';
import { name } from './terms.ts';

/** Says that a problem is the name of a setting and not its value: the place that is shown. */
export const AT_KEY = { at: 'key' } as const;

function condition(scope: 'study' | 'series') {
  return z.unknown().transform(
    (value, context): Condition =>
      parseCondition(value ?? {}, scope, (path, message, at) =>
        context.addIssue({
          code: 'custom',
          path: [...path],
          message,
          ...(at === 'key' ? { params: AT_KEY } : {}),
        }),
      ),
  );
}

const when = condition('study');
const choose = condition('series');

const window = z.unknown().transform((value, context) => {
  const parsed = parseTimeWindow(value, (path, message, at) =>
    context.addIssue({
      code: 'custom',
      path: [...path],
      message,
      ...(at === 'key' ? { params: AT_KEY } : {}),
    }),
  );
  return parsed ?? z.NEVER;
});

/** JSON Schemas of the parts that have a parser of their own. */
export const parsedSchemas: ReadonlyMap<z.ZodType, object> = new Map<z.ZodType, object>([
  [when, conditionJsonSchema],
  [choose, seriesConditionJsonSchema],
  [
    window,
    {
      type: 'object',
      properties: {
        from: { type: 'string' },
        to: { type: 'string' },
        timeZone: { type: 'string' },
        weekdays: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
    },
  ],
]);

export const route = z.strictObject({
  name,
  when: when.optional().transform((value): Condition => value ?? { kind: 'all', parts: [] }),
  on: z
    .enum(['complete', 'alignment'])
    .default('complete')
    .describe(
      'complete: decided when a study is complete; alignment: when its registration scores below alignment.checkBelow.',
    ),
  choose: choose
    .optional()
    .describe('Conditions on a series: only the series for which they hold are given to the run.'),
  run: z
    .strictObject({ pipeline: name, parameters: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .describe('Leave out to forward only.'),
  phase: z
    .enum(['research', 'assist', 'production'])
    .default('assist')
    .describe(
      'research: nothing is delivered; assist: drafts are delivered; production: the same, monitored.',
    ),
  deliver: z
    .array(
      z.union([
        name.transform((to) => ({ to, send: 'results' as const })),
        z.strictObject({ to: name, send: z.enum(['results', 'originals', 'all']).default('results') }),
      ]),
    )
    .default([])
    .describe('Names of destinations, or { to, send: results | originals | all }.'),
  report: z
    .array(name)
    .default([])
    .describe(
      'Names of destinations of kind hl7 or fhir that are told the findings: first as draft, then signed.',
    ),
  priority: z.enum(['routine', 'high', 'urgent']).default('routine'),
  offPeak: window
    .optional()
    .describe('Runs of this route start only within this time; one that has started goes on to its end.'),
});

const most = z.int().min(1).max(1_000_000).optional();

/** What may be asked of a pipeline or a destination at once, and within an hour. */
export const limits = z
  .strictObject({
    pipelines: z
      .record(
        name,
        z.strictObject({
          concurrent: most.describe('Runs at the same time, on all workers together.'),
          perHour: most.describe('Runs started within any 60 minutes.'),
        }),
      )
      .default({}),
    destinations: z
      .record(
        name,
        z.strictObject({
          perHour: most.describe('Instances delivered within any 60 minutes.'),
          window: window.optional().describe('Deliver only within this time.'),
        }),
      )
      .default({}),
  })
  .prefault({});

interface RouteSetValue {
  readonly routes: readonly {
    readonly name: string;
    readonly deliver: readonly { readonly to: string }[];
    readonly report: readonly string[];
  }[];
  readonly limits: { readonly destinations: Readonly<Record<string, unknown>> };
}

/**
 * What routes name must be there. Images go to some destinations, messages to others; a name in the wrong list would
 * wait for ever.
 */
export function checkRoutes(
  value: RouteSetValue,
  destinations: readonly { readonly name: string; readonly kind: string }[],
  context: z.RefinementCtx,
): void {
  const kinds = new Map(destinations.map((entry) => [entry.name, entry.kind]));
  const all = [...kinds.keys()].join(', ') || 'none';
  const takesMessages = (to: string) => ['hl7', 'fhir'].includes(kinds.get(to) ?? '');
  const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  const seen = new Set<string>();
  value.routes.forEach((entry, index) => {
    if (seen.has(entry.name)) issue(['routes', index, 'name'], `"${entry.name}" is used twice`);
    seen.add(entry.name);
    entry.deliver.forEach(({ to }, position) => {
      const path = ['routes', index, 'deliver', position];
      if (!kinds.has(to)) issue(path, `no destination is named "${to}"; there are: ${all}`);
      else if (takesMessages(to)) issue(path, `"${to}" takes messages, no images: name it in report`);
    });
    entry.report.forEach((to, position) => {
      if (!takesMessages(to))
        issue(['routes', index, 'report', position], `no destination of kind hl7 or fhir is named "${to}"`);
    });
  });
  for (const to of Object.keys(value.limits.destinations)) {
    if (!kinds.has(to)) {
      context.addIssue({
        code: 'custom',
        path: ['limits', 'destinations', to],
        message: `no destination is named "${to}"; there are: ${all}`,
        params: AT_KEY,
      });
    }
  }
}

/** The part of `photopeak.yaml` that has versions: it stands alone in the editor of the workspace. */
export function routeDocument(destinations: readonly { readonly name: string; readonly kind: string }[]) {
  return z
    .strictObject({ routes: z.array(route).default([]), limits })
    .superRefine((value, context) => checkRoutes(value, destinations, context));
}
