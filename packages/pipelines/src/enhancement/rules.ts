import { z } from 'zod';
import {
  type Condition,
  describeCondition,
  evaluate,
  parseCondition,
  pixelMeasures,
  type StudyFacts,
  type StudySeries,
  type Trace,
} from '../conditions/index.ts';
import { enhancementMethods, splitModelName } from './catalogue.ts';
import { enhancementTasks } from './method.ts';

/** What a rule does with a series: enhance it so, or leave it as it is. */
const use = z.union([
  z.literal('none'),
  z
    .strictObject({
      task: z.enum(enhancementTasks).default('denoise'),
      method: z.string().min(1).max(200).default('auto'),
      settings: z.record(z.string(), z.json()).default({}),
    })
    .superRefine(({ method, settings }, context) => {
      // What a model of the site takes only its package says; of built-in methods it is known here.
      const builtIn = enhancementMethods.find(({ id }) => id === splitModelName(method).id);
      const parsed = builtIn?.parameters.safeParse(settings);
      for (const { path, message } of parsed?.error?.issues ?? [])
        context.addIssue({ code: 'custom', path: ['settings', ...path], message });
    }),
]);

const problemsOf = (value: unknown): { path: PropertyKey[]; message: string }[] => {
  const problems: { path: PropertyKey[]; message: string }[] = [];
  parseCondition(value, 'series', (path, message) => problems.push({ path: [...path], message }), {
    pixels: true,
  });
  return problems;
};

/** A condition on a series as routes have them, kept as it was written: parameters are stored as JSON. */
const when = z
  .record(z.string(), z.json())
  .default({})
  .superRefine((value, context) => {
    for (const { path, message } of problemsOf(value)) context.addIssue({ code: 'custom', path, message });
  });

export const enhancementRule = z.strictObject({ name: z.string().min(1).max(100), when, use });
export type EnhancementRule = z.infer<typeof enhancementRule>;

/** A rule as it was asked of a series. */
export interface ConsideredRule {
  readonly rule: string;
  readonly holds: boolean;
  /** Every condition with what was found; the values may name a patient. */
  readonly traces: readonly Trace[];
}

export interface RuleDecision {
  /** The first rule that holds; null where none does. */
  readonly rule: EnhancementRule | null;
  /** The rules up to the one that holds. */
  readonly considered: readonly ConsideredRule[];
}

const topLevel = (condition: Condition): readonly Condition[] =>
  condition.kind === 'all' ? condition.parts.flatMap(topLevel) : [condition];

/** Whether a condition asks for what only pixels tell. */
function asksPixels(condition: Condition): boolean {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.parts.some(asksPixels);
    case 'not':
    case 'series':
    case 'instances':
      return asksPixels(condition.part);
    case 'measure':
      return pixelMeasures.includes(condition.measure);
    default:
      return false;
  }
}

export const conditionOf = (rule: EnhancementRule): Condition =>
  parseCondition(rule.when, 'series', () => {}, { pixels: true });

/**
 * The first rule that holds for a series, and why those before it do not. Pixels are measured only where everything
 * else of a rule holds: `measure` is asked at most once.
 */
export async function decideByRules(
  rules: readonly EnhancementRule[],
  facts: Omit<StudyFacts, 'series'>,
  series: StudySeries,
  measure: () => Promise<StudySeries['measured']>,
): Promise<RuleDecision> {
  const considered: ConsideredRule[] = [];
  let known = series;
  let isMeasured = false;
  for (const rule of rules) {
    const parts = topLevel(conditionOf(rule));
    const scope = (of: StudySeries) => ({ facts: { ...facts, series: [of] }, chosen: [], series: of });
    const byHeader = parts.filter((part) => !asksPixels(part)).map((part) => evaluate(part, scope(known)));
    const byPixels = parts.filter(asksPixels);
    if (byPixels.length > 0 && byHeader.every(({ holds }) => holds) && !isMeasured) {
      known = { ...known, measured: { ...known.measured, ...(await measure()) } };
      isMeasured = true;
    }
    const traces = [
      ...byHeader,
      ...byPixels.map(
        (part): Trace => (isMeasured ? evaluate(part, scope(known)) : notAsked(describeCondition(part))),
      ),
    ];
    const holds = traces.every((trace) => trace.holds);
    considered.push({ rule: rule.name, holds, traces });
    if (holds) return { rule, considered };
  }
  return { rule: null, considered };
}

const notAsked = (text: string): Trace => ({
  text,
  holds: false,
  found: ['not measured, as something else of the rule does not hold'],
  parts: [],
});
