import { readFileSync } from 'node:fs';
import { type Grid, sameGrid, type Volume } from '@photopeak/imaging';
import { dataFile, describeWithData, describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { sct } from '../../codes/index.ts';
import { Dataset } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { writePart10 } from '../../write/index.ts';
import {
  dciodvfyErrors,
  encode,
  temporaryFolder,
  testAlgorithm,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import {
  buildSegmentation,
  changeReferences,
  convertSegmentation,
  readSegmentation,
  type SegmentDescription,
} from './index.ts';

const segment = (label: string, type: SegmentDescription['type']): SegmentDescription => ({
  label,
  type,
  algorithmType: 'AUTOMATIC',
  algorithm: testAlgorithm,
});

const SEGMENTS = [segment('Lung', sct.lung), segment('Not seen', sct.liver), segment('Kidney', sct.kidney)];

/** Labels on every second slice; the second segment has no voxel. */
function build(grid: Grid, encoding: 'binary' | 'labelmap'): Uint8Array {
  const area = grid.size[0] * grid.size[1];
  const data = new Uint8Array(area * grid.size[2]);
  for (let at = 0; at < data.length; at++) {
    if (Math.floor(at / area) % 2 === 1) continue;
    const hash = (at * 7919) % 11;
    data[at] = hash < 3 ? 1 : hash === 5 ? 3 : 0;
  }
  const labels: Volume = { ...grid, data, unit: '1' };
  const source = testSource('PT', grid);
  const context = testContext(source.header, `converted ${encoding}`);
  return encode(
    buildSegmentation({ context, source, segments: SEGMENTS, pixels: { kind: 'labels', labels }, encoding }),
  );
}

/** Every segment of both has the same voxels at the same places. */
async function expectSameVoxels(one: Uint8Array, other: Uint8Array, renumbered = (number: number) => number) {
  const [a, b] = [await readSegmentation(parsePart10(one)), await readSegmentation(parsePart10(other))];
  expect(b.segments.map(({ label }) => label)).toEqual(a.segments.map(({ label }) => label));
  expect(b.frameOfReferenceUid).toBe(a.frameOfReferenceUid);
  expect(sameGrid(a.grid!, b.grid!)).toBe(true);
  for (const { number } of a.segments) {
    expect(b.voxelCount(renumbered(number))).toBe(a.voxelCount(number));
    expect(Buffer.from(b.mask(renumbered(number)).data).equals(Buffer.from(a.mask(number).data))).toBe(true);
  }
}

async function convert(bytes: Uint8Array, encoding: 'binary' | 'labelmap', sopInstanceUid = '2.25.77') {
  const converted = await convertSegmentation(parsePart10(bytes), { encoding, sopInstanceUid });
  return { ...converted, bytes: writePart10({ dataset: converted.dataset }) };
}

const grid = testGrid('oblique', [13, 7, 6]);

describe('a segmentation in the other encoding', () => {
  it('has the same voxels, there and back, in frames that say where they come from', async () => {
    const labelMap = build(grid, 'labelmap');
    const binary = await convert(labelMap, 'binary');
    await expectSameVoxels(labelMap, binary.bytes);
    const direct = parsePart10(build(grid, 'binary')).dataset;
    expect(binary.dataset.number('NumberOfFrames')).toBe(direct.number('NumberOfFrames'));
    expect(
      Buffer.from(binary.dataset.bytes('PixelData')!).equals(Buffer.from(direct.bytes('PixelData')!)),
    ).toBe(true);
    const frames = (dataset: Dataset) =>
      dataset
        .items('PerFrameFunctionalGroupsSequence')
        .map((item) => [
          item.item('FrameContentSequence')?.numbers('DimensionIndexValues'),
          item.item('PlanePositionSequence')?.texts('ImagePositionPatient'),
          item.item('DerivationImageSequence')?.item('SourceImageSequence')?.text('ReferencedSOPInstanceUID'),
          item.item('SegmentIdentificationSequence')?.number('ReferencedSegmentNumber'),
        ]);
    expect(frames(binary.dataset)).toEqual(frames(direct));
    expect(binary.dataset.text('SOPClassUID')).toBe('1.2.840.10008.5.1.4.1.1.66.4');
    expect(binary.dataset.text('SOPInstanceUID')).toBe('2.25.77');
    const back = await convert(binary.bytes, 'labelmap', '2.25.78');
    await expectSameVoxels(labelMap, back.bytes);
    const original = parsePart10(labelMap).dataset;
    expect(
      Buffer.from(back.dataset.bytes('PixelData')!).equals(Buffer.from(original.bytes('PixelData')!)),
    ).toBe(true);
    expect(frames(back.dataset)).toEqual(frames(original));
  });

  it('numbers segments without gaps, and references follow', async () => {
    const dataset = parsePart10(build(grid, 'labelmap')).dataset;
    const pixels = Uint8Array.from(dataset.bytes('PixelData')!, (value) => (value === 3 ? 9 : value));
    const items = dataset.items('SegmentSequence').map((item) => {
      if (item.number('SegmentNumber') === 3) item.set('SegmentNumber', 9);
      return item;
    });
    const gaps = writePart10({
      dataset: dataset.set('PixelData', pixels, 'OB').set('SegmentSequence', items),
    });
    const binary = await convert(gaps, 'binary');
    await expectSameVoxels(gaps, binary.bytes, binary.segmentOf);
    expect(binary.segmentOf(9)).toBe(3);
    const refers = Dataset.of({
      ContentSequence: Dataset.of({
        ReferencedSOPSequence: Dataset.of({
          ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.66.7',
          ReferencedSOPInstanceUID: '2.25.5',
          ReferencedFrameNumber: [2],
          ReferencedSegmentNumber: [9],
        }),
      }),
    });
    const changed = changeReferences(refers, (uid) =>
      uid === '2.25.5'
        ? { sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4', sopInstanceUid: '2.25.77', ...binary }
        : undefined,
    );
    const reference = changed.item('ContentSequence')?.item('ReferencedSOPSequence');
    expect(reference?.text('ReferencedSOPInstanceUID')).toBe('2.25.77');
    expect(reference?.number('ReferencedSegmentNumber')).toBe(3);
    // Three planes hold the first segment, then three the last: its second is frame 5.
    expect(reference?.numbers('ReferencedFrameNumber')).toEqual([5]);
    expect(
      refers.item('ContentSequence')?.item('ReferencedSOPSequence')?.number('ReferencedSegmentNumber'),
    ).toBe(9);
  });

  it('is refused where voxels would be lost', async () => {
    const source = testSource('PT', grid);
    const full = { ...grid, data: new Uint8Array(13 * 7 * 6).fill(1), unit: '1' } as const;
    const overlapping = encode(
      buildSegmentation({
        context: testContext(source.header, 'overlap'),
        source,
        segments: SEGMENTS.slice(0, 2),
        pixels: { kind: 'masks', masks: [full, full] },
      }),
    );
    await expect(convert(overlapping, 'labelmap')).rejects.toMatchObject({ code: 'SEGMENTATION_OVERLAP' });
    await expect(convert(build(grid, 'binary'), 'binary')).rejects.toMatchObject({
      code: 'SEGMENTATION_NOT_CONVERTIBLE',
    });
  });
});

describeWithData('segmentations of another writer', () => {
  it.each([
    ['seg_labelmap.dcm', 'binary'],
    ['seg_binary.dcm', 'labelmap'],
  ] as const)('%s as %s keeps every voxel', async (name, encoding) => {
    const bytes = readFileSync(dataFile('golden', name));
    const converted = await convert(bytes, encoding);
    await expectSameVoxels(bytes, converted.bytes, converted.segmentOf);
  });
});

describeWithPeers('dciodvfy', ['dciodvfy'], () => {
  const folder = temporaryFolder();
  it('finds no error in a binary segmentation that was a label map', async () => {
    const { bytes } = await convert(build(grid, 'labelmap'), 'binary');
    expect(dciodvfyErrors(folder.write('converted.dcm', bytes))).toEqual([]);
  });
});
