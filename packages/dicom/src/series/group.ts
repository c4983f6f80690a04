import { UID } from '../data/index.ts';
import type { Instance } from './instance.ts';
import { isReconstructedTomogram } from './nuclear-medicine.ts';
import { type Slice, slicesOf } from './slices.ts';
import { splitStacks } from './split.ts';

/**
 * What a series can be used for.
 * - `volume`: parallel slices with positions.
 * - `localizer`: a scout; `colour`: pictures such as captures; `projections`: planar or raw nuclear medicine.
 * - `no-geometry`: grey images without position or orientation.
 * - `object`: not an image (SEG, SR, RTSTRUCT, RWVM, …).
 */
export type SeriesKind = 'volume' | 'localizer' | 'colour' | 'projections' | 'no-geometry' | 'object';

/** One stack of a DICOM series; a series with several stacks appears several times. */
export interface Series {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly sopClassUid: string;
  readonly seriesNumber: number | undefined;
  readonly description: string | undefined;
  readonly frameOfReferenceUid: string | undefined;
  readonly kind: SeriesKind;
  /** Why it is of this kind, in words. */
  readonly reason: string;
  /** What tells this stack from the others of its series, such as `echo 2`; undefined when there is one. */
  readonly stack: string | undefined;
  readonly instances: readonly Instance[];
  /** The frames of the stack, in no order that means anything. */
  readonly slices: readonly Slice[];
}

/** Objects with rows and columns that are not measured images. */
const notImages: ReadonlySet<string> = new Set([
  UID.SegmentationStorage,
  '1.2.840.10008.5.1.4.1.1.66.7',
  '1.2.840.10008.5.1.4.1.1.66.8',
]);

function imageTypeOf(instance: Instance): string[] {
  return instance.dataset.texts('ImageType').map((value) => value.toUpperCase());
}

function kindOf(slices: readonly Slice[], instance: Instance): { kind: SeriesKind; reason: string } {
  const { dataset, sopClassUid } = instance;
  const first = slices[0];
  if (first === undefined || notImages.has(sopClassUid)) return { kind: 'object', reason: 'not an image' };
  const samples = dataset.number('SamplesPerPixel') ?? 1;
  const photometric = dataset.text('PhotometricInterpretation') ?? '';
  if (samples > 1 || photometric === 'PALETTE COLOR')
    return { kind: 'colour', reason: `colour (${photometric})` };
  const imageType = imageTypeOf(instance);
  const scout = imageType.slice(2).find((value) => /^(LOCALI[ZS]ER|SCOUT|TOPOGRAM|SURVIEW)$/.test(value));
  if (scout !== undefined) return { kind: 'localizer', reason: `image type ${scout}` };
  if (sopClassUid === UID.NuclearMedicineImageStorage && !isReconstructedTomogram(dataset)) {
    return { kind: 'projections', reason: `nuclear medicine image type ${imageType[2] ?? 'unknown'}` };
  }
  const placed = slices.filter((slice) => slice.position !== undefined && slice.orientation !== undefined);
  if (placed.length === 0) return { kind: 'no-geometry', reason: 'no position or orientation' };
  if (slices.some((slice) => slice.pixelSpacing === undefined)) {
    return { kind: 'no-geometry', reason: 'no pixel spacing' };
  }
  const count = slices.length === 1 ? '1 slice' : `${slices.length} slices`;
  return { kind: 'volume', reason: count };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Groups instances into series, and a series into stacks of one size, orientation, spacing and image type; where
 * slices coincide, by the attribute that tells them apart (temporal position, echo, b-value, cardiac phase,
 * acquisition, …). The order depends on the identifiers only.
 */
export function groupSeries(instances: readonly Instance[]): Series[] {
  const bySeries = new Map<string, Instance[]>();
  for (const instance of instances) {
    const key = `${instance.studyInstanceUid}\n${instance.seriesInstanceUid}`;
    const list = bySeries.get(key);
    if (list === undefined) bySeries.set(key, [instance]);
    else list.push(instance);
  }
  const series: Series[] = [];
  for (const members of bySeries.values()) series.push(...stacksOf(members));
  return series.sort(
    (a, b) =>
      compareText(a.studyInstanceUid, b.studyInstanceUid) ||
      (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0) ||
      compareText(a.seriesInstanceUid, b.seriesInstanceUid) ||
      compareText(a.stack ?? '', b.stack ?? ''),
  );
}

function stacksOf(members: readonly Instance[]): Series[] {
  const sorted = [...members].sort(
    (a, b) =>
      (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) || compareText(a.sopInstanceUid, b.sopInstanceUid),
  );
  const objects = new Map<string, Instance[]>();
  const slices: Slice[] = [];
  for (const instance of sorted) {
    const own = notImages.has(instance.sopClassUid) ? [] : slicesOf(instance);
    if (own.length > 0) slices.push(...own);
    else objects.set(instance.sopClassUid, [...(objects.get(instance.sopClassUid) ?? []), instance]);
  }
  const stacks = splitStacks(slices);
  const images = stacks.map(({ label, slices: own }) =>
    seriesOf([...new Set(own.map((slice) => slice.instance))], own, stacks.length > 1 ? label : undefined),
  );
  return [...images, ...[...objects.values()].map((list) => seriesOf(list, [], undefined))];
}

function seriesOf(
  instances: readonly Instance[],
  slices: readonly Slice[],
  stack: string | undefined,
): Series {
  const first = instances[0]!;
  const { dataset } = first;
  return {
    studyInstanceUid: first.studyInstanceUid,
    seriesInstanceUid: first.seriesInstanceUid,
    modality: first.modality,
    sopClassUid: first.sopClassUid,
    seriesNumber: dataset.number('SeriesNumber'),
    description: dataset.text('SeriesDescription'),
    frameOfReferenceUid: dataset.text('FrameOfReferenceUID'),
    ...kindOf(slices, first),
    stack,
    instances,
    slices,
  };
}
