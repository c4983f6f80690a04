import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toWorld, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { uidFrom } from '../uid/index.ts';
import { groupSeries, loadSeriesVolume, petAcquisition, scanFolder } from './index.ts';
import { AXIAL, fieldAt, writeFiles } from './synthetic.ts';
import { along, cross } from './vector.ts';

let root = '';
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'photopeak-multiframe-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function seriesOf(dataset: Dataset) {
  const folder = path.join(root, String(folders++));
  writeFiles(folder, [dataset]);
  const { instances, problems } = await scanFolder(folder);
  expect(problems).toEqual([]);
  return groupSeries(instances);
}

const COLUMNS = 6;
const ROWS = 4;
const SPACING = [2, 1.5] as const;

/** Frames at the given positions, holding the field. */
function pixelsAt(positions: readonly Vec3[], orientation: readonly [Vec3, Vec3]): Int16Array {
  const out = new Int16Array(positions.length * ROWS * COLUMNS);
  let at = 0;
  for (const position of positions) {
    for (let j = 0; j < ROWS; j++) {
      for (let i = 0; i < COLUMNS; i++) {
        out[at++] = fieldAt(
          along(along(position, orientation[0], i * SPACING[1]), orientation[1], j * SPACING[0]),
        );
      }
    }
  }
  return out;
}

function multiFrame(frames: number, values: DatasetValues): Dataset {
  return Dataset.of({
    SOPInstanceUID: uidFrom('multi', String(folders)),
    StudyInstanceUID: uidFrom('study'),
    SeriesInstanceUID: uidFrom('multi series'),
    NumberOfFrames: frames,
    Rows: ROWS,
    Columns: COLUMNS,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    ...values,
  });
}

const SAGITTAL: readonly [Vec3, Vec3] = [
  [0, 1, 0],
  [0, 0, -1],
];

function plane(position: Vec3): DatasetValues {
  return { PlanePositionSequence: [Dataset.of({ ImagePositionPatient: [...position] })] };
}

function sharedGroups(orientation: readonly [Vec3, Vec3], values: DatasetValues = {}): Dataset {
  return Dataset.of({
    PixelMeasuresSequence: [Dataset.of({ PixelSpacing: [...SPACING], SliceThickness: 2.5 })],
    PlaneOrientationSequence: [
      Dataset.of({ ImageOrientationPatient: [...orientation[0], ...orientation[1]] }),
    ],
    ...values,
  });
}

function transform(slope: number, intercept: number): Dataset {
  return Dataset.of({ RescaleSlope: slope, RescaleIntercept: intercept, RescaleType: 'US' });
}

function mapping(slope: number, unit: string): Dataset {
  return Dataset.of({
    RealWorldValueSlope: slope,
    RealWorldValueIntercept: 0,
    MeasurementUnitsCodeSequence: [Dataset.of({ CodeValue: unit, CodingSchemeDesignator: 'UCUM' })],
  });
}

