import { type LesionValues, lesionChange, together } from '@photopeak/analysis';
import { uidFrom } from '@photopeak/dicom';
import type { ComparedTrack } from './compare.ts';
import type { Examination } from './examine.ts';
import { type CtExtents, extentOf } from './measure-ct.ts';
import type { ComparedLesion } from './summary.ts';

/** A track as people see it: its name, its Tracking UID, where it is. */
export interface NamedTrack {
  readonly compared: ComparedTrack;
  readonly trackingUid: string;
  readonly label: string;
  /** Short form, such as `T3`. */
  readonly name: string;
  readonly organ: string | undefined;
}

/** Tracks that are lesions of their own, the hottest now first, then those that are gone by what they were. */
export function nameTracks(
  examinations: readonly Examination[],
  compared: readonly ComparedTrack[],
): NamedTrack[] {
  const last = examinations.length - 1;
  const heat = ({ values }: ComparedTrack) => {
    const now = values[last];
    const before = values.findLast((value) => value !== null);
    return [now === null || now === undefined ? 0 : 1, (now ?? before)?.suvMax ?? 0] as const;
  };
  const alive = compared.filter(({ track }) => track.mergedInto === null);
  const sorted = alive.toSorted((a, b) => {
    const [x, y] = [heat(a), heat(b)];
    return y[0] - x[0] || y[1] - x[1] || compared.indexOf(a) - compared.indexOf(b);
  });
  return sorted.map((one, index): NamedTrack => {
    const { first, at } = one.track;
    const origin = examinations[first.timePoint]!.regions.lesions.find(({ id }) => id === first.lesion)!;
    const shownAt = at.findLastIndex((ids) => ids.length > 0);
    const shown = examinations[shownAt]!.regions.lesions.find(({ id }) => id === at[shownAt]![0])!;
    const name = `T${index + 1}`;
    return {
      compared: one,
      trackingUid: origin.trackingUid,
      name,
      label: shown.label.replace(/^[LP]\d+/, name),
      organ: shown.site?.meaning,
    };
  });
}

/** Tracking UID of each finding of the current study: that of its track, or one of its own for a further part. */
export function currentTracking(
  named: readonly NamedTrack[],
  current: Examination,
): Map<string, { readonly uid: string; readonly track: NamedTrack; readonly isFurtherPart: boolean }> {
  const tracking = new Map<string, { uid: string; track: NamedTrack; isFurtherPart: boolean }>();
  for (const track of named) {
    (track.compared.track.at.at(-1) ?? []).forEach((id, part) => {
      const own = current.regions.lesions.find((lesion) => lesion.id === id)?.trackingUid ?? id;
      const uid = part === 0 ? track.trackingUid : uidFrom(track.trackingUid, 'part', own);
      tracking.set(id, { uid, track, isFurtherPart: part > 0 });
    });
  }
  return tracking;
}

/** The lesions of the summary. */
export function comparedLesions(
  examinations: readonly Examination[],
  named: readonly NamedTrack[],
  all: readonly ComparedTrack[],
  ctExtents: readonly CtExtents[],
): ComparedLesion[] {
  const last = examinations.length - 1;
  return named.map(({ compared, trackingUid, label }): ComparedLesion => {
    const { track, values, residual, position, doubt } = compared;
    const shownAt = track.at.findLastIndex((ids) => ids.length > 0);
    const shown = examinations[shownAt]!.regions.lesions.find(({ id }) => id === track.at[shownAt]![0])!;
    const before = withMerged(compared, all);
    const now = values[last] ?? null;
    const previous = before.slice(0, last).findLast((value) => value !== null) ?? null;
    const baseline = before.slice(0, last).find((value) => value !== null) ?? null;
    return {
      trackingUid,
      label,
      state: track.state,
      site: shown.site,
      laterality: shown.laterality,
      position: [...position],
      timePoints: values.map((value, order) => ({
        order: order + 1,
        findings: [...(track.at[order] ?? [])],
        values: value,
        residual: order === last && value === null ? residual : null,
        ct: ctOf(extentOf(compared, order, ctExtents)),
      })),
      fromPrevious: now === null || previous === null ? {} : lesionChange(previous, now),
      fromBaseline: now === null || baseline === null ? {} : lesionChange(baseline, now),
      distanceMm: track.distanceMm,
      overlap: track.overlap,
      doubt,
    };
  });
}

const ctOf = (extent: ReturnType<typeof extentOf>): ComparedLesion['timePoints'][number]['ct'] =>
  extent?.status === 'measured' ? { ...extent, ends: extent.ends.map((end) => [...end]) } : extent;

/** What a lesion and those that became part of it were together at each examination. */
function withMerged(compared: ComparedTrack, all: readonly ComparedTrack[]): (LesionValues | null)[] {
  const index = all.indexOf(compared);
  const parts = [compared, ...all.filter(({ track }) => track.mergedInto === index)];
  return compared.values.map((_, order) => {
    const there = parts.flatMap(({ values }) => values[order] ?? []);
    return there.length === 0 ? null : together(there);
  });
}
