import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Grid, type Mask, sameGrid, toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sct } from '../../codes/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  temporaryFolder,
  testAlgorithm,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import { forEachSetBit, packedLength, setBits } from './bits.ts';
import {
  buildSegmentation,
  readSegmentation,
  type SegmentationInput,
  type SegmentDescription,
} from './index.ts';

const lesion: SegmentDescription = {
  label: 'Lesion 1',
  type: sct.neoplasm,
  anatomicRegion: sct.lung,
  anatomicRegionModifiers: [sct.right],
  algorithmType: 'AUTOMATIC',
  algorithm: testAlgorithm,
  trackingId: 'Lesion 1',
  trackingUid: uidFrom('tracking', '1'),
};
const kidney: SegmentDescription = {
  label: 'Left kidney',
  type: sct.kidney,
  typeModifiers: [sct.left],
  algorithmType: 'SEMIAUTOMATIC',
  algorithm: testAlgorithm,
};
const empty: SegmentDescription = { label: 'Liver, not seen', type: sct.liver, algorithmType: 'MANUAL' };

const maskOf = (grid: Grid, isInside: (at: number, k: number) => boolean): Mask => {
  const area = grid.size[0] * grid.size[1];
  const data = new Uint8Array(area * grid.size[2]);
  for (let at = 0; at < data.length; at++) if (isInside(at, Math.floor(at / area))) data[at] = 1;
  return { ...grid, data, unit: '1' };
};

/** Two disjoint segments with gaps along k, and one without voxels. */
const masks = (grid: Grid): readonly Mask[] => [
  maskOf(grid, (at, k) => k % 3 !== 1 && (at * 7919) % 11 < 3),
  maskOf(grid, (at, k) => k !== 2 && (at * 7919) % 11 === 5),
  maskOf(grid, () => false),
];

function input(grid: Grid, overrides: Partial<SegmentationInput> = {}): SegmentationInput {
  const source = testSource('PT', grid);
  return {
    context: testContext(source.header, `seg ${grid.size} ${grid.direction}`),
    source,
    segments: [lesion, kidney, empty],
    pixels: { kind: 'masks', masks: masks(grid) },
    ...overrides,
  };
}

const open = (bytes: Uint8Array) => readSegmentation(parsePart10(bytes));

/** The voxels of a mask as positions in patient space, so that grids of any extent can be compared. */
function voxels(mask: Mask, on: Grid): readonly string[] {
  const found: string[] = [];
  const [columns, rows] = mask.size;
  for (let at = 0; at < mask.data.length; at++) {
    if (mask.data[at] === 0) continue;
    const ijk: Vec3 = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / (columns * rows))];
    found.push(toVoxel(on, toWorld(mask, ijk)).map(Math.round).join());
  }
  return found.sort();
}

/** Frames that end on a byte, and such that do not. */
const sizes: readonly Vec3[] = [
  [16, 8, 4],
  [13, 11, 7],
  [5, 3, 3],
];
/**
 * dcmqi (by its DCMTK) misreads the second and later frames of some sizes whose frames do not end on a byte
 * (QIICR/dcmqi 341, QIICR/QuantitativeReporting 278); it is asked about sizes that it reads. pydicom is asked about all.
 */
const readByDcmqi = ([columns, rows]: Vec3) => (columns * rows) % 8 === 0;

/** Frames as pydicom unpacks them: segment, position, and the indices of the pixels that are set. */
function pydicomFrames(
  files: readonly string[],
): readonly (readonly { segment: number; position: number[]; pixels: number[] }[])[] {
  const script = [
    'import sys, json, pydicom',
    'all = []',
    'for name in sys.argv[1:]:',
    '  ds = pydicom.dcmread(name)',
    '  frames = []',
    '  all.append(frames)',
    '  for pixels, group in zip(ds.pixel_array.reshape(-1, ds.Rows * ds.Columns), ds.PerFrameFunctionalGroupsSequence):',
    '      frames.append({',
    "        'segment': int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber),",
    "        'position': [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient],",
    "        'pixels': [int(v) for v in pixels.nonzero()[0]]})",
    'print(json.dumps(all))',
  ].join('\n');
  const { status, output } = runPeer('python3', ['-c', script, ...files]);
  expect(status, output).toBe(0);
  return JSON.parse(output);
}