describe('enhanced objects', () => {
  const normal = cross(SAGITTAL[0], SAGITTAL[1]);
  const positions = [3, 0, 4, 1, 2].map((k) => along([10, -20, 30], normal, k * 2.5));

  it('CT: frames in any order, shared and own functional groups', async () => {
    const [series] = await seriesOf(
      multiFrame(5, {
        SOPClassUID: UID.EnhancedCTImageStorage,
        Modality: 'CT',
        ImageType: ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'],
        SharedFunctionalGroupsSequence: [
          sharedGroups(SAGITTAL, { PixelValueTransformationSequence: [transform(1, -1000)] }),
        ],
        PerFrameFunctionalGroupsSequence: positions.map((position) => Dataset.of(plane(position))),
        PixelData: pixelsAt(positions, SAGITTAL),
      }),
    );
    const { volume, slices, findings } = await loadSeriesVolume(series!);
    expect(findings).toEqual([]);
    expect(volume.size).toEqual([COLUMNS, ROWS, 5]);
    expect(volume.data).toBeInstanceOf(Int16Array);
    expect(slices.map((slice) => slice.frameNumber)).toEqual([2, 4, 5, 1, 3]);
    for (let k = 0; k < 5; k++) {
      const expected = fieldAt(toWorld(volume, [2, 1, k])) - 1000;
      expect(volume.data[(k * ROWS + 1) * COLUMNS + 2]).toBe(expected);
    }
  });

  it('PET: slope of each frame, durations and times of each frame', async () => {
    const [series] = await seriesOf(
      multiFrame(5, {
        SOPClassUID: UID.EnhancedPETImageStorage,
        Modality: 'PT',
        SeriesDate: '20250102',
        SeriesTime: '110000',
        DecayCorrected: 'YES',
        DecayCorrectionDateTime: '20250102100000',
        AttenuationCorrected: 'YES',
        ScatterCorrected: 'NO',
        SharedFunctionalGroupsSequence: [sharedGroups(SAGITTAL)],
        PerFrameFunctionalGroupsSequence: positions.map((position, i) =>
          Dataset.of({
            ...plane(position),
            PixelValueTransformationSequence: [transform(i + 1, 0)],
            RealWorldValueMappingSequence: [mapping(i + 1, 'Bq/ml')],
            FrameContentSequence: [
              Dataset.of({
                FrameAcquisitionDateTime: `202501021000${10 + i}.5`,
                FrameAcquisitionDuration: 1000 * (i + 1),
              }),
            ],
          }),
        ),
        PixelData: pixelsAt(positions, SAGITTAL),
      }),
    );
    const { volume, slices } = await loadSeriesVolume(series!);
    for (const slice of slices) {
      const at = slice.index * ROWS * COLUMNS;
      expect(volume.data[at]).toBe(fieldAt(toWorld(volume, [0, 0, slice.index])) * slice.frameNumber);
      expect(slice.acquisitionDateTime).toBe(`2025-01-02T10:00:${9 + slice.frameNumber}.5`);
    }
    expect(volume.unit).toBe('Bq/ml');
    const acquisition = petAcquisition(series!);
    expect(acquisition).toMatchObject({
      units: 'BQML',
      decayCorrection: 'START',
      seriesDateTime: '2025-01-02T10:00:00',
    });
    expect(acquisition.correctedImage).toEqual(['DECY', 'ATTN']);
    expect(acquisition.slices[2]).toMatchObject({ frameDurationMs: 3000, rescaleSlope: 3 });
  });

  it('MR: one stack for each b-value', async () => {
    const all = [0, 1000].flatMap((b) => positions.map((position) => ({ b, position })));
    const series = await seriesOf(
      multiFrame(10, {
        SOPClassUID: UID.EnhancedMRImageStorage,
        Modality: 'MR',
        SharedFunctionalGroupsSequence: [sharedGroups(SAGITTAL)],
        PerFrameFunctionalGroupsSequence: all.map(({ b, position }) =>
          Dataset.of({ ...plane(position), MRDiffusionSequence: [Dataset.of({ DiffusionBValue: b })] }),
        ),
        PixelData: pixelsAt(
          all.map(({ position }) => position),
          SAGITTAL,
        ),
      }),
    );
    expect(series.map((one) => one.stack)).toEqual(['b-value 0', 'b-value 1000']);
    for (const one of series) {
      expect(one.instances).toHaveLength(1);
      expect((await loadSeriesVolume(one)).volume.size[2]).toBe(5);
    }
  });
});

