import {
  type Algorithm,
  type Dataset,
  dcm,
  type MeasurementGroup,
  readAlgorithm,
  referenceTo,
} from '@photopeak/dicom';
import { MANUFACTURER } from '../study/index.ts';
import { type Identity, lesionGroup, totalsGroup, tracerEvaluation } from './objects/index.ts';
import { totalsOf } from './summarise.ts';
import type { PetctSummary } from './summary.ts';

/**
 * The measurement group of uptake that was set aside as physiological, as it would stand in the report had it been
 * taken for a lesion: the numbers of the summary, the segment of the SEG that holds it. `segmentations` are headers
 * of the SEGs of the run. Undefined where the run set no such uptake aside.
 */
export function setAsideGroup(
  summary: PetctSummary,
  trackingUid: string,
  segmentations: readonly Dataset[],
): MeasurementGroup | undefined {
  const uptake = summary.physiologicalUptake.find((one) => one.trackingUid === trackingUid);
  const found = segmentOf(trackingUid, segmentations);
  if (uptake === undefined || found === undefined) return undefined;
  const source = { seriesInstanceUid: summary.chosen.pet?.seriesInstanceUid ?? '' };
  const { kind, reason } = uptake.physiological ?? { kind: 'physiological', reason: 'not stated' };
  return {
    ...lesionGroup(
      { ...uptake, segmentNumber: found.number },
      referenceTo(found.segmentation),
      source,
      reportAlgorithm(summary, found.segment),
    ),
    evaluations: [
      {
        name: dcm.comment,
        value: `Set aside by the algorithm as physiological uptake (${kind}: ${reason}); added to the findings by the reader`,
      },
    ],
  };
}

/**
 * The group of the whole patient over the findings that a reader let stand, by Tracking UID: lesions that were not
 * rejected and uptake that was added. It replaces the group of the same Tracking UID. Undefined where nothing was
 * found at all.
 */
export function reviewedTotalsGroup(
  summary: PetctSummary,
  standing: ReadonlySet<string>,
  segmentations: readonly Dataset[],
): MeasurementGroup | undefined {
  const all = [...summary.lesions, ...summary.physiologicalUptake];
  const [segment] = all.flatMap(({ trackingUid }) => segmentOf(trackingUid, segmentations) ?? []);
  if (segment === undefined) return undefined;
  const identity: Identity = { pipeline: summary.pipeline, run: summary.run };
  const totals = totalsOf(all.filter(({ trackingUid }) => standing.has(trackingUid)));
  return {
    ...totalsGroup(identity, totals, reportAlgorithm(summary, segment.segment)),
    evaluations: [
      ...(summary.tracer == null ? [] : [tracerEvaluation(summary.tracer)]),
      { name: dcm.comment, value: 'Sums over the findings that the reader let stand' },
    ],
  };
}

function segmentOf(trackingUid: string, segmentations: readonly Dataset[]) {
  for (const segmentation of segmentations) {
    for (const segment of segmentation.items('SegmentSequence')) {
      const number = segment.number('SegmentNumber');
      if (segment.text('TrackingUID') === trackingUid && number !== undefined)
        return { segmentation, segment, number };
    }
  }
  return undefined;
}

/** The report names the pipeline, with the parameters that the segmentation tells. */
function reportAlgorithm(summary: PetctSummary, segment: Dataset): Algorithm {
  const item = segment.item('SegmentationAlgorithmIdentificationSequence');
  const own = item === undefined ? undefined : readAlgorithm(item);
  return { manufacturer: MANUFACTURER, ...own, ...summary.pipeline };
}