describeWithPeers('a segmentation, as other software sees it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  for (const orientation of orientationNames) {
    it(`is valid for dciodvfy, and holds the same voxels for pydicom and dcmqi: ${orientation}`, async () => {
      const { readOverlappingSegmentationNode } = await import('@itk-wasm/dicom');
      const files: string[] = [];
      for (const size of sizes) {
        const grid = testGrid(orientation, size);
        const object = buildSegmentation(input(grid));
        const file = folder.write(`${orientation}-${size.join('x')}.dcm`, encode(object));
        expect(dciodvfyErrors(file)).toEqual([]);
        expect(errorsOf(validate(object))).toEqual([]);

        files.push(file);
        if (!readByDcmqi(size)) continue;

        const { segImage } = await readOverlappingSegmentationNode(file);
        const image: Grid = {
          size: segImage.size as unknown as Vec3,
          spacingMm: segImage.spacing as unknown as Vec3,
          origin: segImage.origin as unknown as Vec3,
          direction: Array.from(segImage.direction as Float64Array) as unknown as Grid['direction'],
        };
        const values = segImage.data as Int16Array;
        const components = segImage.imageType.components;
        for (const [index, mask] of masks(grid).entries()) {
          // One component for each group of segments; a segment is in one of them.
          const theirs = maskOf(image, (at) =>
            values.subarray(at * components, (at + 1) * components).includes(index + 1),
          );
          expect(voxels(theirs, grid), `segment ${index + 1}`).toEqual(voxels(mask, grid));
        }
      }
      for (const [file, frames] of pydicomFrames(files).entries()) {
        const size = sizes[file]!;
        const grid = testGrid(orientation, size);
        for (const [index, mask] of masks(grid).entries()) {
          const theirs = frames
            .filter((frame) => frame.segment === index + 1)
            .flatMap(({ position, pixels }) => {
              const k = Math.round(toVoxel(grid, position as unknown as Vec3)[2]);
              return pixels.map((pixel) => [pixel % size[0], Math.floor(pixel / size[0]), k].join());
            });
          expect(theirs.sort(), `segment ${index + 1}`).toEqual(voxels(mask, grid));
        }
      }
    });
  }
});