describe('nuclear medicine', () => {
  const tomogram = (spacing: number, values: DatasetValues = {}): Dataset => {
    const normal = cross(AXIAL[0], AXIAL[1]);
    const positions = [0, 1, 2].map((k) => along([5, 6, 7], normal, k * spacing));
    return multiFrame(3, {
      SOPClassUID: UID.NuclearMedicineImageStorage,
      Modality: 'NM',
      ImageType: ['ORIGINAL', 'PRIMARY', 'RECON TOMO', 'EMISSION'],
      FrameIncrementPointer: [0x00540080],
      SliceVector: [1, 2, 3],
      PixelSpacing: [...SPACING],
      SliceThickness: 4,
      SpacingBetweenSlices: spacing,
      DetectorInformationSequence: [
        Dataset.of({
          ImagePositionPatient: [5, 6, 7],
          ImageOrientationPatient: [...AXIAL[0], ...AXIAL[1]],
        }),
      ],
      PixelData: pixelsAt(positions, AXIAL),
      ...values,
    });
  };

  it.each([4, -4])('tomograms stack from the detector position by a spacing of %d', async (spacing) => {
    const [series] = await seriesOf(tomogram(spacing));
    const { volume, findings } = await loadSeriesVolume(series!);
    expect(findings).toEqual([]);
    expect(volume.origin[2]).toBe(spacing > 0 ? 7 : -1);
    for (let k = 0; k < 3; k++) {
      expect(volume.data[k * ROWS * COLUMNS]).toBe(fieldAt(toWorld(volume, [0, 0, k])));
    }
  });

  it('tomograms without a position say that axial is assumed', async () => {
    const dataset = tomogram(4);
    dataset.delete('DetectorInformationSequence');
    const [series] = await seriesOf(dataset);
    const { findings } = await loadSeriesVolume(series!);
    expect(findings.map((finding) => finding.code)).toEqual(['SERIES_ORIENTATION_ASSUMED']);
  });

  it('quantitative tomograms take slope and unit of their real world value mapping', async () => {
    const [series] = await seriesOf(tomogram(4, { RealWorldValueMappingSequence: [mapping(2.5, 'Bq/ml')] }));
    const { volume } = await loadSeriesVolume(series!);
    expect(volume.unit).toBe('Bq/ml');
    expect(volume.data[0]).toBe(fieldAt([5, 6, 7]) * 2.5);
  });

  it('energy windows are stacks of their own', async () => {
    const one = tomogram(4);
    const pixels = new Int16Array(6 * ROWS * COLUMNS);
    const both = one
      .set('NumberOfFrames', 6)
      .set('SliceVector', [1, 2, 3, 1, 2, 3])
      .set('EnergyWindowVector', [1, 1, 1, 2, 2, 2])
      .set('PixelData', pixels);
    const series = await seriesOf(both);
    expect(series.map((stack) => stack.stack)).toEqual(['energy window 1', 'energy window 2']);
  });

  it('projections are not a volume', async () => {
    const [series] = await seriesOf(
      tomogram(4, { ImageType: ['ORIGINAL', 'PRIMARY', 'TOMO', 'EMISSION'], AngularViewVector: [1, 2, 3] }),
    );
    expect(series!.kind).toBe('projections');
    await expect(loadSeriesVolume(series!)).rejects.toMatchObject({ code: 'SERIES_NOT_A_VOLUME' });
  });
});

it('dose grids stack by their offset vector, in gray', async () => {
  const normal = cross(AXIAL[0], AXIAL[1]);
  const positions = [0, 3, 6].map((offset) => along([1, 2, 3], normal, offset));
  const [series] = await seriesOf(
    multiFrame(3, {
      SOPClassUID: UID.RTDoseStorage,
      Modality: 'RTDOSE',
      DoseUnits: 'GY',
      DoseGridScaling: 0.5,
      GridFrameOffsetVector: [0, 3, 6],
      FrameIncrementPointer: [0x3004000c],
      ImagePositionPatient: [1, 2, 3],
      ImageOrientationPatient: [...AXIAL[0], ...AXIAL[1]],
      PixelSpacing: [...SPACING],
      PixelData: pixelsAt(positions, AXIAL),
    }),
  );
  const { volume } = await loadSeriesVolume(series!);
  expect(volume.unit).toBe('Gy');
  expect(volume.spacingMm[2]).toBe(3);
  expect(volume.data[0]).toBe(fieldAt([1, 2, 3]) / 2);
});

describeWithData('a real myocardial tomogram', () => {
  it('without position is a volume with a warning', async () => {
    const { instances } = await scanFolder(dataFile('us_rf_and_clips'));
    const series = groupSeries(instances).find((one) => one.modality === 'NM' && one.kind === 'volume')!;
    const { volume, findings } = await loadSeriesVolume(series);
    expect(volume.size).toEqual([64, 64, 13]);
    expect(volume.spacingMm).toEqual([3.11583, 3.11583, expect.closeTo(6.231669, 6)]);
    expect(findings.map((finding) => finding.code)).toContain('SERIES_ORIENTATION_ASSUMED');
  });
});
