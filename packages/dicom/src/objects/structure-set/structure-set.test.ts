import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Grid, type Mask, toVoxel, toWorld, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { orientationNames, testGrid } from '../test-kit.ts';
import { type Contour, readStructureSet, structureToMask } from './index.ts';

const contour = (points: readonly Vec3[], type = 'CLOSED_PLANAR'): Contour => ({
  type,
  points: Float64Array.from(points.flat()),
  images: [],
});

const count = (mask: Mask) => mask.data.reduce((sum, value) => sum + value, 0);

/** A circle on slice k of a grid, in voxels. */
const circle = (grid: Grid, k: number, center: readonly [number, number], radius: number): Contour =>
  contour(
    Array.from({ length: 90 }, (_, step) => {
      const angle = (step / 90) * 2 * Math.PI;
      return toWorld(grid, [center[0] + radius * Math.cos(angle), center[1] + radius * Math.sin(angle), k]);
    }),
  );

const square = (low: number, high: number, z: number): Contour =>
  contour([
    [low, low, z],
    [high, low, z],
    [high, high, z],
    [low, high, z],
  ]);

const unitGrid: Grid = {
  size: [20, 20, 5],
  spacingMm: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('a structure', () => {
  for (const orientation of orientationNames) {
    it(`becomes the voxels whose centres it holds: ${orientation}`, () => {
      const grid = testGrid(orientation, [30, 28, 6]);
      const contours = [1, 2, 3].map((k) => circle(grid, k, [14.3, 12.7], 8.4));
      const mask = structureToMask({ contours }, grid);
      for (let at = 0; at < mask.data.length; at++) {
        const [i, j, k] = [at % 30, Math.floor(at / 30) % 28, Math.floor(at / 840)];
        const distance = Math.hypot(i - 14.3, j - 12.7);
        // Between the polygon and the circle nothing is expected.
        if (Math.abs(distance - 8.4) < 0.02) continue;
        expect(mask.data[at], `${i} ${j} ${k}`).toBe(k >= 1 && k <= 3 && distance < 8.4 ? 1 : 0);
      }
    });
  }

  it('has the area of its polygon where vertices lie on voxel centres', () => {
    expect(count(structureToMask({ contours: [square(2, 12, 1)] }, unitGrid))).toBe(100);
  });

  it('has holes: nested contours, keyholes and XOR contours alike', () => {
    const nested = structureToMask({ contours: [square(2, 12, 1), square(5, 9, 1)] }, unitGrid);
    expect(count(nested)).toBe(100 - 16);
    const keyhole = contour([
      [2, 2, 1],
      [5, 5, 1],
      [5, 9, 1],
      [9, 9, 1],
      [9, 5, 1],
      [5, 5, 1],
      [2, 2, 1],
      [12, 2, 1],
      [12, 12, 1],
      [2, 12, 1],
    ]);
    expect(structureToMask({ contours: [keyhole] }, unitGrid).data).toEqual(nested.data);
    const xor = [square(2, 12, 1), square(5, 9, 1)].map((one) => ({ ...one, type: 'CLOSEDPLANAR_XOR' }));
    expect(structureToMask({ contours: xor }, unitGrid).data).toEqual(nested.data);
  });

  it('fills the slices between its planes, and no gap', () => {
    const coarse = [square(2, 12, 0), square(2, 12, 2), square(2, 12, 4)];
    const mask = structureToMask({ contours: coarse }, unitGrid);
    expect([0, 1, 2, 3, 4].map((k) => mask.data[5 + 20 * (5 + 20 * k)])).toEqual([1, 1, 1, 1, 1]);
    const gap = [square(2, 12, 0), square(2, 12, 1), square(2, 12, 4)];
    const gapped = structureToMask({ contours: gap }, unitGrid);
    expect([0, 1, 2, 3, 4].map((k) => gapped.data[5 + 20 * (5 + 20 * k)])).toEqual([1, 1, 0, 0, 1]);
  });

  it('is the same region on a grid that crosses its planes', () => {
    const contours = Array.from({ length: 20 }, (_, z) => square(4, 14, z));
    const sagittal: Grid = {
      size: [20, 20, 20],
      spacingMm: [1, 1, 1],
      origin: [0.5, 0.5, 19],
      direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
    };
    const mask = structureToMask({ contours }, sagittal);
    expect(count(mask)).toBe(10 * 10 * 20);
    const at = toVoxel(sagittal, [4.5, 13.5, 3]).map(Math.round) as unknown as Vec3;
    expect(mask.data[at[0] + 20 * (at[1] + 20 * at[2])]).toBe(1);
  });

  it('encloses nothing by points, lines and open contours', () => {
    const open = contour(
      [
        [1, 1, 1],
        [9, 1, 1],
        [9, 9, 1],
      ],
      'OPEN_PLANAR',
    );
    const point = contour([[1, 1, 1]], 'POINT');
    const line = contour([
      [1, 1, 1],
      [9, 9, 1],
    ]);
    expect(count(structureToMask({ contours: [open, point, line] }, unitGrid))).toBe(0);
    expect(count(structureToMask({ contours: [] }, unitGrid))).toBe(0);
  });

  it('has at most one voxel of error per crossed line, for any convex polygon', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 2.01, max: 8.9, noNaN: true }), { minLength: 5, maxLength: 12 }),
        (radii) => {
          const points = radii.map((_, step): Vec3 => {
            const angle = (step / radii.length) * 2 * Math.PI;
            return [10 + 8.5 * Math.cos(angle), 10 + radii[0]! * Math.sin(angle), 2];
          });
          const area =
            points.reduce((sum, [x, y], index) => {
              const [u, v] = points[(index + 1) % points.length]!;
              return sum + (x * v - u * y);
            }, 0) / 2;
          const found = count(structureToMask({ contours: [contour(points)] }, unitGrid));
          expect(Math.abs(found - area)).toBeLessThan(20);
        },
      ),
      { numRuns: 50 },
    );
  });
});

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
    const heart = set.rois.find((roi) => roi.name === 'Heart')!;
    const grid: Grid = {
      size: [200, 200, 40],
      spacingMm: [2, 2, 3],
      origin: [-150, -400, -115.44],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    };
    const millilitres = (count(structureToMask(heart, grid)) * 12) / 1000;
    expect(millilitres).toBeGreaterThan(300);
    expect(millilitres).toBeLessThan(1000);
  });

  it('are read: MIM, the same tumour on PET, CT and MR with the same volume', () => {
    for (const patient of ['STS_001', 'STS_002', 'STS_003']) {
      const volumes = ['PET', 'CT', 'MR_T1'].map((modality) => {
        const folder = dataFile('ibsi_sts_petctmr', 'dicom', patient, modality);
        const images = globSync(path.join(folder, 'image', '*')).map(
          (file) => parsePart10(readFileSync(file), { stopBeforePixelData: true }).dataset,
        );
        images.sort((a, b) => a.numbers('ImagePositionPatient')[2]! - b.numbers('ImagePositionPatient')[2]!);
        const [first] = images;
        const spacing = first!.numbers('PixelSpacing');
        const positions = images.map((image) => image.numbers('ImagePositionPatient'));
        const step = (positions.at(-1)![2]! - positions[0]![2]!) / (images.length - 1);
        const grid: Grid = {
          size: [first!.number('Columns')!, first!.number('Rows')!, images.length],
          spacingMm: [spacing[1]!, spacing[0]!, step],
          origin: positions[0] as unknown as Vec3,
          direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
        };
        const [roi] = read('ibsi_sts_petctmr', 'dicom', patient, modality, 'mask', 'RS.dcm').rois;
        return (count(structureToMask(roi!, grid)) * spacing[0]! * spacing[1]! * step) / 1000;
      });
      const [pet, ct, mr] = volumes as [number, number, number];
      expect(pet).toBeGreaterThan(1);
      expect(Math.abs(ct / pet - 1), `${patient} CT ${ct} PET ${pet}`).toBeLessThan(0.05);
      expect(Math.abs(mr / pet - 1), `${patient} MR ${mr} PET ${pet}`).toBeLessThan(0.05);
    }
  });

  it('are read: lesions of a Lu-177 SPECT, and the golden one', () => {
    const [file] = globSync(dataFile('spect_lu177_scan001_jpegls', 'mask', '*.dcm'));
    const set = readStructureSet(parsePart10(readFileSync(file!)).dataset);
    expect(set.rois.filter((roi) => roi.contours.length > 0).length).toBeGreaterThanOrEqual(2);
    expect(read('golden', 'rtstruct.dcm').rois[0]).toMatchObject({
      name: 'Lung_R',
      interpretedType: 'ORGAN',
    });
  });
});