describe('a segmentation', () => {
  for (const orientation of orientationNames) {
    for (const encoding of ['binary', 'labelmap'] as const) {
      it(`reads back to the same voxels: ${orientation}, ${encoding}`, async () => {
        const grid = testGrid(orientation);
        const object = buildSegmentation(input(grid, { encoding }));
        expect(errorsOf(validate(object))).toEqual([]);
        const segmentation = await open(encode(object));
        for (const [index, mask] of masks(grid).entries()) {
          expect(voxels(segmentation.mask(index + 1), grid)).toEqual(voxels(mask, grid));
          expect(segmentation.mask(index + 1, { grid }).data).toEqual(mask.data);
          expect(segmentation.voxelCount(index + 1)).toBe(voxels(mask, grid).length);
        }
        expect(segmentation.findings).toEqual([]);
      });
    }
  }

  it('keeps what was said about each segment', async () => {
    const segmentation = await open(encode(buildSegmentation(input(testGrid('axial')))));
    const [first, second, third] = segmentation.segments;
    expect(first).toMatchObject({
      label: 'Lesion 1',
      type: sct.neoplasm,
      category: sct.morphologicallyAbnormalStructure,
      anatomicRegion: sct.lung,
      anatomicRegionModifiers: [sct.right],
      algorithmType: 'AUTOMATIC',
      algorithmVersion: '1.2.3',
      trackingUid: lesion.trackingUid,
      colour: [255, 0, 0],
    });
    expect(second?.typeModifiers).toEqual([sct.left]);
    expect(third?.label).toBe('Liver, not seen');
  });

  it('names the image under each frame, and lists those and no others', async () => {
    const grid = testGrid('oblique');
    const one = input(grid);
    const segmentation = await open(encode(buildSegmentation(one)));
    for (const frame of segmentation.frames) {
      const k = Math.round(toVoxel(grid, frame.position!)[2]);
      expect(frame.sources).toEqual([{ sopInstanceUid: one.source.slices[k]!.reference.sopInstanceUid }]);
    }
    const listed = new Set(segmentation.references.map((reference) => reference.sopInstanceUid));
    expect(listed).toEqual(new Set(segmentation.frames.flatMap(({ sources }) => sources[0]!.sopInstanceUid)));
  });

  it('lies on a finer grid than its images: each frame names the slice it lies in', async () => {
    const grid = testGrid('axial');
    const fine: Grid = { ...grid, size: [26, 22, 14], spacingMm: [0.75, 1.125, 1.635] };
    const mask = maskOf(fine, (at) => at % 5 === 0);
    const one = input(grid, { segments: [empty], pixels: { kind: 'masks', masks: [mask] } });
    const object = buildSegmentation(one);
    expect(errorsOf(validate(object))).toEqual([]);
    const segmentation = await open(encode(object));
    expect(sameGrid(segmentation.grid!, fine)).toBe(true);
    expect(segmentation.frames[0]?.sources[0]?.sopInstanceUid).toBe(
      one.source.slices[0]!.reference.sopInstanceUid,
    );
    expect(segmentation.frames.at(-1)?.sources).toEqual([]);
  });

  it('can be without a voxel', async () => {
    const grid = testGrid('axial');
    const none = maskOf(grid, () => false);
    for (const encoding of ['binary', 'labelmap'] as const) {
      const object = buildSegmentation(
        input(grid, { encoding, segments: [empty, empty], pixels: { kind: 'masks', masks: [none, none] } }),
      );
      expect(errorsOf(validate(object))).toEqual([]);
      const segmentation = await open(encode(object));
      expect(segmentation.segments).toHaveLength(2);
      expect(segmentation.voxelCount(1)).toBe(0);
      expect(segmentation.mask(2, { grid }).data.every((value) => value === 0)).toBe(true);
    }
  });

  it('takes 300 segments as labels, in label map and binary form', async () => {
    const grid = testGrid('axial', [40, 30, 4]);
    const data = Uint16Array.from({ length: 40 * 30 * 4 }, (_, at) => (at * 31) % 301);
    const labels: Volume = { ...grid, data, unit: '1' };
    const segments = Array.from({ length: 300 }, (_, index) => ({ ...empty, label: `Part ${index + 1}` }));
    for (const encoding of ['binary', 'labelmap'] as const) {
      const object = buildSegmentation(
        input(grid, { encoding, segments, pixels: { kind: 'labels', labels } }),
      );
      const segmentation = await open(encode(object));
      for (const number of [1, 255, 256, 300]) {
        const expected = Uint8Array.from(data, (value) => (value === number ? 1 : 0));
        expect(segmentation.mask(number, { grid }).data).toEqual(expected);
      }
    }
  });

  it('omits frames without pixels', () => {
    const grid = testGrid('axial', [9, 9, 20]);
    const small = maskOf(grid, (at, k) => k === 7 && at % 81 === 40);
    const object = buildSegmentation(
      input(grid, { segments: [lesion], pixels: { kind: 'masks', masks: [small] } }),
    );
    expect(object.number('NumberOfFrames')).toBe(1);
    expect(object.bytes('PixelData')).toHaveLength(packedLength(81));
  });

  it('says whether segments overlap, and refuses overlap in a label map', async () => {
    const grid = testGrid('axial');
    const all = maskOf(grid, () => true);
    const pixels = { kind: 'masks', masks: [all, all] } as const;
    const overlapping = input(grid, { segments: [lesion, kidney], pixels });
    const object = buildSegmentation(overlapping);
    expect(object.text('SegmentsOverlap')).toBe('YES');
    expect((await open(encode(object))).mask(2, { grid }).data).toEqual(all.data);
    expect(() => buildSegmentation({ ...overlapping, encoding: 'labelmap' })).toThrow(/label map/);
  });

  it('refuses an automatic segment without its algorithm, and half a tracking identity', () => {
    const grid = testGrid('axial');
    const pixels = { kind: 'masks', masks: [maskOf(grid, () => true)] } as const;
    const { algorithm: _, ...anonymous } = lesion;
    const { trackingUid: __, ...half } = lesion;
    expect(() => buildSegmentation(input(grid, { segments: [anonymous], pixels }))).toThrow(/algorithm/);
    expect(() => buildSegmentation(input(grid, { segments: [half], pixels }))).toThrow(/Tracking/);
  });

  it('gives the same bytes for the same input', () => {
    const bytes = () => encode(buildSegmentation(input(testGrid('oblique'))));
    expect(bytes()).toEqual(bytes());
  });

  it('refuses a segment that is not there', async () => {
    const segmentation = await open(encode(buildSegmentation(input(testGrid('axial')))));
    expect(() => segmentation.mask(9)).toThrow(expect.objectContaining({ code: 'SEGMENTATION_NO_SEGMENT' }));
  });
});

