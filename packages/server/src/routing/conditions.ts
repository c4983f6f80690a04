import type { RouteConditions, RouteConfiguration } from '../config/index.ts';

/** What a condition may look at. */
export interface StudyFacts {
  readonly modalities: readonly string[];
  readonly instanceCount: number;
  readonly sources: readonly { readonly kind: string; readonly aeTitle?: string | undefined }[];
  /** Values by keyword; a series attribute has one value per series. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export interface RouteDecision {
  readonly route: RouteConfiguration;
  readonly matches: boolean;
  /** One line per condition, for people: what was asked, what was found. */
  readonly reasons: readonly string[];
  /** Modalities that are all that is missing: the study may be waiting for them. */
  readonly waitingFor: readonly string[];
}

/** Says of one route whether the study takes it, and why. Data only: nothing in a route is executed. */
export function decideRoute(route: RouteConfiguration, facts: StudyFacts): RouteDecision {
  const checks = conditionsOf(route.when, facts);
  const failed = checks.filter((check) => !check.holds);
  const missing = (route.when.modalities ?? []).filter((modality) => !facts.modalities.includes(modality));
  const someArrived = (route.when.modalities ?? []).some((modality) => facts.modalities.includes(modality));
  return {
    route,
    matches: failed.length === 0,
    reasons: checks.map((check) => `${check.holds ? 'holds' : 'fails'}: ${check.text}`),
    waitingFor: someArrived && failed.every((check) => check.name === 'modalities') ? missing : [],
  };
}

interface Check {
  readonly name: string;
  readonly holds: boolean;
  readonly text: string;
}

function conditionsOf(when: RouteConditions, facts: StudyFacts): Check[] {
  const checks: Check[] = [];
  const add = (name: string, holds: boolean, text: string) => checks.push({ name, holds, text });
  const found = facts.modalities.join(', ') || 'none';
  if (when.modalities !== undefined) {
    const holds = when.modalities.every((modality) => facts.modalities.includes(modality));
    add('modalities', holds, `modalities include ${when.modalities.join(' and ')}; found ${found}`);
  }
  if (when.anyModality !== undefined) {
    const holds = when.anyModality.some((modality) => facts.modalities.includes(modality));
    add('anyModality', holds, `modalities include ${when.anyModality.join(' or ')}; found ${found}`);
  }
  if (when.minimumInstances !== undefined) {
    const holds = facts.instanceCount >= when.minimumInstances;
    add(
      'minimumInstances',
      holds,
      `at least ${when.minimumInstances} instances; found ${facts.instanceCount}`,
    );
  }
  if (when.source !== undefined) {
    const { kind, aeTitle } = when.source;
    const holds = facts.sources.some(
      (source) =>
        (kind === undefined || source.kind === kind) && (aeTitle === undefined || source.aeTitle === aeTitle),
    );
    const seen = facts.sources
      .map((source) => [source.kind, source.aeTitle].filter(Boolean).join(' '))
      .join(', ');
    add(
      'source',
      holds,
      `came from ${[kind, aeTitle].filter(Boolean).join(' ')}; came from ${seen || 'nowhere'}`,
    );
  }
  for (const [keyword, condition] of Object.entries(when.attributes ?? {})) {
    const values = facts.attributes[keyword] ?? [];
    const holds = values.some((value) => textHolds(condition, value));
    // Values of attributes may name people or places: only the condition is told.
    add(keyword, holds, `${keyword} ${describe(condition)}`);
  }
  if (checks.length === 0) add('none', true, 'no condition is set');
  return checks;
}

type TextCondition = NonNullable<
  NonNullable<RouteConditions['attributes']>[keyof NonNullable<RouteConditions['attributes']>]
>;

function textHolds(condition: TextCondition, value: string): boolean {
  const text = value.toLowerCase();
  const lower = (wanted: string) => wanted.toLowerCase();
  return (
    (condition.equals === undefined || text === lower(condition.equals)) &&
    (condition.contains === undefined || text.includes(lower(condition.contains))) &&
    (condition.startsWith === undefined || text.startsWith(lower(condition.startsWith))) &&
    (condition.oneOf === undefined || condition.oneOf.some((wanted) => text === lower(wanted)))
  );
}

function describe(condition: TextCondition): string {
  return Object.entries(condition)
    .filter(([, wanted]) => wanted !== undefined)
    .map(([operator, wanted]) => `${operator} ${JSON.stringify(wanted)}`)
    .join(' and ');
}
