import type { Decision, PetctSummary, RunDetail } from '../api/index.ts';
import { type DisplacementField, type Mat4, toCt, transformPoint, type Vec3 } from '../geometry/index.ts';

export type Verdict = 'undecided' | 'accepted' | 'modified' | 'rejected';

export interface Lesion {
  /** Tracking UID: the name of the finding for decisions. */
  readonly id: string;
  /** `L1`, `P2`. */
  readonly tag: string;
  readonly name: string;
  readonly site: string;
  readonly segmentNumber: number;
  /** Recognised as normal uptake, with the reason; null for a finding. */
  readonly physiological: { readonly kind: string; readonly reason: string } | null;
  readonly verdict: Verdict;
  readonly decision: Decision | undefined;
  /** Hottest voxel, in the frame of the pictures. */
  readonly position: Vec3;
  readonly measured: PetctSummary['lesions'][number];
}

const verdicts = { accept: 'accepted', modify: 'modified', reject: 'rejected' } as const;

/** Findings first, then physiological uptake; names and sites as the newest decision has them. */
export function lesionsOf(
  run: RunDetail | undefined,
  summary: PetctSummary | undefined,
  petToView: Mat4,
  deformation?: DisplacementField,
): Lesion[] {
  if (run === undefined || summary === undefined) return [];
  const inView = (point: Vec3) => {
    const moved = transformPoint(petToView, point);
    return deformation === undefined ? moved : toCt(deformation, moved);
  };
  const decisions = new Map(run.decisions.map((decision) => [decision.findingId, decision]));
  return [...summary.lesions, ...summary.physiologicalUptake].map((measured) => {
    const decision = decisions.get(measured.trackingUid);
    return {
      id: measured.trackingUid,
      tag: measured.id,
      name: decision?.name ?? measured.label,
      site: decision?.site ?? measured.site?.meaning ?? '',
      segmentNumber: measured.segmentNumber,
      physiological: measured.physiological,
      verdict: decision === undefined ? 'undecided' : verdicts[decision.action],
      decision,
      position: inView(measured.maximumPosition),
      measured,
    };
  });
}

/** Physiological uptake that a reader took back as a finding counts as one. */
export function isFinding(lesion: Lesion): boolean {
  return lesion.physiological === null || lesion.verdict === 'accepted' || lesion.verdict === 'modified';
}

/** What the table and the pictures show. */
export function visibleLesions(lesions: readonly Lesion[], showsPhysiological: boolean): Lesion[] {
  return lesions.filter((lesion) => isFinding(lesion) || showsPhysiological);
}

export interface Totals {
  readonly count: number;
  readonly mtvMl: number;
  readonly tlgG: number;
  readonly suvMax: number;
}

/** Sums over the findings that stand: what is rejected does not count. */
export function totalsOf(lesions: readonly Lesion[]): Totals {
  const standing = lesions.filter((lesion) => isFinding(lesion) && lesion.verdict !== 'rejected');
  return {
    count: standing.length,
    mtvMl: standing.reduce((sum, { measured }) => sum + measured.mtvMl, 0),
    tlgG: standing.reduce((sum, { measured }) => sum + measured.tlgG, 0),
    suvMax: standing.reduce((highest, { measured }) => Math.max(highest, measured.suvMax), 0),
  };
}
