import {
  type Assessment,
  type ComparabilityCheck,
  comparability,
  deauville,
  deltaSuvMax,
  lugano,
  notComparableReasons,
  type PercistLesion,
  type PercistTimePoint,
  percist,
  recip,
  recistDraft,
  type Statement,
} from '@photopeak/analysis';
import type { ComparedTrack } from './compare.ts';
import type { ExaminationFacts } from './conditions.ts';
import { type CtExtents, extentOf } from './measure-ct.ts';
import type { CriteriaName } from './parameters.ts';

export interface AssessInput {
  /** The oldest first; the last is the current study. */
  readonly facts: readonly ExaminationFacts[];
  readonly tracks: readonly ComparedTrack[];
  /** Names of the tracks for people, by their index. */
  readonly names: readonly string[];
  /** Organ of each track, where it is known. */
  readonly organs: readonly (string | undefined)[];
  /** Examinations whose lesions could be sought and brought into the frame of the current one. */
  readonly isUsable: readonly boolean[];
  readonly criteria: readonly CriteriaName[];
  /** Size on CT of the lesions of each examination; empty where it was not measured. */
  readonly ctExtents: readonly CtExtents[];
}

export type Response = Assessment<string> & { readonly against: number };

/** Each earlier examination against the current one. */
export function checksOf(facts: readonly ExaminationFacts[]): ComparabilityCheck[][] {
  const current = facts.at(-1)!;
  return facts.slice(0, -1).map((earlier) => comparability(earlier.conditions, current.conditions));
}

/**
 * The criteria asked for, against the oldest examination that can be used and, where there are more, against the one
 * just before as well.
 */
export function assess(input: AssessInput): Response[] {
  const { facts, isUsable, criteria } = input;
  const last = facts.length - 1;
  const usable = facts.map((_, order) => order).filter((order) => order < last && isUsable[order] === true);
  const against = [...new Set([usable[0] ?? 0, usable.at(-1) ?? 0])];
  const checks = checksOf(facts);
  return against.flatMap((order) =>
    criteria.flatMap((name): Response[] => {
      const blocked = [
        ...(isUsable[last] === true ? [] : ['lesions of the current study were not sought']),
        ...(isUsable[order] === true ? [] : ['no study from before could be registered and measured']),
      ];
      return (
        blocked.length > 0
          ? [{ status: 'not-assessable' as const, criteria: TITLES[name], reasons: blocked, statements: [] }]
          : judge(name, order, input, notComparableReasons(checks[order] ?? []))
      ).map((assessment) => ({ ...assessment, against: order }));
    }),
  );
}

const TITLES = {
  percist: 'PERCIST 1.0',
  deauville: 'Deauville five-point scale',
  lugano: 'Lugano 2014, PET-CT',
  recip: 'RECIP 1.0',
  recist: 'RECIST 1.1',
} as const;

/** Judged by the uptake that is seen. */
const BY_SIGHT: readonly CriteriaName[] = ['deauville', 'lugano'];

function judge(
  name: keyof typeof TITLES,
  order: number,
  input: AssessInput,
  differing: readonly string[],
): Assessment<string>[] {
  const hidden = unseen(order, input);
  const notComparable = [...differing, ...hidden];
  // By the uptake that is seen these two would call a lesion gone that nobody has looked at.
  if (hidden.length > 0 && BY_SIGHT.includes(name) && newLesions(order, input).length === 0) {
    return [{ status: 'not-assessable', criteria: TITLES[name], reasons: hidden, statements: [] }];
  }
  switch (name) {
    case 'percist':
      return [withDoubts(judgePercist(order, input, notComparable), order, input)];
    case 'deauville':
      return order === firstUsable(input) ? [judgeDeauville(order, input)] : [];
    case 'lugano':
      return judgeLugano(order, input, notComparable);
    case 'recip':
      return [withDoubts(judgeRecip(order, input, notComparable), order, input)];
    case 'recist':
      return order === firstUsable(input) ? [withDoubts(judgeRecist(order, input), order, input)] : [];
  }
}

