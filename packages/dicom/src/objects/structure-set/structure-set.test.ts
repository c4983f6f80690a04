import { globSync, readFileSync } from 'node:fs';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { writePart10 } from '../../write/index.ts';
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

describe('a structure set with the habits of planning systems', () => {
  /** One region whose contours are given as they stand in the file. */
  function written(contours: readonly Record<string, unknown>[], transferSyntaxUid?: string) {
    const dataset = Dataset.of({
      SOPClassUID: UID.RTStructureSetStorage,
      SOPInstanceUID: '2.25.1',
      StructureSetLabel: 'PLAN',
      StructureSetROISequence: [Dataset.of({ ROINumber: 1, ROIName: 'PTV' })],
      ROIContourSequence: [
        Dataset.of({
          ReferencedROINumber: 1,
          ContourSequence: contours.map((contour) =>
            Dataset.of({ ContourGeometricType: 'CLOSED_PLANAR', ...contour }),
          ),
        }),
      ],
    });
    const bytes = writePart10({ dataset, ...(transferSyntaxUid === undefined ? {} : { transferSyntaxUid }) });
    return readStructureSet(parsePart10(bytes).dataset);
  }
  const square = (z: string) => ['0', '0', z, '4', '0', z, '4', '4', z, '0', '4', z];

  it('is read with slices in any order, without references to images', () => {
    const set = written(['6', '0', '3'].map((z) => ({ NumberOfContourPoints: 4, ContourData: square(z) })));
    expect(set.rois[0]?.contours.map(({ points, images }) => [points[2], images.length])).toEqual([
      [6, 0],
      [0, 0],
      [3, 0],
    ]);
    expect(set.findings).toEqual([]);
  });

  it('is read with decimal strings of too many characters, exponents, signs and blanks', () => {
    const data = [
      '-123.456789012345678',
      ' 1.5E+02',
      '+3.0 ',
      '0.1000000000000000055511',
      '2.',
      '.5',
      '7e-3',
      '8',
      '9',
    ];
    const [contour] = written([{ NumberOfContourPoints: 3, ContourData: data }]).rois[0]!.contours;
    expect([...contour!.points]).toEqual([-123.45678901234568, 150, 3, 0.1, 2, 0.5, 0.007, 8, 9]);
  });

  it('is read with coordinates beyond the length that an explicit VR can hold, in either syntax', () => {
    const corners = Array.from({ length: 6000 }, (_, n) => [
      (100 * Math.cos(n / 955)).toFixed(6),
      (100 * Math.sin(n / 955)).toFixed(6),
      '-12.5',
    ]);
    for (const syntax of [UID.ImplicitVRLittleEndian, UID.ExplicitVRLittleEndian]) {
      const [contour] = written([{ NumberOfContourPoints: 6000, ContourData: corners.flat() }], syntax)
        .rois[0]!.contours;
      expect(contour!.points).toHaveLength(18000);
      expect(contour!.points[17999]).toBe(-12.5);
    }
  });

  it('counts a repeated contour once, and says that open contours enclose nothing', () => {
    const once = { NumberOfContourPoints: 4, ContourData: square('0') };
    const set = written([
      once,
      once,
      { ContourGeometricType: 'POINT', NumberOfContourPoints: 1, ContourData: ['1', '1', '0'] },
      { ContourGeometricType: 'OPEN_PLANAR', NumberOfContourPoints: 4, ContourData: square('3') },
    ]);
    expect(set.rois[0]?.contours.map(({ type }) => type)).toEqual(['CLOSED_PLANAR', 'POINT', 'OPEN_PLANAR']);
    expect(set.findings).toEqual([
      'a contour is there twice; it counts once',
      'an open contour encloses nothing',
    ]);
  });

  it('keeps what is whole where a number is broken or missing', () => {
    const set = written([{ NumberOfContourPoints: 4, ContourData: [...square('0').slice(0, 11), 'x'] }]);
    expect(set.rois[0]?.contours[0]?.points).toHaveLength(9);
    expect(set.findings.join('; ')).toMatch(/not numbers.*incomplete point.*another number of points/);
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
