import type { Grid, Volume } from '@photopeak/imaging';
import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { dcm } from '../../codes/index.ts';
import type { Dataset } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { frameHeader, type Instance, slicesOf } from '../../series/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import { enhancedHeader } from '../test-enhanced.ts';
import { dciodvfyErrors, encode, pydicomReads, temporaryFolder, testContext, testGrid } from '../test-kit.ts';
import { buildDerivedSeries, type DerivedSeriesInput } from './index.ts';

const modalities = ['CT', 'MR', 'PT'] as const;
const grid = testGrid('oblique', [13, 11, 3]);
const AREA = 13 * 11;

function ramp(onto: Grid, low: number, high: number): Volume<Float32Array> {
  const count = onto.size[0] * onto.size[1] * onto.size[2];
  const data = Float32Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1));
  return { ...onto, data, unit: '1' };
}

function input(
  modality: (typeof modalities)[number],
  volume: Volume,
  frames = [1, 2, 3],
): DerivedSeriesInput {
  const header = enhancedHeader(modality, grid);
  return {
    context: testContext(header, `derived enhanced ${modality}`),
    source: { grid, headers: [header], frames },
    volume,
    derivations: [dcm.smoothing],
    derivationDescription: 'smoothed',
  };
}

/** Values and frames as a reader of functional groups finds them. */
function read(object: Dataset) {
  const { dataset } = parsePart10(encode(object));
  const slices = slicesOf({ dataset, sopClassUid: dataset.text('SOPClassUID') } as Instance);
  const bytes = dataset.bytes('PixelData')!.slice();
  const signed = dataset.number('PixelRepresentation') === 1;
  const stored = signed ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer);
  const values = slices.flatMap(({ rescaleSlope, rescaleIntercept, columns, rows }, frame) =>
    Array.from(
      stored.subarray(frame * columns * rows, (frame + 1) * columns * rows),
      (one) => one * rescaleSlope + rescaleIntercept,
    ),
  );
  return { dataset, slices, values };
}

