import { type Grid, toVoxel, toWorld, type Vec3 } from '@photopeak/imaging';
import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, type DatasetValues, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { writePart10 } from '../../write/index.ts';
import {
  dciodvfyErrors,
  type OrientationName,
  orientationNames,
  temporaryFolder,
  testGrid,
  testHeaders,
} from '../test-kit.ts';
import { readDose } from './index.ts';

const SCALING = 0.0005;
const SIZE: Vec3 = [5, 4, 3];

/** Stored values that tell where they are: 1000 (i + 10 j + 100 k). */
const stored = ([i, j, k]: Vec3) => 1000 * (i + 10 * j + 100 * k);

/** 1 where the slices run along row × column, −1 where they run against it. */
function senseOf({ direction: d }: Grid): number {
  const x = (d[3] * d[7] - d[6] * d[4]) * d[2];
  const y = (d[6] * d[1] - d[0] * d[7]) * d[5];
  const z = (d[0] * d[4] - d[3] * d[1]) * d[8];
  return Math.sign(x + y + z);
}

interface Variant {
  readonly orientation?: OrientationName;
  readonly offsets?: readonly number[];
  /** Which plane of the grid each frame holds. */
  readonly planes?: readonly number[];
  readonly bits?: 16 | 32;
  readonly more?: DatasetValues;
  readonly transferSyntaxUid?: string;
}

function written({
  orientation = 'axial',
  offsets,
  planes = [0, 1, 2],
  bits = 32,
  more = {},
  transferSyntaxUid,
}: Variant) {
  const grid = testGrid(orientation, SIZE);
  const [header] = testHeaders('CT', grid);
  const frames = planes.length;
  const count = SIZE[0] * SIZE[1];
  const pixels = bits === 16 ? new Uint16Array(count * frames) : new Uint32Array(count * frames);
  for (const [frame, k] of planes.entries())
    for (let at = 0; at < count; at++)
      pixels[frame * count + at] =
        stored([at % SIZE[0], Math.floor(at / SIZE[0]), k]) / (bits === 16 ? 10 : 1);
  const d = grid.direction;
  const dataset = Dataset.of({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: UID.RTDoseStorage,
    SOPInstanceUID: '2.25.77',
    StudyInstanceUID: header!.text('StudyInstanceUID')!,
    SeriesInstanceUID: '2.25.78',
    StudyDate: '20261101',
    StudyTime: '090000',
    AccessionNumber: null,
    ReferringPhysicianName: null,
    StudyID: null,
    PatientName: 'P',
    PatientID: 'P',
    PatientBirthDate: null,
    PatientSex: null,
    Modality: 'RTDOSE',
    OperatorsName: null,
    Manufacturer: 'ACME',
    SeriesNumber: 1,
    InstanceNumber: 1,
    FrameOfReferenceUID: '2.25.79',
    PositionReferenceIndicator: null,
    ImagePositionPatient: toWorld(grid, [0, 0, planes[0]!]),
    ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]],
    PixelSpacing: [grid.spacingMm[1], grid.spacingMm[0]],
    SliceThickness: null,
    Rows: SIZE[1],
    Columns: SIZE[0],
    NumberOfFrames: frames,
    FrameIncrementPointer: [0x3004000c],
    // Along the normal of the image, whichever way the slices of the grid run.
    GridFrameOffsetVector: offsets ?? planes.map((k) => (k - planes[0]!) * grid.spacingMm[2] * senseOf(grid)),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: 0,
    DoseUnits: 'GY',
    DoseType: 'PHYSICAL',
    DoseSummationType: 'PLAN',
    DoseGridScaling: SCALING * (bits === 16 ? 10 : 1),
    TissueHeterogeneityCorrection: 'IMAGE',
    ReferencedRTPlanSequence: Dataset.of({
      ReferencedSOPClassUID: UID.RTPlanStorage,
      ReferencedSOPInstanceUID: '2.25.80',
    }),
    ReferencedStructureSetSequence: Dataset.of({
      ReferencedSOPClassUID: UID.RTStructureSetStorage,
      ReferencedSOPInstanceUID: '2.25.81',
    }),
    ...more,
  });
  const bytes = new Uint8Array(pixels.buffer);
  dataset.set('PixelData', bits === 16 ? (pixels as Uint16Array) : bytes, 'OW');
  const syntax = transferSyntaxUid === undefined ? {} : { transferSyntaxUid };
  return { grid, bytes: writePart10({ dataset, ...syntax }) };
}

