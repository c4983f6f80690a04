import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Grid, Volume } from '@photopeak/imaging';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { dcm, photopeak } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  pydicomReads,
  type TestModality,
  temporaryFolder,
  testContext,
  testGrid,
  testHeaders,
} from '../test-kit.ts';
import { buildDerivedSeries, type DerivedSeriesInput } from './index.ts';

function ramp(grid: Grid, low: number, high: number): Volume<Float32Array> {
  const count = grid.size[0] * grid.size[1] * grid.size[2];
  const data = Float32Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1));
  return { ...grid, data, unit: '1' };
}

function input(modality: TestModality, grid: Grid, values: readonly [number, number]): DerivedSeriesInput {
  const headers = testHeaders(modality, grid);
  return {
    context: testContext(headers[0]!, `derived ${modality}`),
    source: { grid, headers },
    volume: ramp(grid, ...values),
    derivations: [dcm.smoothing, photopeak.aiDenoising],
    derivationDescription: 'LesionNet 1.2.3; geometry and scale unchanged',
  };
}

/** Values as a reader computes them. */
function valuesOf(dataset: Dataset): readonly number[] {
  const bytes = dataset.bytes('PixelData')!;
  const signed = dataset.number('PixelRepresentation') === 1;
  const stored = signed
    ? new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const slope = dataset.number('RescaleSlope') ?? 1;
  const intercept = dataset.number('RescaleIntercept') ?? 0;
  return Array.from(stored, (value) => value * slope + intercept);
}

const modalities: readonly TestModality[] = ['CT', 'MR', 'PT', 'NM'];

describeWithPeers('a derived series, as other software sees it', ['dciodvfy', 'dcentvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  for (const orientation of orientationNames) {
    it(`has no error in dciodvfy: ${orientation}`, () => {
      const files: string[] = [];
      for (const modality of modalities) {
        const grid = testGrid(orientation, [13, 11, 3]);
        for (const [index, object] of buildDerivedSeries(input(modality, grid, [0, 900])).entries()) {
          const file = folder.write(`${orientation}-${modality}-${index}.dcm`, encode(object));
          expect(dciodvfyErrors(file), modality).toEqual([]);
          expect(errorsOf(validate(object)), modality).toEqual([]);
          if (index === 0) files.push(file);
        }
      }
      expect(pydicomReads(...files)).toHaveLength(modalities.length);
    });
  }

  it('has no error where the source has no body part, or one that nobody defined', () => {
    for (const [index, part] of [undefined, 'WHOLE BODY', 'BREAST', 'thorax+abd'].entries()) {
      const grid = testGrid('axial', [5, 3, 1]);
      const one = input('CT', grid, [0, 10]);
      one.source.headers[0]!.set('BodyPartExamined', part ?? null);
      const [object] = buildDerivedSeries(one);
      const file = folder.write(`part-${index}.dcm`, encode(object!));
      expect(dciodvfyErrors(file), part).toEqual([]);
    }
  });

  it('is one series of the same patient and study for dcentvfy', () => {
    const grid = testGrid('axial', [5, 3, 3]);
    const one = input('PT', grid, [0, 900]);
    const files = [
      ...one.source.headers.map((header) => header.set('PixelData', new Uint8Array(30), 'OW')),
      ...buildDerivedSeries(one),
    ].map((object, index) => folder.write(`entity-${index}.dcm`, encode(object)));
    const { output } = runPeer('dcentvfy', files);
    expect(output.split('\n').filter((line) => /^Error/.test(line))).toEqual([]);
  });
});