describe('bit packing', () => {
  it('is the identity over any size, whatever the position in the byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 60 }),
        (frames, area) => {
          const packed = new Uint8Array(packedLength(frames.length * area));
          for (const [frame, bits] of frames.entries())
            setBits(packed, frame * area, area, (at) => bits[at] === true);
          for (const [frame, bits] of frames.entries()) {
            const found: number[] = [];
            forEachSetBit(packed, frame * area, area, (at) => found.push(at));
            const expected = Array.from({ length: area }, (_, at) => at).filter((at) => bits[at] === true);
            expect(found).toEqual(expected);
          }
        },
      ),
    );
  });

  it('puts the first pixel into the least significant bit', () => {
    const packed = new Uint8Array(2);
    setBits(packed, 0, 9, (at) => at === 0 || at === 8);
    expect([...packed]).toEqual([1, 1]);
  });
});

describeWithData('segmentations of other writers', () => {
  const read = (...parts: string[]) => open(readFileSync(dataFile(...parts)));

  it('of dcmqi on the real PET: the known number of voxels, on its own grid and on that of the PET', async () => {
    const segmentation = await read('petct_ge_acrin042', 'SEG_7_504365', '0001_504366.dcm');
    const [first] = segmentation.segments;
    expect(first?.label).toBe('pt_segment_1');
    const own = segmentation.mask(first!.number);
    expect(own.data.reduce((sum, value) => sum + value, 0)).toBe(2548);

    const folder = dataFile('petct_ge_acrin042', 'PT_61081015');
    const positions = globSync(path.join(folder, '*.dcm')).map(
      (file) =>
        parsePart10(readFileSync(file), { stopBeforePixelData: true }).dataset.numbers(
          'ImagePositionPatient',
        )[2]!,
    );
    positions.sort((a, b) => a - b);
    const pet: Grid = {
      size: [128, 128, positions.length],
      spacingMm: [4.6875, 4.6875, (positions.at(-1)! - positions[0]!) / (positions.length - 1)],
      origin: [-297.65625, -297.65625, positions[0]!],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    };
    const onPet = segmentation.mask(first!.number, { grid: pet });
    expect(onPet.data.reduce((sum, value) => sum + value, 0)).toBe(2548);
  });

  it('are read: every file of the foreign and golden folders', async () => {
    const files = [
      ...globSync(dataFile('golden', 'seg_*.dcm')),
      ...globSync(dataFile('petct_ge_acrin042', 'SEG_*', '*.dcm')),
      ...globSync(dataFile('objects_foreign', 'highdicom', 'test_files', 'seg_*.dcm')),
      ...globSync(dataFile('objects_foreign', 'dcmqi', 'segmentations', '*.dcm')),
      ...globSync(dataFile('objects_foreign', 'dcmqi', 'segmentations', '*', 'seg', '*.seg')),
      dataFile('objects_foreign', 'dcmqi_sr_qinhn0003', 'seg.dcm'),
      dataFile('objects_foreign', 'iowa2dicom_qinhn0062', 'SEG', 'tumor.dcm'),
    ].sort();
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const segmentation = await open(readFileSync(file));
      expect(segmentation.segments.length, file).toBeGreaterThan(0);
      const counts = segmentation.segments.map(({ number }) => segmentation.voxelCount(number));
      expect(
        counts.some((count) => count > 0),
        file,
      ).toBe(true);
      if (segmentation.grid === undefined) continue;
      for (const [index, { number }] of segmentation.segments.entries()) {
        const mask = segmentation.mask(number);
        expect(
          mask.data.reduce((sum, value) => sum + value, 0),
          file,
        ).toBe(counts[index]);
      }
    }
  });

  it('of three encodings hold the same', async () => {
    const [binary, fractional, labelmap] = await Promise.all([
      read('golden', 'seg_binary.dcm'),
      read('golden', 'seg_fractional.dcm'),
      read('golden', 'seg_labelmap.dcm'),
    ]);
    for (const number of [1, 2]) {
      expect(fractional.mask(number)).toEqual(binary.mask(number));
      expect(labelmap.mask(number)).toEqual(binary.mask(number));
      expect(Math.max(...fractional.fractions(number).data)).toBeGreaterThan(0.5);
    }
  });
});