const firstUsable = ({ isUsable }: AssessInput): number => isUsable.indexOf(true);
const lastOf = ({ facts }: AssessInput): number => facts.length - 1;

/** Came after an examination; what was there then but set aside does not count as new. */
const isNew = ({ track, doubt }: ComparedTrack, order: number, last: number): boolean =>
  track.first.timePoint > order && (track.at[last]?.length ?? 0) > 0 && doubt === null;

function newLesions(order: number, input: AssessInput): string[] {
  return input.tracks.flatMap((track, index) =>
    isNew(track, order, lastOf(input)) ? [input.names[index]!] : [],
  );
}

/** Lesions of an examination whose places the current scan does not show. */
function unseen(order: number, { tracks, names, facts }: AssessInput): string[] {
  const last = facts.length - 1;
  return tracks.flatMap(({ track, values, residual }, index) => {
    const wasThere = values[order] != null && track.mergedInto === null;
    return wasThere && values[last] == null && residual === null
      ? [`what is left of ${names[index]} is not known: its place lies outside the current scan`]
      : [];
  });
}

/** What a person must look at because the two examinations took the same uptake for different things. */
function withDoubts(assessment: Assessment<string>, order: number, input: AssessInput): Assessment<string> {
  if (assessment.status !== 'assessed') return assessment;
  const doubts = input.tracks.flatMap(({ track, doubt }, index) => {
    if (doubt === null) return [];
    const isLate = track.first.timePoint > order;
    return [`${input.names[index]}${isLate ? ', not counted as new' : ''}: ${doubt}`];
  });
  return { ...assessment, cautions: [...assessment.cautions, ...doubts] };
}

function judgePercist(
  order: number,
  input: AssessInput,
  notComparable: readonly string[],
): Assessment<string> {
  const { facts, tracks, names, organs } = input;
  const last = lastOf(input);
  const missing = [order, last].flatMap((at) => {
    const { sulPerSuv, sulReason } = facts[at]!;
    return sulPerSuv === null ? [`SUL ${at === last ? 'now' : 'before'}: ${sulReason}`] : [];
  });
  const timePoint = (at: number): PercistTimePoint => {
    const { sulPerSuv, liver, bloodPool } = facts[at]!;
    const factor = sulPerSuv ?? 1;
    const scaled = (region: typeof liver) =>
      region === null ? null : { mean: region.mean * factor, sd: region.sd * factor };
    return {
      liver: scaled(liver),
      bloodPool: scaled(bloodPool),
      lesions: tracks.flatMap(({ values, residual }, index): PercistLesion[] => {
        const value = values[at] ?? null;
        const left = at === last && value === null ? residual : null;
        const peak = value?.suvPeak ?? left?.suvPeak ?? null;
        if (peak === null) return [];
        const organ = organs[index];
        return [
          {
            id: names[index]!,
            sulPeak: peak * factor,
            tlg: value === null ? 0 : value.tlgG * factor,
            ...(organ === undefined ? {} : { organ }),
          },
        ];
      }),
    };
  };
  const current = timePoint(last);
  const came = (index: number) => tracks[index]!.track.first.timePoint <= order;
  return percist({
    baseline: timePoint(order),
    // A place where a lesion was before belongs to this comparison only if it was there at the examination.
    current: {
      ...current,
      lesions: current.lesions.filter(({ id }) => {
        const index = names.indexOf(id);
        return tracks[index]!.values[last] !== null || came(index);
      }),
    },
    newLesions: newLesions(order, input),
    pairs: tracks.flatMap(({ values }, index) =>
      values[order] != null && values[last] != null
        ? [{ baseline: names[index]!, current: names[index]! }]
        : [],
    ),
    notComparable: [...missing, ...notComparable],
  });
}

