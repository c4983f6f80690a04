import { globSync, readFileSync } from 'node:fs';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { readStructureSet } from './index.ts';

describe('a structure set', () => {
  it('is read with what the field gets wrong', () => {
    const set = readStructureSet(
      Dataset.of({
        SOPClassUID: UID.RTStructureSetStorage,
        StructureSetROISequence: [
          Dataset.of({ ROINumber: 7, ROIName: 'GTV' }),
          Dataset.of({ ROINumber: 8, ROIName: null }),
        ],
        ROIContourSequence: [
          Dataset.of({
            ReferencedROINumber: 7,
            ROIDisplayColor: [255, 0, 0],
            ContourSequence: [
              Dataset.of({
                ContourGeometricType: 'CLOSED_PLANAR',
                NumberOfContourPoints: 5,
                ContourData: [0, 0, 0, 4, 0, 0, 4, 4, 0, 0, 4, 0, 0, 0, 0],
              }),
              Dataset.of({ ContourGeometricType: 'POINT', NumberOfContourPoints: 1, ContourData: [1, 2] }),
            ],
          }),
          Dataset.of({ ReferencedROINumber: 99 }),
        ],
      }),
    );
    expect(set.rois.map((roi) => roi.name)).toEqual(['GTV', 'ROI 8']);
    expect(set.rois[0]?.contours[0]?.points).toHaveLength(12);
    expect(set.rois[0]?.colour).toEqual([255, 0, 0]);
    expect(set.rois[1]?.contours).toEqual([]);
    expect(set.findings).toContain('contours refer to a region that is not listed');
    expect(set.findings).toContain('a contour has an incomplete point');
  });
});

describeWithData('structure sets of other writers', () => {
  const read = (...parts: string[]) =>
    readStructureSet(parsePart10(readFileSync(dataFile(...parts))).dataset);

  it('are read: dicompyler, with several contours per slice and an empty region', () => {
    const set = read('objects_foreign', 'rt_dicompyler', 'example_data', 'rtss.dcm');
    expect(set.rois.map((roi) => roi.contours.length)).toEqual([141, 0, 2, 48, 33, 165, 4, 6, 18, 24]);
  });

  it('are read: MIM, lesions of a Lu-177 SPECT, and the golden one', () => {
    const [roi] = read('ibsi_sts_petctmr', 'dicom', 'STS_001', 'CT', 'mask', 'RS.dcm').rois;
    expect(roi?.contours.length).toBeGreaterThan(5);
    const [file] = globSync(dataFile('spect_lu177_scan001_jpegls', 'mask', '*.dcm'));
    const set = readStructureSet(parsePart10(readFileSync(file!)).dataset);
    expect(set.rois.filter(({ contours }) => contours.length > 0).length).toBeGreaterThanOrEqual(2);
    expect(read('golden', 'rtstruct.dcm').rois[0]).toMatchObject({
      name: 'Lung_R',
      interpretedType: 'ORGAN',
    });
  });
});
