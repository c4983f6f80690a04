import type { Finding as FoundFinding } from '@photopeak/analysis';
import {
  type FoundLesions,
  LIVER_BAND,
  lesionDmax,
  type RegionOutcome,
  type SuvResult,
  tracerPresets,
} from '@photopeak/analysis';
import { uidFrom } from '@photopeak/dicom';
import type { AlignmentByHand } from '../image-registration/index.ts';
import type { Finding } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import type { Alignment } from './alignment.ts';
import type { Identity } from './objects/index.ts';
import type { PetctParameters } from './parameters.ts';
import type { Selection } from './select-series.ts';
import { lateralityCode, siteCode } from './sites.ts';
import { type PetctLesion, type PetctSummary, SUMMARY_SCHEMA } from './summary.ts';
import type { TracerInUse } from './tracer.ts';

export interface SummaryInput {
  readonly identity: Identity;
  readonly parameters: PetctParameters;
  readonly selection: Selection;
  readonly alignment: Alignment | null;
  readonly anatomy: PetctSummary['anatomy'];
  readonly anatomyModel?: PetctSummary['anatomyModel'];
  readonly anatomyNotFound: PetctSummary['anatomyNotFound'];
  readonly bodyComposition: PetctSummary['bodyComposition'];
  readonly tracer: TracerInUse | null;
  readonly found: FoundLesions | null;
  readonly promise?: PetctSummary['promise'];
  readonly findings: readonly Finding[];
}

/** A lesion with the value it has in the label volume. */
export type LabelledLesion = PetctLesion & { readonly labelValue: number };

export interface LabelledRegions {
  readonly lesions: readonly LabelledLesion[];
  readonly physiological: readonly LabelledLesion[];
}

/** Findings in the order of presentation: lesions L1, L2, … and what was set aside P1, P2, … */
export function labelledRegions(identity: Identity, found: FoundLesions | null): LabelledRegions {
  const lesions = (found?.findings ?? []).filter(({ hidden }) => !hidden);
  const aside = (found?.findings ?? []).filter(({ hidden }) => hidden);
  const describe = (findings: readonly FoundFinding[], letter: 'L' | 'P') =>
    findings.map((finding, index) =>
      describeRegion(identity, finding, `${letter}${index + 1}`, index + 1, found),
    );
  return { lesions: describe(lesions, 'L'), physiological: describe(aside, 'P') };
}

function describeRegion(
  identity: Identity,
  finding: FoundFinding,
  id: string,
  segmentNumber: number,
  found: FoundLesions | null,
): LabelledLesion {
  const { measurement: m, site, hidden } = finding;
  const place = [site.side === 'midline' ? undefined : site.side, site.name]
    .filter((part) => part !== undefined)
    .join(' ');
  const kind = finding.organ ?? finding.kind;
  return {
    id,
    trackingUid: uidFrom(identity.run.key, 'tracking', id),
    label: hidden ? `${id} ${kind}` : `${id} ${place}`,
    segmentNumber,
    site: siteCode(site),
    laterality: lateralityCode(site),
    siteConfidence: site.confidence,
    physiological: hidden ? { kind, reason: finding.reason } : null,
    uptake: finding.probability ?? null,
    centroid: [...m.centroid],
    maximumPosition: [...m.maxPosition],
    voxels: m.voxels,
    suvMax: m.max,
    suvPeak: m.peak.value,
    suvPeakNote: m.peak.smallerThanSphere
      ? 'smaller than the 1 cm³ sphere'
      : m.peak.beyondVolume
        ? 'part of the sphere lies beyond the image'
        : null,
    suvMean: m.mean,
    suvSd: m.sd,
    suvMin: m.min,
    mtvMl: m.mtvMl,
    tlgG: m.tlg,
    threshold: { method: found?.threshold.derivation ?? '', value: found?.threshold.suv ?? 0 },
    outlineSuv: finding.outlineSuv,
    labelValue: finding.id,
  };
}

const withoutLabelValue = ({ labelValue: _, ...region }: LabelledLesion): PetctLesion => region;

/** Everything but the list of objects, which the package step completes. */
export function summarise(input: SummaryInput, regions: LabelledRegions): PetctSummary {
  const { identity, selection, found, parameters } = input;
  const isQuantified = selection.suv?.status === 'ok';
  const lesions = regions.lesions.map(withoutLabelValue);
  return {
    schema: SUMMARY_SCHEMA,
    pipeline: identity.pipeline,
    run: { key: identity.run.key, at: identity.run.at },
    notice: NOTICE,
    study: selection.study,
    chosen: selection.chosen,
    tracer: tracerFacts(input.tracer),
    suv: selection.suv === null ? null : suvOf(selection.suv),
    registration: registrationOf(input),
    references: found === null ? null : referencesOf(found),
    anatomy: input.anatomy,
    ...(input.anatomyModel === undefined ? {} : { anatomyModel: input.anatomyModel }),
    anatomyNotFound: input.anatomyNotFound,
    bodyComposition: input.bodyComposition,
    suvKind: isQuantified ? 'bw' : null,
    candidates: candidatesOf(found, parameters),
    lesions,
    physiologicalUptake: regions.physiological.map(withoutLabelValue),
    totals: totalsOf(lesions),
    promise: input.promise ?? null,
    objects: [],
    findings: [...input.findings],
  };
}

