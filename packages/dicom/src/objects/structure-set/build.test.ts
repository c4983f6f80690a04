import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Grid, readNifti, toWorld, type Vec3, writeNifti } from '@photopeak/imaging';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sct } from '../../codes/index.ts';
import { UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import { writePart10 } from '../../write/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  pydicomReads,
  temporaryFolder,
  testAlgorithm,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import {
  buildStructureSet,
  readStructureSet,
  type StructureContour,
  type StructureDescription,
  structureSetSyntax,
} from './index.ts';

/** A regular polygon around a place of slice k, in voxels. */
function ring(
  grid: Grid,
  k: number,
  center: readonly [number, number],
  radius: number,
  corners = 40,
): StructureContour {
  const points = Array.from({ length: corners }, (_, n) => {
    const angle = (2 * Math.PI * n) / corners;
    return toWorld(grid, [center[0] + radius * Math.cos(angle), center[1] + radius * Math.sin(angle), k]);
  });
  return { slice: k, points: Float64Array.from(points.flat()) };
}

const lung = (grid: Grid): StructureDescription => ({
  name: 'Lung_R',
  description: 'confidence 0.95',
  type: sct.lung,
  laterality: sct.right,
  interpretedType: 'ORGAN',
  generation: 'AUTOMATIC',
  algorithm: testAlgorithm,
  contours: [1, 2, 3, 5].flatMap((k) => [
    ring(grid, k, [6, 5], 3.4),
    ...(k === 2 ? [ring(grid, k, [11, 9], 1.2)] : []),
  ]),
});

const set = (grid: Grid, name: string, structures: readonly StructureDescription[] = [lung(grid)]) => {
  const source = testSource('CT', grid);
  return buildStructureSet({
    context: testContext(source.header, name),
    source,
    structures: [...structures, { name: 'zPET_1', interpretedType: '', generation: 'MANUAL', contours: [] }],
    label: 'AI_OAR',
    description: 'Draft',
  });
};

describe('a structure set', () => {
  for (const orientation of orientationNames) {
    it(`is read back as it was written: ${orientation}`, () => {
      const grid = testGrid(orientation);
      const dataset = set(grid, orientation);
      expect(errorsOf(validate(dataset, { inheritedFrom: testSource('CT', grid).header }))).toEqual([]);
      const read = readStructureSet(parsePart10(encode(dataset)).dataset);
      expect(read).toMatchObject({ label: 'AI_OAR', findings: [] });
      expect(read.rois.map(({ name }) => name)).toEqual(['Lung_R', 'zPET_1']);
      const [roi, empty] = read.rois;
      expect(empty).toMatchObject({ contours: [], generationAlgorithm: 'MANUAL' });
      expect(roi).toMatchObject({
        interpretedType: 'ORGAN',
        generationAlgorithm: 'AUTOMATIC',
        code: sct.lung,
        colour: [197, 165, 145],
      });
      const given = lung(grid).contours;
      expect(roi!.contours).toHaveLength(given.length);
      const source = testSource('CT', grid);
      for (const [index, contour] of roi!.contours.entries()) {
        expect(contour.images).toEqual([source.slices[given[index]!.slice]!.reference.sopInstanceUid]);
        for (const [at, mm] of contour.points.entries()) {
          expect(Math.abs(mm - given[index]!.points[at]!)).toBeLessThanOrEqual(0.0005 + 1e-9);
        }
      }
    });
  }

  it('refuses what no reader could take', () => {
    const grid = testGrid('axial');
    const one = lung(grid);
    const twice = () => set(grid, 'twice', [one, { ...one, name: 'lung_r' }]);
    expect(twice).toThrow('Two structures have one name');
    const line = { ...one, contours: [{ slice: 1, points: Float64Array.of(0, 0, 0, 1, 0, 0) }] };
    expect(() => set(grid, 'line', [line])).toThrow('not closed around an area');
    const beside = { ...one, contours: [{ ...one.contours[0]!, slice: 7 }] };
    expect(() => set(grid, 'beside', [beside])).toThrow('not on an image');
  });

  it('finds the mistakes of others: points that are missing or off their plane, regions without a name', () => {
    const dataset = set(testGrid('axial'), 'mistakes');
    const [contours] = dataset.items('ROIContourSequence');
    const [first, second] = contours!.items('ContourSequence');
    first!.set('NumberOfContourPoints', 7);
    const data = second!.numbers('ContourData');
    second!.set(
      'ContourData',
      data.map((mm, at) => (at === 2 ? mm + 1 : mm)),
    );
    dataset.items('RTROIObservationsSequence')[0]!.set('ReferencedROINumber', 9);
    const problems = errorsOf(validate(dataset)).map(({ where, message }) => `${where}: ${message}`);
    expect(problems).toEqual([
      expect.stringContaining('RTROIObservationsSequence[1].ReferencedROINumber: names no region'),
      expect.stringContaining('ContourSequence[1].ContourData: must hold three numbers'),
      expect.stringContaining('ContourSequence[2].ContourData: the points must lie in one plane'),
    ]);
  });
});

describeWithPeers(
  'a structure set by other software',
  ['dciodvfy', 'dcmdump', 'pydicom', 'plastimatch'],
  () => {
    const folder = temporaryFolder();
    let work = '';
    beforeAll(() => {
      work = mkdtempSync(path.join(tmpdir(), 'photopeak-structures-'));
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    it('has no error by dciodvfy and is read by pydicom and dcmdump', () => {
      const file = folder.write('structures.dcm', encode(set(testGrid('axial'), 'peers')));
      expect(dciodvfyErrors(file)).toEqual([]);
      expect(pydicomReads(file)[0]).toContain('1.2.840.10008.5.1.4.1.1.481.3');
      expect(runPeer('dcmdump', [file]).output).toMatch(/CLOSED_PLANAR/);
    });

    it('keeps a contour of more points than a short length can hold', () => {
      const grid = testGrid('axial', [400, 400, 7]);
      const long = { ...lung(grid), contours: [ring(grid, 1, [200, 200], 150, 5000)] };
      const dataset = set(grid, 'long', [long]);
      expect(structureSetSyntax(set(grid, 'short'))).toBe(UID.ExplicitVRLittleEndian);
      const transferSyntaxUid = structureSetSyntax(dataset);
      expect(transferSyntaxUid).toBe(UID.ImplicitVRLittleEndian);
      const file = folder.write('long.dcm', writePart10({ dataset, transferSyntaxUid }));
      const read = readStructureSet(parsePart10(readFileSync(file)).dataset);
      expect(read.rois[0]?.contours[0]?.points).toHaveLength(15000);
      expect(dciodvfyErrors(file)).toEqual([]);
      const script =
        'import sys,pydicom\nd=pydicom.dcmread(sys.argv[1])\nprint(len(d.ROIContourSequence[0].ContourSequence[0].ContourData))';
      expect(runPeer('python3', ['-c', script, file]).output.trim()).toBe('15000');
    });

    it('is filled by plastimatch where it lies', () => {
      const grid = testGrid('axial', [26, 22, 7]);
      const file = path.join(work, 'rtss.dcm');
      writeFileSync(file, encode(set(grid, 'plastimatch')));
      const fixed = path.join(work, 'fixed.nii');
      writeFileSync(
        fixed,
        writeNifti({ ...grid, data: new Uint8Array(26 * 22 * 7), unit: '1' }, { compress: false }),
      );
      const out = path.join(work, 'masks');
      const run = runPeer('plastimatch', [
        'convert',
        '--input',
        file,
        '--fixed',
        fixed,
        '--output-prefix',
        out,
        '--prefix-format',
        'nii',
      ]);
      expect(run.status, run.output).toBe(0);
      const mask = readNifti(readFileSync(path.join(out, 'Lung_R.nii')));
      const inside: Vec3[] = [
        [6, 5, 1],
        [6, 5, 5],
        [11, 9, 2],
      ];
      const outside: Vec3[] = [
        [6, 5, 0],
        [6, 5, 4],
        [11, 9, 3],
        [20, 5, 1],
      ];
      const at = ([i, j, k]: Vec3) => mask.data[i + 26 * (j + 22 * k)];
      expect(inside.map(at)).toEqual([1, 1, 1]);
      expect(outside.map(at)).toEqual([0, 0, 0, 0]);
    });
  },
);
