import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SuvFactors, SuvRefusal } from '@photopeak/analysis';
import {
  buildRealWorldValueMapping,
  Dataset,
  dcm,
  type Instance,
  instanceFromHeader,
  readFileHeader,
  UID,
  ucum,
  writePart10,
} from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignSuvFactors, type QuantifiedSeries } from './index.ts';

const OURS = 0.0004;
const SLOPE = 2;
const ok: SuvFactors = {
  status: 'ok',
  factors: { bw: OURS },
  refusedKinds: {},
  bwPerSlice: Float64Array.of(OURS),
  perSlice: false,
  units: 'BQML',
  decayCorrection: 'START',
  patientWeightKg: 70,
  injectedActivityBq: 3e8,
  uptakeMinutes: 60,
  derivation: [],
  warnings: [],
  confident: true,
};
const refused: SuvRefusal = {
  status: 'refused',
  code: 'SUV_UNITS',
  reason: 'Units PROPCNTS cannot be converted to SUV',
  remedy: '',
  derivation: [],
  warnings: [],
};
const series = (image: string, suv: SuvFactors | SuvRefusal): QuantifiedSeries => ({
  slopes: new Map([[image, SLOPE]]),
  suv,
});

describe('SUV factors that others state', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-rwv-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A mapping of another writer on one image. */
  function mapping(uid: string, slope: number, image: string): Instance {
    const dataset = buildRealWorldValueMapping({
      context: {
        source: Dataset.of({
          PatientID: '1',
          StudyInstanceUID: '1.2.3',
          FrameOfReferenceUID: '1.2.4',
          SeriesInstanceUID: '1.2.5',
          SOPInstanceUID: image,
          SOPClassUID: UID.PositronEmissionTomographyImageStorage,
          Modality: 'PT',
        }),
        equipment: { manufacturer: 'Elsewhere', model: 'm', deviceSerialNumber: '1', softwareVersions: '1' },
        seriesInstanceUid: '1.2.6',
        sopInstanceUid: uid,
        seriesNumber: 1,
        seriesDescription: 'SUV',
        at: '2024-03-01T10:00:00',
      },
      groups: [
        {
          images: [
            {
              studyInstanceUid: '1.2.3',
              seriesInstanceUid: '1.2.5',
              sopClassUid: UID.PositronEmissionTomographyImageStorage,
              sopInstanceUid: image,
            },
          ],
          signed: true,
          bitsStored: 16,
          mappings: [{ slope, unit: ucum.suvBw, quantity: dcm.suvBw, label: 'SUVbw' }],
        },
      ],
    });
    const file = path.join(folder, `${uid}.dcm`);
    writeFileSync(file, writePart10({ dataset }));
    const instance = instanceFromHeader(readFileHeader(file));
    if (instance === undefined) throw new Error('no instance');
    return instance;
  }

  const statusOf = (slope: number, pets: readonly QuantifiedSeries[], chosen = pets[0] ?? null) =>
    foreignSuvFactors([mapping('2.25.1', slope, '2.25.9')], pets, chosen);

  it('agree as a factor on stored values, as the standard has it, and on rescaled ones', () => {
    const pet = series('2.25.9', ok);
    expect(statusOf(OURS * SLOPE, [pet])).toMatchObject([{ status: 'agrees', kind: 'bw', factor: OURS }]);
    expect(statusOf(OURS, [pet])).toMatchObject([{ status: 'agrees', writer: 'Elsewhere' }]);
  });

  it('differ where neither reading agrees, with the ratio as written', () => {
    const [found] = statusOf(OURS / 1000, [series('2.25.9', ok)]);
    expect(found?.status).toBe('differs');
    expect(found?.ratio).toBeCloseTo(0.001, 9);
  });

  it('differ where they give SUV to a series that has none', () => {
    const nac = series('2.25.9', refused);
    const [found] = statusOf(OURS / 1000, [nac], series('2.25.10', ok));
    expect(found).toMatchObject({
      status: 'differs',
      message: expect.stringMatching(/PROPCNTS.*0\.001 times/),
    });
    expect(statusOf(OURS, [nac], null)).toMatchObject([{ status: 'differs', ratio: null }]);
  });

  it('cannot be compared where they are about images of another study', () => {
    expect(statusOf(OURS, [series('2.25.11', ok)])).toMatchObject([{ status: 'not-comparable' }]);
  });
});