export function tracerFacts(tracer: TracerInUse | null): PetctSummary['tracer'] {
  if (tracer === null) return null;
  const { title, takenUpBy, remarks } = tracerPresets[tracer.name];
  return { ...tracer, title, takenUpBy: [...takenUpBy], remarks: [...remarks] };
}

/** The bands that count as normal are those of the tracer. */
export function referencesOf(found: FoundLesions): PetctSummary['references'] {
  const { liver, bloodPool } = tracerPresets[found.tracer];
  return {
    liver: reference(found.liver, liver ?? LIVER_BAND),
    bloodPool: reference(found.bloodPool, bloodPool),
  };
}

/** How candidates came about. */
export function candidatesOf(
  found: FoundLesions | null,
  { threshold, minimumMl }: Pick<PetctParameters, 'threshold' | 'minimumMl'>,
): PetctSummary['candidates'] {
  return {
    method: found?.threshold.derivation ?? threshold,
    threshold: found?.threshold.suv ?? null,
    inLiver: found?.threshold.liverSuv ?? null,
    outline: outlineName(found),
    minimumMl,
  };
}

function outlineName(found: FoundLesions | null): string | null {
  if (found === null) return null;
  const { outline } = found.threshold;
  return 'share' in outline ? `${outline.kind} ${outline.share}` : outline.kind;
}

/** Sums over the lesions of a patient. */
export function totalsOf(lesions: readonly PetctLesion[]): PetctSummary['totals'] {
  const sum = (value: (lesion: PetctLesion) => number) =>
    lesions.reduce((total, lesion) => total + value(lesion), 0);
  return {
    count: lesions.length,
    mtvMl: sum(({ mtvMl }) => mtvMl),
    tlgG: sum(({ tlgG }) => tlgG),
    suvMax: lesions.length === 0 ? null : Math.max(...lesions.map(({ suvMax }) => suvMax)),
    dmaxMm: lesions.length < 2 ? null : (lesionDmax(lesions.map(({ centroid }) => centroid)) ?? null),
  };
}

export function suvOf(result: SuvResult): PetctSummary['suv'] {
  if (result.status === 'refused') {
    const { status, code, reason, remedy, derivation } = result;
    return { status, code, reason, remedy, derivation: [...derivation] };
  }
  const { bwPerSlice: _, warnings: __, confident: ___, ...rest } = result;
  return { ...rest, derivation: [...rest.derivation] };
}

function registrationOf({ selection, alignment }: SummaryInput): PetctSummary['registration'] {
  if (alignment === null) return null;
  const { score } = alignment;
  return {
    frameOfReferenceShared: selection.frameOfReferenceShared,
    used: alignment.used,
    reason: reasonOf(alignment),
    matrix: [...alignment.matrix],
    uncertaintyMm: alignment.uncertaintyMm,
    score: score?.score ?? null,
    class: score?.class ?? null,
    scoreReason: score?.reason ?? 'the alignment could not be scored',
    regions: [...(score?.regions ?? [])],
    ...(alignment.byHand === undefined ? {} : { byHand: whoSet(alignment.byHand) }),
    ...(alignment.deformable === undefined ? {} : { deformable: alignment.deformable }),
    ...(alignment.foreign === undefined ? {} : { foreign: alignment.foreign }),
    ...(alignment.proposal === undefined
      ? {}
      : { proposal: { ...alignment.proposal, matrix: [...alignment.proposal.matrix] } }),
  };
}

const whoSet = ({ by, means, rmsMm }: AlignmentByHand) => ({
  by,
  means,
  ...(rmsMm === undefined ? {} : { rmsMm }),
});

/** Why this alignment, and why a deformation beyond it is used or not. */
function reasonOf({ reason, deformable }: Alignment): string {
  return deformable === undefined ? reason : `${reason} ${deformable.reason}`;
}

/** A reference region as the summary tells it. */
export function reference(
  outcome: RegionOutcome,
  band: { readonly lowest: number; readonly highest: number },
): NonNullable<PetctSummary['references']>['liver'] {
  if (outcome.status === 'refused') return { status: 'not-placed', reason: outcome.reason };
  const { center, mean, sd, shape, withinBand } = outcome.region;
  const sphere = (4 / 3) * Math.PI * shape.radiusMm ** 3;
  const tube = Math.PI * shape.radiusMm ** 2 * 20;
  return {
    status: 'ok',
    centre: [...center],
    mean,
    sd,
    volumeMl: (shape.kind === 'sphere' ? sphere : tube) / 1000,
    withinBand,
    band: [band.lowest, band.highest],
  };
}