function deauvilleOf(order: number, input: AssessInput) {
  const { facts, tracks, names } = input;
  const last = lastOf(input);
  const { liver, bloodPool } = facts[last]!;
  return deauville({
    liver,
    bloodPool,
    sites: tracks.flatMap((track, index) => {
      const suvMax = track.values[last]?.suvMax ?? track.residual?.suvMax;
      if (suvMax === undefined) return [];
      return [{ id: names[index]!, suvMax, isNew: isNew(track, order, last) }];
    }),
  });
}

function judgeDeauville(order: number, input: AssessInput): Assessment<string> {
  const { sites: _, ...assessment } = deauvilleOf(order, input);
  return withDoubts(assessment, order, input);
}

function judgeLugano(
  order: number,
  input: AssessInput,
  notComparable: readonly string[],
): Assessment<string>[] {
  const { tracks, names } = input;
  const last = lastOf(input);
  const assessment = lugano({
    score: deauvilleOf(order, input),
    lesions: tracks.map(({ values, residual }, index) => ({
      id: names[index]!,
      before: values[order]?.suvMax ?? null,
      now: values[last]?.suvMax ?? residual?.suvMax ?? null,
    })),
    newLesions: newLesions(order, input),
    notComparable,
  });
  const hottest = (at: number) =>
    Math.max(
      0,
      ...tracks.map(
        ({ values, residual }) => values[at]?.suvMax ?? (at === last ? (residual?.suvMax ?? 0) : 0),
      ),
    );
  const delta =
    notComparable.length > 0 ? [] : [deltaSuvMax(hottest(order), hottest(last), 'afterTwoCycles')];
  return [withDoubts(assessment, order, input), ...delta];
}

function judgeRecip(order: number, input: AssessInput, notComparable: readonly string[]): Assessment<string> {
  const last = lastOf(input);
  const volume = (at: number) => input.tracks.reduce((sum, { values }) => sum + (values[at]?.mtvMl ?? 0), 0);
  return recip({
    baselineMl: volume(order),
    currentMl: volume(last),
    newLesions: newLesions(order, input),
    notComparable,
  });
}

/** Regions in which a lesion is taken for a lymph node, which RECIST measures across. */
const NODE_REGIONS: readonly string[] = [
  'Neck',
  'Supraclavicular region',
  'Axilla',
  'Hilum of lung',
  'Mediastinum',
  'Retroperitoneum',
  'Iliac region',
  'Inguinal region',
];

function judgeRecist(order: number, input: AssessInput): Assessment<string> {
  const { tracks, names, organs, ctExtents } = input;
  const last = lastOf(input);
  const isNode = (index: number) => NODE_REGIONS.includes(organs[index] ?? '');
  const {
    input: draft,
    left,
    assessment,
  } = recistDraft(
    tracks.map((track, index) => ({
      id: names[index]!,
      organ: organs[index] ?? 'soft tissue',
      isNode: isNode(index),
      baseline: extentOf(track, order, ctExtents),
      current: extentOf(track, last, ctExtents),
      between: ctExtents.slice(order + 1, last).map((_, n) => extentOf(track, order + 1 + n, ctExtents)),
      isNew: track.track.first.timePoint > order && (track.doubt === null || 'doubtful'),
    })),
  );
  const statements = [
    ...draft.targets.map(({ id, organ, isNode: across, baselineMm, current }): Statement => {
      const now = typeof current === 'number' ? `${current.toFixed(1)} mm` : current;
      const what = across ? 'short axis' : 'longest diameter';
      return {
        text: `target proposed: ${id}, ${organ.toLowerCase()}, ${what} ${baselineMm.toFixed(1)} mm → ${now}`,
        values: { baselineMm, ...(typeof current === 'number' ? { currentMm: current } : {}) },
      };
    }),
    ...left.map(({ id, reason }): Statement => ({ text: `${id} is no target: ${reason}`, values: {} })),
  ];
  return { ...assessment, statements: [...statements, ...assessment.statements] };
}
