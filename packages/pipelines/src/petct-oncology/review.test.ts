import { Dataset, dcm, type MeasurementGroup, photopeak, sct, UID, uidFrom } from '@photopeak/dicom';
import { describe, expect, it } from 'vitest';
import { reviewedTotalsGroup, setAsideGroup } from './review.ts';
import type { PetctLesion, PetctSummary } from './summary.ts';

const region = (id: string, mtvMl: number, organ?: string): PetctLesion => ({
  id,
  trackingUid: uidFrom('review', id),
  label: id,
  segmentNumber: 1,
  site: { ...sct.lung },
  laterality: { ...sct.left },
  siteConfidence: 0.9,
  physiological: organ === undefined ? null : { kind: organ, reason: 'it lies there' },
  centroid: [mtvMl, 0, 0],
  maximumPosition: [mtvMl, 0, 0],
  voxels: 100,
  suvMax: 12.345678901234567,
  suvPeak: null,
  suvPeakNote: 'smaller than the 1 cm³ sphere',
  suvMean: 6,
  suvSd: 1,
  suvMin: 3,
  mtvMl,
  tlgG: 6 * mtvMl,
  threshold: { method: 'percist', value: 3 },
  outlineSuv: 3.41,
  uptake: { physiological: 0.12, logOdds: -2, explanation: '12 % physiological: round (3.1 ml)' },
});

const lesions = [region('L1', 10), region('L2', 30)];
const physiologicalUptake = [region('P1', 5, 'bladder'), region('P2', 50, 'brain')];
const summary = {
  pipeline: { name: 'petct-oncology', version: '0.1.0' },
  run: { key: 'abc', at: '2024-03-01T10:00:00' },
  chosen: { pet: { seriesInstanceUid: '1.2.3' }, ct: null, rejected: [] },
  lesions,
  physiologicalUptake,
} as unknown as PetctSummary;

/** The header of a SEG with these regions, numbered from `first`. */
const segmentation = (name: string, regions: readonly PetctLesion[], first: number) =>
  Dataset.of({
    StudyInstanceUID: '1.2',
    SeriesInstanceUID: uidFrom(name, 'series'),
    SOPClassUID: UID.SegmentationStorage,
    SOPInstanceUID: uidFrom(name),
    SegmentSequence: regions.map(({ trackingUid }, index) =>
      Dataset.of({
        SegmentNumber: first + index,
        TrackingUID: trackingUid,
        SegmentationAlgorithmIdentificationSequence: Dataset.of({
          AlgorithmName: 'PET physiological uptake',
          AlgorithmVersion: '0.1.0',
          AlgorithmSource: 'Photopeak',
          AlgorithmParameters: 'threshold=percist; minimum=0.5 ml',
        }),
      }),
    ),
  });
const segmentations = [
  segmentation('lesions', lesions, 1),
  segmentation('physiological', physiologicalUptake, 4),
];

const measured = (group: MeasurementGroup | undefined, name: typeof dcm.suvBw) =>
  group?.measurements.find((measurement) => measurement.name === name)?.value;

describe('the group of uptake that was set aside', () => {
  it('has the numbers of the summary and the segment in the SEG that holds it', () => {
    const group = setAsideGroup(summary, physiologicalUptake[1]!.trackingUid, segmentations);
    expect(group).toMatchObject({
      kind: 'volumetric',
      trackingId: 'P2',
      finding: sct.lesion,
      sites: [{ site: sct.lung, laterality: sct.left }],
      region: { kind: 'segment', segment: 5, segmentation: { sopInstanceUid: uidFrom('physiological') } },
      source: { seriesInstanceUid: '1.2.3' },
      algorithm: {
        name: 'petct-oncology',
        version: '0.1.0',
        manufacturer: 'Photopeak',
        parameters: ['threshold=percist', 'minimum=0.5 ml'],
      },
    });
    expect(measured(group, dcm.suvBw)).toBe(12.345678901234567);
    expect(measured(group, dcm.metabolicVolume)).toBe(50);
    expect(group?.evaluations?.[0]?.value).toContain('brain: it lies there');
  });

  it('is not there for lesions, nor without its segment', () => {
    expect(setAsideGroup(summary, lesions[0]!.trackingUid, segmentations)).toBeUndefined();
    expect(setAsideGroup(summary, '1.2.3.4', segmentations)).toBeUndefined();
    const [onlyLesions] = segmentations;
    expect(setAsideGroup(summary, physiologicalUptake[0]!.trackingUid, [onlyLesions!])).toBeUndefined();
  });
});

describe('the sums after the review', () => {
  it('are those of what stands', () => {
    const standing = new Set([lesions[1]!.trackingUid, physiologicalUptake[0]!.trackingUid]);
    const group = reviewedTotalsGroup(summary, standing, segmentations);
    expect(measured(group, photopeak.numberOfLesions)).toBe(2);
    expect(measured(group, photopeak.totalMetabolicTumorVolume)).toBe(35);
    expect(measured(group, photopeak.totalLesionGlycolysisAll)).toBe(210);
    expect(measured(group, photopeak.maximumLesionDistance)).toBeCloseTo(25, 9);
    expect(measured(reviewedTotalsGroup(summary, new Set(), segmentations), photopeak.numberOfLesions)).toBe(
      0,
    );
  });
});