const histogram = Dataset.of({
  DVHReferencedROISequence: [
    Dataset.of({ ReferencedROINumber: 4, DVHROIContributionType: 'INCLUDED' }),
    Dataset.of({ ReferencedROINumber: 5, DVHROIContributionType: 'EXCLUDED' }),
  ],
  DVHType: 'CUMULATIVE',
  DoseUnits: 'GY',
  DoseType: 'PHYSICAL',
  DVHDoseScaling: 0.01,
  DVHVolumeUnits: 'CM3',
  DVHNumberOfBins: 3,
  DVHData: [100, 12, 100, 8, 200, 2],
  DVHMeanDose: 1.5,
});

const read = async (variant: Variant) => {
  const { grid, bytes } = written(variant);
  return { grid, dose: await readDose(parsePart10(bytes)) };
};

describe('a dose', () => {
  for (const orientation of orientationNames) {
    for (const bits of [16, 32] as const) {
      it(`has its values where they lie: ${orientation}, ${bits} bit`, async () => {
        const { grid, dose } = await read({ orientation, bits });
        expect(dose).toMatchObject({
          units: 'GY',
          type: 'PHYSICAL',
          summationType: 'PLAN',
          frameOfReferenceUid: '2.25.79',
          findings: [],
          structureSets: [{ sopInstanceUid: '2.25.81' }],
        });
        const { volume } = dose;
        expect(volume.size).toEqual(SIZE);
        for (const at of [
          [0, 0, 0],
          [4, 0, 0],
          [0, 3, 0],
          [1, 2, 2],
        ] as const) {
          const there = toVoxel(volume, toWorld(grid, at));
          const [i, j, k] = there.map(Math.round) as unknown as Vec3;
          expect(Math.hypot(there[0] - i, there[1] - j, there[2] - k)).toBeLessThan(0.01);
          expect(volume.data[i + 5 * (j + 4 * k)]).toBeCloseTo(stored(at) * SCALING, 3);
        }
      });
    }
  }

  it('is read with absolute offsets, and with frames from the head to the feet', async () => {
    const z = testGrid('axial', SIZE).origin[2];
    const absolute = await read({ offsets: [z, z + 3.27, z + 6.54] });
    expect(absolute.dose.volume.origin[2]).toBeCloseTo(z, 3);
    expect(absolute.dose.volume.spacingMm[2]).toBeCloseTo(3.27, 6);
    const downwards = await read({ planes: [2, 1, 0] });
    expect(downwards.dose.volume.origin[2]).toBeCloseTo(z, 3);
    for (const { dose } of [absolute, downwards]) {
      expect(dose.findings).toEqual([]);
      expect(dose.volume.data[1 + 5 * (2 + 4 * 1)]).toBeCloseTo(stored([1, 2, 1]) * SCALING, 3);
    }
  });

  it('of uneven planes becomes an even one, linear between them', async () => {
    const { dose } = await read({ offsets: [0, 2, 6] });
    expect(dose.volume.size).toEqual([5, 4, 4]);
    expect(dose.volume.spacingMm[2]).toBe(2);
    expect([0, 1, 2, 3].map((k) => dose.volume.data[20 * k])).toEqual(
      [0, 100, 150, 200].map((hundreds) => expect.closeTo(hundreds * 1000 * SCALING, 2)),
    );
    expect(dose.findings).toEqual([expect.stringContaining('not evenly spaced')]);
  });

  it('brings its histograms', async () => {
    const { dose } = await read({ more: { DVHSequence: histogram } });
    expect(dose.dvhs).toEqual([
      {
        roiNumbers: [4],
        excludedRoiNumbers: [5],
        type: 'CUMULATIVE',
        doseUnits: 'GY',
        volumeUnits: 'CM3',
        edges: Float64Array.of(1, 2, 4),
        volumes: Float64Array.of(12, 8, 2),
        mean: 1.5,
      },
    ]);
  });

  it('says what makes its numbers doubtful, and is refused where they mean nothing', async () => {
    const { dose } = await read({ more: { DoseUnits: 'RELATIVE', DoseType: 'ERROR' } });
    expect(dose.volume.unit).toBe('1');
    expect(dose.findings.join()).toContain('differences');
    await expect(read({ more: { DoseGridScaling: null } })).rejects.toThrow('no scaling');
    await expect(read({ more: { SOPClassUID: UID.CTImageStorage } })).rejects.toThrow('not an RT Dose');
    await expect(read({ offsets: [0, 3] })).rejects.toThrow('no place');
  });
});

describeWithPeers('the dose of these tests', ['dciodvfy'], () => {
  const folder = temporaryFolder();
  it('is one by the standard', () => {
    expect(
      dciodvfyErrors(folder.write('dose.dcm', written({ more: { DVHSequence: histogram } }).bytes)),
    ).toEqual([]);
    expect(
      dciodvfyErrors(
        folder.write('dose16.dcm', written({ bits: 16, more: { DVHSequence: histogram } }).bytes),
      ),
    ).toEqual([]);
  });
});