describe('a derived series', () => {
  const grid = testGrid('oblique', [13, 11, 3]);

  it('says where it comes from, slice by slice', () => {
    const one = input('CT', grid, [-1000, 900]);
    const objects = buildDerivedSeries(one);
    expect(objects).toHaveLength(3);
    for (const [index, object] of objects.entries()) {
      const header = one.source.headers[index]!;
      expect(object.text('SOPInstanceUID')).not.toBe(header.text('SOPInstanceUID'));
      expect(object.text('SeriesInstanceUID')).toBe(one.context.seriesInstanceUid);
      expect(object.text('FrameOfReferenceUID')).toBe(header.text('FrameOfReferenceUID'));
      expect(object.texts('ImageType')).toEqual(['DERIVED', 'SECONDARY', 'AXIAL']);
      expect(object.item('SourceImageSequence')?.text('ReferencedSOPInstanceUID')).toBe(
        header.text('SOPInstanceUID'),
      );
      expect(object.texts('ImagePositionPatient')).toEqual(header.texts('ImagePositionPatient'));
      expect(object.text('Manufacturer')).toBe('Photopeak');
      expect(object.text('PatientName')).toBe('Müller^Änne');
      expect(object.has('SmallestImagePixelValue')).toBe(false);
    }
    const purposes = objects[0]!
      .items('ContributingEquipmentSequence')
      .map((item) => [
        item.item('PurposeOfReferenceCodeSequence')?.text('CodeValue'),
        item.text('Manufacturer'),
      ]);
    expect(purposes).toEqual([
      ['109101', 'ACME'],
      ['109102', 'Photopeak'],
    ]);
  });

  it('keeps the scale and the values of CT', () => {
    const one = input('CT', grid, [-1000, 900]);
    const object = buildDerivedSeries(one)[1]!;
    expect(object.number('RescaleIntercept')).toBe(-1024);
    const area = 13 * 11;
    const worst = Math.max(
      ...valuesOf(object).map((value, at) => Math.abs(value - one.volume.data[area + at]!)),
    );
    expect(worst).toBeLessThanOrEqual(0.5001);
  });

  it('says of no pixel that it is padding: the volume has values everywhere', () => {
    const one = input('CT', grid, [-1000, 900]);
    for (const header of one.source.headers) header.set('PixelPaddingValue', -2000);
    for (const object of buildDerivedSeries(one)) expect(object.has('PixelPaddingValue')).toBe(false);
  });

  it('keeps times and units of PET, and its slope of each slice where the values fit', () => {
    const one = input('PT', grid, [0, 10000]);
    for (const [index, object] of buildDerivedSeries(one).entries()) {
      const header = one.source.headers[index]!;
      for (const keyword of [
        'SeriesDate',
        'SeriesTime',
        'AcquisitionTime',
        'Units',
        'DecayCorrection',
      ] as const) {
        expect(object.text(keyword)).toBe(header.text(keyword));
      }
      expect(object.texts('ImageType')).toEqual(['DERIVED', 'PRIMARY']);
      expect(object.number('RescaleSlope')).toBe(0.5 + index * 0.125);
    }
  });

  it('gives a PET slice that does not fit a slope of its own, with an error below half a step', () => {
    const one = input('PT', grid, [0, 123456]);
    const objects = buildDerivedSeries(one);
    const slopes = objects.map((object) => object.number('RescaleSlope')!);
    expect(new Set(slopes).size).toBe(3);
    for (const [k, object] of objects.entries()) {
      expect(object.number('RescaleIntercept')).toBe(0);
      for (const [at, value] of valuesOf(object).entries()) {
        expect(Math.abs(value - one.volume.data[k * 143 + at]!)).toBeLessThanOrEqual(slopes[k]! * 0.5001);
      }
    }
  });

  it('widens or changes the scale of a series as a whole, never of one slice of CT', () => {
    const slopes = buildDerivedSeries(input('CT', grid, [-1000, 90000])).map((object) =>
      object.text('RescaleSlope'),
    );
    expect(new Set(slopes).size).toBe(1);
    expect(Number(slopes[0])).toBeGreaterThan(1);
  });

  it('puts a resampled PET on the grid of the CT, with one slope and the CT frame of reference', () => {
    const ctGrid: Grid = { ...testGrid('oblique', [20, 18, 5]), spacingMm: [1, 1, 2] };
    const target = testHeaders('CT', ctGrid)[0]!.set('FrameOfReferenceUID', uidFrom('CT frame'));
    const one = { ...input('PT', grid, [0, 1]), volume: ramp(ctGrid, 0, 55555), target };
    const objects = buildDerivedSeries(one);
    expect(objects).toHaveLength(5);
    expect(new Set(objects.map((object) => object.text('RescaleSlope'))).size).toBe(1);
    for (const object of objects) {
      expect(object.text('FrameOfReferenceUID')).toBe(uidFrom('CT frame'));
      expect([object.number('Rows'), object.number('Columns')]).toEqual([18, 20]);
      expect(object.number('NumberOfSlices')).toBe(5);
      expect(object.item('SourceImageSequence')?.text('SpatialLocationsPreserved')).toBe('NO');
      expect(errorsOf(validate(object))).toEqual([]);
    }
    // 2 mm steps over slices of 3.27 mm: the second plane lies between the first two.
    expect(objects[1]!.items('SourceImageSequence')).toHaveLength(2);
    expect(objects[0]!.items('SourceImageSequence')).toHaveLength(1);
  });

  it('writes NM frames in the order of the source', () => {
    const one = input('NM', grid, [0, 300]);
    const [object] = buildDerivedSeries({ ...one, source: { ...one.source, frames: [3, 2, 1] } });
    const values = valuesOf(object!);
    expect(values[2 * 143]).toBe(Math.round(one.volume.data[0]!));
    expect(values[0]).toBe(Math.round(one.volume.data[2 * 143]!));
  });

  it('stays lossy and stays research when its source is', () => {
    const one = input('CT', grid, [0, 10]);
    for (const header of one.source.headers) {
      header.set('LossyImageCompression', '01').set('LossyImageCompressionRatio', 12);
      header.set('ContentQualification', 'RESEARCH');
    }
    const [object] = buildDerivedSeries({
      ...one,
      context: { ...one.context, contentQualification: 'PRODUCT' },
    });
    expect(object!.text('LossyImageCompression')).toBe('01');
    expect(object!.number('LossyImageCompressionRatio')).toBe(12);
    expect(object!.text('ContentQualification')).toBe('RESEARCH');
  });

  it('keeps the private factors that PET numbers depend on, and no other private block', () => {
    const one = input('PT', grid, [0, 10]);
    for (const header of one.source.headers) {
      header.setPrivate(0x7053, 'Philips PET Private Group', 0x00, 'DS', '0.0005');
      header.setPrivate(0x0009, 'SECRET', 0x01, 'LO', 'Müller');
    }
    const object = parsePart10(encode(buildDerivedSeries(one)[0]!)).dataset;
    expect(object.privateNumber(0x7053, 'Philips PET Private Group', 0)).toBe(0.0005);
    expect([...object].filter((element) => (element.tag >>> 16) % 2 === 1)).toHaveLength(2);
  });

  it('puts malformed dates and codes of old sources right, and leaves identifiers alone', () => {
    const one = input('CT', grid, [0, 10]);
    one.source.headers[0]!.set('AcquisitionDate', '1993.11.24')
      .set('AcquisitionTime', '09:53:00')
      .set('BodyPartExamined', 'chest')
      .set('PatientSex', 'unknown')
      .set('PatientID', 'a very long identifier that nobody should ever shorten, whatever the standard says');
    const [object] = buildDerivedSeries(one);
    expect(object!.text('AcquisitionDate')).toBe('19931124');
    expect(object!.text('AcquisitionTime')).toBe('095300');
    expect(object!.text('BodyPartExamined')).toBe('CHEST');
    expect(object!.text('PatientSex')).toBeUndefined();
    expect(object!.text('PatientID')).toMatch(/says$/);
  });

  it('refuses sources of other SOP classes', () => {
    const headers = [Dataset.of({ SOPClassUID: UID.XRayAngiographicImageStorage })];
    const one = { ...input('CT', testGrid('axial', [5, 3, 1]), [0, 1]) };
    expect(() => buildDerivedSeries({ ...one, source: { ...one.source, headers } })).toThrow(/SOP class/);
  });

  it('gives the same bytes for the same input', () => {
    const bytes = () => buildDerivedSeries(input('PT', grid, [0, 99999])).map(encode);
    expect(bytes()).toEqual(bytes());
  });
});

