import type { CtExtentOutcome } from '../measurements/index.ts';
import type { Assessment } from './assessment.ts';
import { type RecistCategory, type RecistInput, type RecistTarget, recist } from './recist.ts';
import { atLeast } from './tolerance.ts';

/** A lesion as both examinations show it. */
export interface DraftLesion {
  readonly id: string;
  /** Organ or region; nodes of all regions count as one organ. */
  readonly organ: string;
  readonly isNode: boolean;
  /** On CT at both examinations; null where it is not among the lesions of that examination. */
  readonly baseline: CtExtentOutcome | null;
  readonly current: CtExtentOutcome | null;
  /** At the examinations between the two, in their order. */
  readonly between?: readonly (CtExtentOutcome | null)[];
  /** Not there before; `doubtful` where uptake was there and set aside. */
  readonly isNew: boolean | 'doubtful';
}

export interface RecistDraft {
  /** What a person checks before it is anything: the lesions proposed as targets, as RECIST 1.1 takes them. */
  readonly input: RecistInput;
  /** Lesions that are no targets, and why. */
  readonly left: readonly { readonly id: string; readonly reason: string }[];
  readonly assessment: Assessment<RecistCategory>;
}

const MOST_TARGETS = 5;
const MOST_IN_ORGAN = 2;
const SMALLEST_MM = 10;
const SMALLEST_NODE_MM = 15;
const NODES = 'lymph nodes';

const CAUTIONS = [
  'a draft: target lesions are proposed from those that take up tracer, the largest first; a lesion without uptake is not among them',
  'diameters follow half the contrast on the CT of the PET/CT; measure them again before they are reported',
];

/**
 * Proposes target lesions, at most five and two of an organ, by their size on CT at baseline, and judges them by RECIST
 * 1.1. Lesions that CT does not delimit are non-target lesions; of these uptake alone never says that they are gone.
 */
export function recistDraft(lesions: readonly DraftLesion[]): RecistDraft {
  const left: { id: string; reason: string }[] = [];
  const measured = lesions.flatMap((lesion) => {
    const { baseline } = lesion;
    if (baseline === null) return [];
    if (baseline.status === 'not-measured') {
      left.push({ id: lesion.id, reason: baseline.reason });
      return [];
    }
    const mm = lesion.isNode ? baseline.shortAxisMm : baseline.longestMm;
    const doubled = baseline.sliceSpacingMm > 5 ? 2 * baseline.sliceSpacingMm : 0;
    const least = Math.max(lesion.isNode ? SMALLEST_NODE_MM : SMALLEST_MM, doubled);
    if (!atLeast(mm, least)) {
      const what = lesion.isNode ? 'short axis' : 'longest diameter';
      left.push({
        id: lesion.id,
        reason: `${what} ${mm.toFixed(1)} mm at baseline; a target has ${least} mm`,
      });
      return [];
    }
    return [{ lesion, mm, sliceSpacingMm: baseline.sliceSpacingMm }];
  });
  measured.sort((a, b) => b.mm - a.mm || (a.lesion.id < b.lesion.id ? -1 : 1));
  const targets: RecistTarget[] = [];
  const inOrgan = new Map<string, number>();
  for (const { lesion, mm } of measured) {
    const organ = lesion.isNode ? NODES : lesion.organ;
    const already = inOrgan.get(organ) ?? 0;
    if (targets.length >= MOST_TARGETS || already >= MOST_IN_ORGAN) {
      left.push({ id: lesion.id, reason: `there are larger targets, ${already} of them of ${organ}` });
      continue;
    }
    inOrgan.set(organ, already + 1);
    const { id, isNode } = lesion;
    targets.push({ id, organ, isNode, baselineMm: mm, current: nowOf(lesion) });
  }
  const isTarget = new Set(targets.map(({ id }) => id));
  const others = lesions.filter(({ id, baseline }) => baseline !== null && !isTarget.has(id));
  const input: RecistInput = {
    targets,
    nonTargets:
      others.length === 0 ? 'none' : others.some(({ current }) => current !== null) ? 'non-CR/non-PD' : 'NE',
    newLesions: newOf(lesions),
    ...nadirOf(targets, lesions),
    ...(measured.length === 0
      ? {}
      : { sliceSpacingMm: Math.max(...measured.map((one) => one.sliceSpacingMm)) }),
  };
  const assessment = recist(input);
  const cautions = [
    ...CAUTIONS,
    ...targets.flatMap(({ id, current }) =>
      current === 'not-evaluable' ? [`${id}: ${whyNot(lesions, id)}`] : [],
    ),
  ];
  return {
    input,
    left,
    assessment:
      assessment.status === 'assessed'
        ? { ...assessment, cautions: [...cautions, ...assessment.cautions] }
        : assessment,
  };
}

const sizeOf = (isNode: boolean, extent: CtExtentOutcome | null | undefined): number | null =>
  extent?.status === 'measured' ? (isNode ? extent.shortAxisMm : extent.longestMm) : null;

const nowOf = ({ isNode, current }: DraftLesion): RecistTarget['current'] =>
  sizeOf(isNode, current) ?? 'not-evaluable';

/** The smallest sum so far, of examinations at which every target was measured. */
function nadirOf(
  targets: readonly RecistTarget[],
  lesions: readonly DraftLesion[],
): Pick<RecistInput, 'nadirMm'> {
  const examinations = Math.max(0, ...lesions.map(({ between = [] }) => between.length));
  const sums = Array.from({ length: examinations }, (_, n) =>
    targets.map(({ id, isNode }) => sizeOf(isNode, lesions.find((lesion) => lesion.id === id)?.between?.[n])),
  ).flatMap((sizes) =>
    sizes.every((mm) => mm !== null) ? [sizes.reduce<number>((sum, mm) => sum + (mm ?? 0), 0)] : [],
  );
  const baseline = targets.reduce((sum, { baselineMm }) => sum + baselineMm, 0);
  return sums.length === 0 || targets.length === 0 ? {} : { nadirMm: Math.min(baseline, ...sums) };
}

function whyNot(lesions: readonly DraftLesion[], id: string): string {
  const current = lesions.find((lesion) => lesion.id === id)?.current ?? null;
  return current?.status === 'not-measured'
    ? `not measured now: ${current.reason}`
    : 'its uptake is gone now; whether CT still shows it is for a person to measure';
}

/** New is what CT delimits with the size of a lesion; uptake alone waits for a person. */
function newOf(lesions: readonly DraftLesion[]): RecistInput['newLesions'] {
  const fresh = lesions.filter(
    ({ isNew, baseline, current }) => isNew !== false && baseline === null && current !== null,
  );
  const isCertain = fresh.some(
    ({ isNew, current }) =>
      isNew === true && current?.status === 'measured' && atLeast(current.longestMm, SMALLEST_MM),
  );
  return isCertain ? 'yes' : fresh.length > 0 ? 'equivocal' : 'no';
}
