import { describe, expect, it } from 'vitest';
import { quantifySpect, type SpectHeader } from './quantification.ts';

/** A camera's tomogram in counts: 60 views of 20 s, voxels of 4.8 mm. */
const counts: SpectHeader = {
  manufacturer: 'CAMERA',
  units: null,
  suvType: null,
  decayCorrection: null,
  correctedImage: ['UNIF', 'ATTN', 'SCAT'],
  seriesDateTime: '2025-03-11T09:00:00',
  gePrivateScanDateTime: null,
  patientWeightKg: 80,
  patientSizeM: 1.8,
  patientSex: 'M',
  radionuclideTotalDose: 7.4e9,
  radionuclideHalfLifeS: null,
  injectionDateTime: '2025-03-10T09:00:00',
  injectionTime: null,
  radionuclideCode: '447553000',
  radionuclideMeaning: '^177^Lutetium',
  radiopharmaceutical: 'Lu-177 DOTATATE',
  acquisitionSeconds: 1200,
  acquisitionSecondsFrom: 'views',
  mapping: null,
  voxelMl: 0.110592,
  slices: [
    {
      sopInstanceUid: '1.2.3',
      acquisitionDateTime: '2025-03-11T09:00:00',
      frameReferenceTimeMs: null,
      frameDurationMs: null,
      rescaleSlope: 0.5,
      rescaleIntercept: 0,
      decayFactor: null,
      philipsSuvFactor: null,
      philipsActivityFactor: null,
    },
  ],
};
const LAMBDA = Math.LN2 / 574300;

describe('what the values of a SPECT mean', () => {
  it('are counts without a sensitivity: relative, with the reason', () => {
    const found = quantifySpect(counts);
    expect(found).toMatchObject({ status: 'relative', code: 'SPECT_NOT_CALIBRATED', nuclide: 'Lu-177' });
    expect(found.hoursAfter).toBe(24);
  });

  it('are Bq/ml by the sensitivity: counts over cps/MBq, seconds and voxel, taken back to the start', () => {
    const found = quantifySpect(counts, { sensitivityCpsPerMBq: 10 });
    if (found.status !== 'quantitative') throw new Error(found.reason);
    // 10 cps/MBq · 1200 s · 0.110592 ml = 1327.104 counts per MBq/ml; decay during 20 minutes adds 0.072 %.
    const mean = (1 - Math.exp(-LAMBDA * 1200)) / (LAMBDA * 1200);
    expect(found.bqPerMlPerValue).toBeCloseTo(1e6 / 1327.104 / mean, 3);
    expect(found.source).toBe('sensitivity');
    // SUV of 1 Bq/ml: weight over the dose that is left after a day.
    const left = 7.4e9 * Math.exp(-LAMBDA * 86400);
    expect(found.suv.status === 'ok' ? found.suv.factors.bw : 0).toBeCloseTo(80000 / left, 10);
  });

  it('take a Real World Value Mapping before the sensitivity', () => {
    const mapping = { bqPerMlPerValue: 42, source: 'mapping' };
    const found = quantifySpect({ ...counts, mapping }, { sensitivityCpsPerMBq: 10 });
    expect(found).toMatchObject({ status: 'quantitative', source: 'mapping' });
  });

  it('are decayed again where the camera corrected them to the administration', () => {
    const admin = { ...counts, units: 'BQML', decayCorrection: 'ADMIN', correctedImage: ['ATTN', 'DECY'] };
    const found = quantifySpect(admin);
    if (found.status !== 'quantitative') throw new Error(found.reason);
    expect(found.bqPerMlPerValue).toBeCloseTo(Math.exp(-LAMBDA * 86400), 12);
    const start = quantifySpect({ ...admin, decayCorrection: 'START' });
    expect(start).toMatchObject({ status: 'quantitative', bqPerMlPerValue: 1 });
  });

  it('stay relative without attenuation correction or with an offset', () => {
    expect(
      quantifySpect({ ...counts, correctedImage: ['UNIF'] }, { sensitivityCpsPerMBq: 10 }),
    ).toMatchObject({ status: 'relative', code: 'SPECT_NOT_ATTENUATION_CORRECTED' });
    const slices = counts.slices.map((slice) => ({ ...slice, rescaleIntercept: -3 }));
    expect(quantifySpect({ ...counts, slices }, { sensitivityCpsPerMBq: 10 })).toMatchObject({
      code: 'SPECT_INTERCEPT_NOT_ZERO',
    });
  });

  it('take activity and time of the administration from the site where the header lacks them', () => {
    const bare = { ...counts, radionuclideTotalDose: null, injectionDateTime: null };
    const found = quantifySpect(bare, {
      sensitivityCpsPerMBq: 10,
      administeredMBq: 7400,
      administeredAt: '2025-03-10T21:00:00',
    });
    expect(found).toMatchObject({ administeredBq: 7.4e9, hoursAfter: 12 });
  });

  it('warns of a half-life that is not that of the nuclide', () => {
    const found = quantifySpect({ ...counts, radionuclideHalfLifeS: 21624 }, { sensitivityCpsPerMBq: 10 });
    expect(found.warnings.join()).toContain('does not fit Lu-177');
  });
});