describeWithData('a derived series of a real PET', () => {
  it('differs from its source by nothing that SUV depends on', () => {
    const folder = dataFile('petct_ge_acrin042', 'PT_61081015');
    const headers = readdirSync(folder)
      .slice(0, 3)
      .map(
        (name) => parsePart10(readFileSync(path.join(folder, name)), { stopBeforePixelData: true }).dataset,
      )
      .sort((a, b) => a.numbers('ImagePositionPatient')[2]! - b.numbers('ImagePositionPatient')[2]!);
    const grid: Grid = {
      size: [128, 128, 3],
      spacingMm: [4.6875, 4.6875, 3.27],
      origin: headers[0]!.numbers('ImagePositionPatient') as unknown as Grid['origin'],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    };
    const objects = buildDerivedSeries({
      context: testContext(headers[0]!, 'acrin'),
      source: { grid, headers },
      volume: ramp(grid, 0, 5000),
      derivations: [dcm.smoothing],
      derivationDescription: 'test',
    });
    for (const [index, object] of objects.entries()) {
      const header = headers[index]!;
      for (const keyword of [
        'SeriesDate',
        'SeriesTime',
        'AcquisitionTime',
        'FrameReferenceTime',
        'ActualFrameDuration',
        'DecayFactor',
        'PatientWeight',
        'CorrectedImage',
        'Units',
      ] as const) {
        expect(object.texts(keyword), keyword).toEqual(header.texts(keyword));
      }
      expect(object.item('RadiopharmaceuticalInformationSequence')?.number('RadionuclideTotalDose')).toBe(
        588802304,
      );
      expect(errorsOf(validate(object, { inheritedFrom: header }))).toEqual([]);
    }
  });
});
