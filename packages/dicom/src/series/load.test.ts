import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toWorld, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { uidFrom } from '../uid/index.ts';
import { groupSeries, type LoadOptions, loadSeriesVolume, petAcquisition, scanFolder } from './index.ts';
import {
  AXIAL,
  fieldAt,
  type SyntheticSeries,
  slicePosition,
  syntheticSlices,
  writeFiles,
} from './synthetic.ts';
import { cross } from './vector.ts';

let root = '';
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'photopeak-series-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function seriesOf(datasets: readonly Dataset[]) {
  const folder = path.join(root, String(folders++));
  writeFiles(folder, datasets);
  const { instances, problems } = await scanFolder(folder);
  expect(problems).toEqual([]);
  return groupSeries(instances);
}

async function load(series: SyntheticSeries, options?: LoadOptions) {
  const [only, ...others] = await seriesOf(syntheticSlices(series));
  expect(others).toEqual([]);
  return loadSeriesVolume(only!, options);
}

const codes = (findings: readonly { code: string }[]) => findings.map((finding) => finding.code);

describe('the geometry of a stack', () => {
  const s = Math.SQRT1_2;
  const orientations: readonly (readonly [string, readonly [Vec3, Vec3]])[] = [
    ['axial', AXIAL],
    [
      'axial, feet first and prone',
      [
        [-1, 0, 0],
        [0, -1, 0],
      ],
    ],
    [
      'axial with rows to the right',
      [
        [-1, 0, 0],
        [0, 1, 0],
      ],
    ],
    [
      'sagittal',
      [
        [0, 1, 0],
        [0, 0, -1],
      ],
    ],
    [
      'coronal',
      [
        [1, 0, 0],
        [0, 0, -1],
      ],
    ],
    [
      'coronal upside down',
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
    ],
    [
      'oblique',
      [
        [s, s, 0],
        [0, 0, -1],
      ],
    ],
    [
      'double oblique',
      [
        [0.8, 0.36, 0.48],
        [0, 0.8, -0.6],
      ],
    ],
  ];

  it.each(orientations)('%s has each voxel where it was, on right-handed axes', async (_, orientation) => {
    const { volume, slices, findings } = await load({ orientation });
    expect(findings).toEqual([]);
    expect(volume.size).toEqual([7, 5, 6]);
    expect(volume.spacingMm[0]).toBeCloseTo(1.5);
    expect(volume.spacingMm[1]).toBeCloseTo(2);
    expect(volume.spacingMm[2]).toBeCloseTo(3);
    const d = volume.direction;
    const normal = cross([d[0], d[3], d[6]], [d[1], d[4], d[7]]);
    for (const [i, value] of normal.entries()) expect(value).toBeCloseTo(d[3 * i + 2]!, 9);
    let at = 0;
    for (let k = 0; k < 6; k++) {
      for (let j = 0; j < 5; j++) {
        for (let i = 0; i < 7; i++) {
          const expected = fieldAt(toWorld(volume, [i, j, k]));
          expect(Math.abs(volume.data[at++]! - expected)).toBeLessThanOrEqual(1);
        }
      }
    }
    expect(slices.map((slice) => slice.index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('does not depend on instance numbers', async () => {
    const { volume } = await load({ orientation: AXIAL, slice: (k) => ({ InstanceNumber: 100 - k }) });
    expect(volume.origin[2]).toBeCloseTo(5);
    expect(volume.data[0]).toBe(fieldAt([-20, -10, 5]));
  });

  it('of one slice takes its thickness and says so', async () => {
    const { volume, findings } = await load({ orientation: AXIAL, slices: 1, common: { SliceThickness: 4 } });
    expect(volume.spacingMm[2]).toBe(4);
    expect(codes(findings)).toEqual(['SERIES_SINGLE_SLICE']);
  });
});

describe('irregular stacks', () => {
  it('with a missing slice are refused, or interpolated on request', async () => {
    const series: SyntheticSeries = { orientation: AXIAL, slice: (k) => (k === 2 ? undefined : {}) };
    await expect(load(series)).rejects.toMatchObject({
      code: 'SERIES_MISSING_SLICES',
      found: 'a gap of 6 mm',
    });
    const { volume, slices, findings } = await load(series, { gaps: 'interpolate' });
    expect(codes(findings)).toEqual(['SERIES_MISSING_SLICES']);
    expect(volume.size[2]).toBe(6);
    expect(slices.map((slice) => slice.index)).toEqual([0, 1, 3, 4, 5]);
    const plane = 7 * 5 * 2;
    expect(Math.abs(volume.data[plane]! - fieldAt(toWorld(volume, [0, 0, 2])))).toBeLessThanOrEqual(1);
  });

  it('with two slices at one place use the first and say so', async () => {
    const datasets = syntheticSlices({ orientation: AXIAL });
    const again = syntheticSlices({ orientation: AXIAL, slice: (k) => (k === 3 ? {} : undefined) })[0]!;
    again.set('SOPInstanceUID', uidFrom('copy')).set('InstanceNumber', 99);
    again.set('PixelData', new Int16Array(35).fill(999));
    const [series, ...others] = await seriesOf([...datasets, again]);
    expect(others).toEqual([]);
    const { volume, findings } = await loadSeriesVolume(series!);
    expect(codes(findings)).toEqual(['SERIES_DUPLICATE_SLICE']);
    expect(volume.data.includes(999)).toBe(false);
  });

  it('with uneven distances are refused; small deviations are reported; rounding is not', async () => {
    const moved = (mm: number): SyntheticSeries => {
      const base: SyntheticSeries = { orientation: AXIAL };
      return {
        ...base,
        slice: (k) => {
          const [x, y, z] = slicePosition(base, k);
          return { ImagePositionPatient: [x, y, z + (k === 2 ? mm : 0)] };
        },
      };
    };
    await expect(load(moved(1.2))).rejects.toMatchObject({ code: 'SERIES_UNEVEN_SPACING' });
    expect(codes((await load(moved(0.2))).findings)).toEqual(['SERIES_UNEVEN_SPACING']);
    expect((await load(moved(0.02))).findings).toEqual([]);
  });

  it('of a tilted gantry are sheared onto a rectangular grid, or refused by name', async () => {
    const base: SyntheticSeries = { orientation: AXIAL, columns: 20, rows: 24, slices: 8 };
    const tilted: SyntheticSeries = {
      ...base,
      slice: (k) => {
        const [x, y, z] = slicePosition(base, k);
        return { ImagePositionPatient: [x, y + k * 0.8, z] };
      },
    };
    await expect(load(tilted, { tilt: 'refuse' })).rejects.toMatchObject({ code: 'SERIES_GANTRY_TILT' });
    const { volume, findings } = await load(tilted);
    expect(codes(findings)).toEqual(['SERIES_GANTRY_TILT']);
    expect(findings[0]?.message).toMatch(/14\.93 degrees/);
    expect(volume.size).toEqual([20, 27, 8]);
    // The field is linear, so linear interpolation gives it back wherever there was a slice.
    let inside = 0;
    for (let k = 0; k < 8; k++) {
      for (let j = 0; j < 27; j++) {
        const y = -10 + j * 2;
        if (y < -10 + k * 0.8 || y > -10 + k * 0.8 + 46) continue;
        inside += 1;
        const value = volume.data[(k * 27 + j) * 20 + 3]!;
        expect(Math.abs(value - fieldAt(toWorld(volume, [3, j, k])))).toBeLessThanOrEqual(1.5);
      }
    }
    expect(inside).toBeGreaterThan(170);
  });

  it('with one slice shifted in its plane are refused', async () => {
    const base: SyntheticSeries = { orientation: AXIAL };
    const shifted: SyntheticSeries = {
      ...base,
      slice: (k) => {
        const [x, y, z] = slicePosition(base, k);
        return { ImagePositionPatient: [x + (k === 3 ? 5 : 0), y, z] };
      },
    };
    await expect(load(shifted)).rejects.toMatchObject({ code: 'SERIES_INCONSISTENT' });
  });

  it('larger than the limit are refused before memory is taken', async () => {
    await expect(load({ orientation: AXIAL }, { maxBytes: 100 })).rejects.toMatchObject({
      code: 'SERIES_TOO_LARGE',
    });
  });
});

describe('values', () => {
  it('of CT are Int16 while they are whole and fit, else Float32', async () => {
    const whole = await load({ orientation: AXIAL, common: { RescaleIntercept: -1024 } });
    expect(whole.volume.data).toBeInstanceOf(Int16Array);
    expect(whole.volume.unit).toBe("[hnsf'U]");
    expect(whole.volume.data[0]).toBe(fieldAt([-20, -10, 5]) - 1024);
    const fraction = await load({ orientation: AXIAL, common: { RescaleSlope: 0.5 } });
    expect(fraction.volume.data).toBeInstanceOf(Float32Array);
    const large = await load({ orientation: AXIAL, common: { RescaleSlope: 2000 } });
    expect(large.volume.data).toBeInstanceOf(Float32Array);
    expect(large.volume.data[0]).toBe(fieldAt([-20, -10, 5]) * 2000);
  });

  it('take slope and intercept of their own slice', async () => {
    const { volume, slices } = await load({
      orientation: AXIAL,
      common: { SOPClassUID: UID.PositronEmissionTomographyImageStorage, Modality: 'PT', Units: 'BQML' },
      slice: (k) => ({ RescaleSlope: k + 1, RescaleIntercept: k }),
    });
    expect(volume.unit).toBe('Bq/ml');
    expect(slices.map((slice) => slice.rescaleSlope)).toEqual([1, 2, 3, 4, 5, 6]);
    for (let k = 0; k < 6; k++) {
      expect(volume.data[k * 35]).toBe(fieldAt(slicePosition({ orientation: AXIAL }, k)) * (k + 1) + k);
    }
  });

  it('of padding are air in CT, also where padding was written unsigned', async () => {
    const field = fieldAt([-20, -10, 5]);
    const padded = await load({
      orientation: AXIAL,
      common: { RescaleIntercept: 0 },
      slice: (k) => (k === 0 ? { PixelPaddingValue: field } : {}),
    });
    expect(padded.paddedVoxels).toBeGreaterThan(0);
    expect(padded.volume.data[0]).toBe(-1024);
  });
});

describe('series that hold several things', () => {
  const mr: DatasetValues = { SOPClassUID: UID.MRImageStorage, Modality: 'MR' };
  const twice = (slice: (k: number, repeat: number) => DatasetValues) =>
    [0, 1].flatMap((repeat) =>
      syntheticSlices({ orientation: AXIAL, common: mr, slice: (k) => slice(k, repeat) }).map((dataset, k) =>
        dataset.set('SOPInstanceUID', uidFrom('mixed', String(repeat), String(k))),
      ),
    );

  it.each([
    [
      'echo',
      (_: number, repeat: number) => ({ EchoNumbers: repeat + 1, EchoTime: 10 + repeat * 20 }),
      ['echo 1', 'echo 2'],
    ],
    [
      'time',
      (_: number, repeat: number) => ({ TemporalPositionIdentifier: repeat + 1 }),
      ['temporal position 1', 'temporal position 2'],
    ],
    [
      'b-value',
      (_: number, repeat: number) => ({ DiffusionBValue: repeat * 800 }),
      ['b-value 0', 'b-value 800'],
    ],
    [
      'acquisition',
      (_: number, repeat: number) => ({ AcquisitionNumber: repeat + 1 }),
      ['acquisition 1', 'acquisition 2'],
    ],
    [
      'number only',
      (k: number, repeat: number) => ({ InstanceNumber: repeat * 6 + k + 1 }),
      ['repetition 1', 'repetition 2'],
    ],
  ] as const)('are separated by %s', async (_, slice, labels) => {
    const series = await seriesOf(twice((k, repeat) => slice(k, repeat)));
    expect(series.map((one) => one.stack)).toEqual(labels);
    for (const one of series) expect((await loadSeriesVolume(one)).volume.size[2]).toBe(6);
  });

  it('are not separated by the times of beds that lie one after the other', async () => {
    const { volume } = await load({
      orientation: AXIAL,
      common: { SOPClassUID: UID.PositronEmissionTomographyImageStorage, Modality: 'PT', Units: 'BQML' },
      slice: (k) => ({
        AcquisitionTime: k < 3 ? '100000' : '100300',
        FrameReferenceTime: k < 3 ? 0 : 180000,
      }),
    });
    expect(volume.size[2]).toBe(6);
  });

  it('keep a scout and another matrix apart from the stack', async () => {
    const axial = syntheticSlices({ orientation: AXIAL });
    const scout = syntheticSlices({
      orientation: [
        [1, 0, 0],
        [0, 0, -1],
      ],
      slices: 1,
      common: { ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'], SOPInstanceUID: uidFrom('scout') },
    });
    const small = syntheticSlices({ orientation: AXIAL, columns: 4, slices: 2 }).map((dataset, k) =>
      dataset.set('SOPInstanceUID', uidFrom('small', String(k))),
    );
    const series = await seriesOf([...axial, ...scout, ...small]);
    expect(series.map((one) => [one.kind, one.slices.length]).sort()).toEqual([
      ['localizer', 1],
      ['volume', 2],
      ['volume', 6],
    ]);
    const scoutSeries = series.find((one) => one.kind === 'localizer')!;
    await expect(loadSeriesVolume(scoutSeries)).rejects.toMatchObject({ code: 'SERIES_LOCALIZER' });
  });

  it('name captures and images without a place', async () => {
    const capture = Dataset.of({
      SOPClassUID: UID.SecondaryCaptureImageStorage,
      SOPInstanceUID: uidFrom('capture'),
      StudyInstanceUID: uidFrom('study'),
      SeriesInstanceUID: uidFrom('captures'),
      Modality: 'OT',
      Rows: 2,
      Columns: 2,
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      PixelData: new Uint8Array(12),
    });
    const flat = syntheticSlices({ orientation: AXIAL, slices: 1, name: 'flat' })[0]!;
    flat.delete('ImagePositionPatient');
    const series = await seriesOf([capture, flat]);
    expect(new Set(series.map((one) => one.kind))).toEqual(new Set(['colour', 'no-geometry']));
    for (const one of series) {
      await expect(loadSeriesVolume(one)).rejects.toMatchObject({
        code: one.kind === 'colour' ? 'SERIES_COLOUR' : 'SERIES_NO_GEOMETRY',
      });
    }
  });
});

describe('a folder', () => {
  it('tells what it could not take, and why', async () => {
    const folder = path.join(root, 'problems');
    writeFiles(folder, syntheticSlices({ orientation: AXIAL }));
    writeFileSync(path.join(folder, 'notes.txt'), 'not an image');
    writeFileSync(path.join(folder, 'empty'), '');
    const first = (await scanFolder(folder)).instances[0]!.path;
    writeFileSync(path.join(folder, 'zz-copy.dcm'), readFileSync(first));
    truncateSync(first, 700);
    const { instances, problems } = await scanFolder(folder);
    expect(instances).toHaveLength(6);
    expect(Object.fromEntries(problems.map(({ path: file, code }) => [path.basename(file), code]))).toEqual({
      [path.basename(first)]: 'DICOM_TRUNCATED',
      empty: 'DICOM_NOT_DICOM',
      'notes.txt': 'DICOM_NOT_DICOM',
    });
  });

  it('that is not there is an error by name', async () => {
    await expect(scanFolder(path.join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'DICOM_FOLDER_UNREADABLE',
      found: 'ENOENT',
    });
  });
});

describeWithData('the ACRIN study', () => {
  it('is taken apart into its series, and loads to known volumes', async () => {
    const { instances, problems } = await scanFolder(dataFile('petct_ge_acrin042'));
    expect(problems).toEqual([]);
    const series = groupSeries(instances);
    const kinds = series.map((one) => `${one.modality} ${one.kind} ${one.slices.length}`).sort();
    expect(kinds).toEqual([
      'CT localizer 1',
      'CT volume 135',
      'PT volume 135',
      'PT volume 135',
      'RWV object 0',
      'RWV object 0',
      'RWV object 0',
      'SEG object 0',
      'SEG object 0',
      'SEG object 0',
    ]);
    const pet = series.find((one) => one.instances[0]!.dataset.text('Units') === 'BQML')!;
    const { volume, slices, declaredUnit } = await loadSeriesVolume(pet);
    expect(volume.size).toEqual([128, 128, 135]);
    expect(volume.spacingMm[0]).toBe(4.6875);
    expect(volume.spacingMm[2]).toBeCloseTo(3.27, 2);
    expect(declaredUnit).toBe('BQML');
    expect(new Set(slices.map((slice) => slice.rescaleSlope)).size).toBeGreaterThan(100);
    const acquisition = petAcquisition(pet);
    expect(acquisition).toMatchObject({
      patientWeightKg: 91,
      radionuclideTotalDose: 588802304,
      radionuclideHalfLifeS: 6588,
      injectionTime: '07:21:00.00',
      decayCorrection: 'START',
      units: 'BQML',
    });
    expect(acquisition.slices).toHaveLength(135);
    const ct = series.find((one) => one.modality === 'CT' && one.kind === 'volume')!;
    const few = { ...ct, slices: ct.slices.slice(0, 10) };
    const loaded = await loadSeriesVolume(few);
    expect(loaded.volume.size).toEqual([512, 512, 10]);
    expect(loaded.volume.data).toBeInstanceOf(Int16Array);
    expect(loaded.volume.spacingMm[0]).toBeCloseTo(0.977, 3);
  });
});