describe('a series derived from an enhanced image', () => {
  it('keeps its SOP class, says what it is, and which frame each of its frames comes from', () => {
    // The volume runs against the order of the frames.
    const one = input('CT', ramp(grid, -1000, 900), [3, 2, 1]);
    const [object, ...more] = buildDerivedSeries(one);
    expect(more).toEqual([]);
    const { dataset, values } = read(object!);
    const header = one.source.headers[0]!;
    expect(dataset.text('SOPClassUID')).toBe(header.text('SOPClassUID'));
    expect(dataset.text('SOPInstanceUID')).not.toBe(header.text('SOPInstanceUID'));
    expect(dataset.texts('ImageType')).toEqual(['DERIVED', 'PRIMARY', 'VOLUME', 'NONE']);
    const shared = dataset.item('SharedFunctionalGroupsSequence')!;
    expect(shared.item('CTImageFrameTypeSequence')?.texts('FrameType')[0]).toBe('DERIVED');
    expect(shared.item('CTExposureSequence')?.number('CTDIvol')).toBe(8);
    for (const [index, frame] of dataset.items('PerFrameFunctionalGroupsSequence').entries()) {
      const source = frame.item('DerivationImageSequence')!.item('SourceImageSequence')!;
      expect(source.text('ReferencedSOPInstanceUID')).toBe(header.text('SOPInstanceUID'));
      expect(source.number('ReferencedFrameNumber')).toBe(3 - index);
      const own = header.items('PerFrameFunctionalGroupsSequence')[2 - index]!;
      expect(frame.item('PlanePositionSequence')!.texts('ImagePositionPatient')).toEqual(
        own.item('PlanePositionSequence')!.texts('ImagePositionPatient'),
      );
      const content = frame.item('FrameContentSequence')!;
      expect(content.numbers('DimensionIndexValues')).toEqual([1, index + 1]);
      expect(content.number('FrameAcquisitionDuration')).toBe(1002 - index);
    }
    for (const [at, value] of values.entries())
      expect(Math.abs(value - one.volume.data[at]!)).toBeLessThanOrEqual(0.5001);
    expect(errorsOf(validate(dataset, { inheritedFrom: header }))).toEqual([]);
  });

  it('keeps the slope of each PET frame, and gives one that does not fit another, with its unit', () => {
    const fits = read(buildDerivedSeries(input('PT', ramp(grid, 0, 10_000)))[0]!);
    expect(fits.slices.map(({ rescaleSlope }) => rescaleSlope)).toEqual([0.5, 0.625, 0.75]);
    const volume = ramp(grid, 0, 60_000);
    const { slices, values } = read(buildDerivedSeries(input('PT', volume))[0]!);
    expect(slices[0]!.rescaleSlope).toBeGreaterThan(0.5);
    expect(slices.every(({ unit }) => unit === 'Bq/ml')).toBe(true);
    for (const [at, value] of values.entries())
      expect(Math.abs(value - volume.data[at]!)).toBeLessThanOrEqual(
        slices[Math.floor(at / AREA)]!.rescaleSlope * 0.51,
      );
  });

  it('gives MR without a scale one where the values need it', () => {
    const volume = ramp(grid, 0, 300_000);
    const { values } = read(buildDerivedSeries(input('MR', volume))[0]!);
    expect(Math.abs(values.at(-1)! - 300_000)).toBeLessThan(5);
  });

  it('lies on another grid where it was resampled, with the frames that each plane was computed from', () => {
    const finer: Grid = { ...testGrid('oblique', [20, 16, 6]), spacingMm: [1, 1.5, 1.6] };
    const { dataset, slices } = read(buildDerivedSeries(input('CT', ramp(finer, 0, 100)))[0]!);
    expect(slices).toHaveLength(6);
    expect(slices[0]!.pixelSpacing).toEqual([1.5, 1]);
    expect(dataset.texts('ImageType')[3]).toBe('RESAMPLED');
    const sources = dataset
      .items('PerFrameFunctionalGroupsSequence')[1]!
      .item('DerivationImageSequence')!
      .items('SourceImageSequence');
    expect(sources.map((one) => one.number('ReferencedFrameNumber'))).toEqual([1, 2]);
    expect(sources[0]!.text('SpatialLocationsPreserved')).toBe('NO');
  });

  it('is asked for kernel, thickness and echo as a single-frame image is', () => {
    const ct = frameHeader(enhancedHeader('CT', grid), 2);
    expect([ct.text('ConvolutionKernel'), ct.number('SliceThickness'), ct.number('Exposure')]).toEqual([
      'B30f',
      3.27,
      100,
    ]);
    expect(frameHeader(enhancedHeader('MR', grid), 1).number('EchoTime')).toBe(10);
  });

  it('gives the same bytes for the same input', () => {
    const bytes = () => buildDerivedSeries(input('PT', ramp(grid, 0, 99_999))).map(encode);
    expect(bytes()).toEqual(bytes());
  });
});

describeWithPeers('other readers', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  const finer: Grid = { ...testGrid('oblique', [20, 16, 6]), spacingMm: [1, 1.5, 1.6] };
  /** The functional groups of any frame count once. */
  const kinds = (file: string) =>
    new Set(dciodvfyErrors(file).map((line) => line.replaceAll(/\[\d+\]/g, '')));

  it('find no error in derived CT, and in MR and PET none that their sources have not', () => {
    const files: string[] = [];
    const shapes: string[] = [];
    for (const modality of modalities) {
      const header = enhancedHeader(modality, grid).set('PixelData', new Uint8Array(AREA * 3 * 2), 'OW');
      const known = kinds(folder.write(`${modality}.dcm`, encode(header)));
      if (modality === 'CT') expect([...known]).toEqual([]);
      for (const [index, volume] of [
        ramp(grid, 0, 900),
        ramp(grid, 0, 90_000),
        ramp(finer, 0, 900),
      ].entries()) {
        const [object] = buildDerivedSeries(input(modality, volume));
        const file = folder.write(`${modality}-${index}.dcm`, encode(object!));
        const found = kinds(file);
        files.push(file);
        shapes.push(`(${[...volume.size].reverse().join(', ')})`);
        expect(
          [...found].filter((one) => !known.has(one)),
          `${modality} ${index}`,
        ).toEqual([]);
      }
    }
    const lines = pydicomReads(...files);
    expect(lines.map((line, n) => line.slice(-shapes[n]!.length))).toEqual(shapes);
  });
});
