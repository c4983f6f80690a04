import { readFileSync } from 'node:fs';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { meanDecayTime } from './decay-reference.ts';
import {
  bodySurfaceArea,
  compareFactor,
  leanBodyMassJames,
  leanBodyMassJames120,
  leanBodyMassJanmahasatian,
  type PetHeader,
  type PetSlice,
  type SuvFactors,
  suvFactors,
} from './index.ts';

const slice = (change: Partial<PetSlice> = {}): PetSlice => ({
  sopInstanceUid: '1.2.3',
  acquisitionDateTime: '2024-03-01T11:00:00',
  frameReferenceTimeMs: null,
  frameDurationMs: 120_000,
  rescaleSlope: 1,
  rescaleIntercept: 0,
  decayFactor: null,
  philipsSuvFactor: null,
  philipsActivityFactor: null,
  ...change,
});

const header = (change: Partial<PetHeader> = {}): PetHeader => ({
  manufacturer: 'SIEMENS',
  units: 'BQML',
  suvType: null,
  decayCorrection: 'START',
  correctedImage: ['DECY', 'ATTN', 'SCAT'],
  seriesDateTime: '2024-03-01T11:00:00',
  gePrivateScanDateTime: null,
  patientWeightKg: 70,
  patientSizeM: 1.75,
  patientSex: 'M',
  radionuclideTotalDose: 368.08e6,
  radionuclideHalfLifeS: 6586.2,
  injectionDateTime: '2024-03-01T10:00:00',
  injectionTime: '10:00:00',
  radionuclideCode: '77004003',
  radionuclideMeaning: '^18^Fluorine',
  slices: [slice()],
  ...change,
});

function accepted(change: Partial<PetHeader> = {}): SuvFactors {
  const result = suvFactors(header(change));
  if (result.status !== 'ok') throw new Error(`${result.code}: ${result.reason}`);
  return result;
}

function refusedCode(change: Partial<PetHeader>): string {
  const result = suvFactors(header(change));
  return result.status === 'refused' ? result.code : 'accepted';
}

describe('body size', () => {
  it.each([
    ['M', 75, 1.85, 62.7776, 61.4627, 60.9153, 1.98138],
    ['F', 60, 1.65, 44.6298, 44.6298, 39.2868, 1.65866],
    ['M', 130, 1.75, 76.7796, 72.3649, 76.0364, 2.40433],
    ['F', 120, 1.6, 45.15, 45.15, 55.0216, 2.17774],
  ] as const)('%s %d kg %d m', (sex, weightKg, heightM, james120, james128, janma, bsa) => {
    const body = { sex, weightKg, heightM };
    expect(leanBodyMassJames120(body)).toBeCloseTo(james120, 4);
    expect(leanBodyMassJames(body)).toBeCloseTo(james128, 4);
    expect(leanBodyMassJanmahasatian(body)).toBeCloseTo(janma, 4);
    expect(bodySurfaceArea(body)).toBeCloseTo(bsa, 5);
  });

  it('takes the mean of both formulas for sex O and says so', () => {
    const other = accepted({ patientSex: 'O' });
    const male = accepted({ patientSex: 'M' });
    const female = accepted({ patientSex: 'F' });
    expect(other.factors.lbm).toBeCloseTo(((male.factors.lbm ?? 0) + (female.factors.lbm ?? 0)) / 2, 12);
    expect(other.warnings.join()).toContain('sex is O');
  });
});

describe('decay', () => {
  it.each([
    [120, 59.937],
    [300, 149.605],
    [600, 298.421],
  ])('mean decay time of a %d s frame of F-18', (duration, expected) => {
    expect(meanDecayTime(6586.2, duration)).toBeCloseTo(expected, 3);
  });

  it('does not decay a dose for ADMIN', () => {
    expect(5000 * (accepted({ decayCorrection: 'ADMIN' }).factors.bw ?? 0)).toBeCloseTo(0.95088, 6);
  });

  it.each([
    ['11:00:00', 1.388891],
    ['11:30:00', 1.678569],
  ])('decays the dose to a start at %s', (time, expected) => {
    const at = `2024-03-01T${time}`;
    const result = accepted({ seriesDateTime: at, slices: [slice({ acquisitionDateTime: at })] });
    expect(5000 * (result.factors.bw ?? 0)).toBeCloseTo(expected, 6);
    expect(result.derivation.join('\n')).toContain('decay reference');
  });

  it('corrects each bed from its own frame for NONE', () => {
    const result = accepted({
      decayCorrection: 'NONE',
      correctedImage: ['ATTN'],
      slices: [slice(), slice({ acquisitionDateTime: '2024-03-01T11:10:00', frameDurationMs: 300_000 })],
    });
    const lambda = Math.LN2 / 6586.2;
    const factor = (elapsed: number, duration: number) =>
      (70_000 / 368.08e6) *
      ((lambda * duration) / (1 - Math.exp(-lambda * duration))) *
      Math.exp(lambda * elapsed);
    expect(result.bwPerSlice[0]).toBeCloseTo(factor(3600, 120), 12);
    expect(result.bwPerSlice[1]).toBeCloseTo(factor(4200, 300), 12);
    expect(result.perSlice).toBe(true);
  });

  it('follows an injection before midnight and a scan after it', () => {
    const result = accepted({
      injectionDateTime: null,
      injectionTime: '23:30:00',
      seriesDateTime: '2024-03-01T00:30:00',
      slices: [slice({ acquisitionDateTime: '2024-03-01T00:30:00' })],
    });
    expect(result.uptakeMinutes).toBeCloseTo(60, 9);
    expect(result.warnings.join()).toContain('midnight');
  });

  it('drops an injection date that de-identification has moved, and keeps its time of day', () => {
    const result = accepted({ injectionDateTime: '2023-11-20T10:00:00', injectionTime: null });
    expect(result.uptakeMinutes).toBeCloseTo(60, 9);
    expect(result.confident).toBe(false);
  });

  it('keeps days between injection and scan for a long-lived nuclide', () => {
    const result = accepted({
      injectionDateTime: '2024-02-27T11:00:00',
      radionuclideHalfLifeS: 282240,
      radionuclideCode: '63360001',
      radionuclideMeaning: '^89^Zirconium',
    });
    expect(result.uptakeMinutes).toBeCloseTo(3 * 24 * 60, 6);
  });

  it("prefers GE's private scan time to a series time that was written later", () => {
    const result = accepted({
      gePrivateScanDateTime: '2024-03-01T11:00:00',
      seriesDateTime: '2024-03-01T11:25:00',
      slices: [slice({ acquisitionDateTime: '2024-03-01T11:25:00' })],
    });
    expect(result.uptakeMinutes).toBeCloseTo(60, 9);
  });

  it("takes only the time of day of GE's private scan time where its date was shifted apart", () => {
    const result = accepted({ gePrivateScanDateTime: '2023-12-24T11:00:00' });
    expect(result.uptakeMinutes).toBeCloseTo(60, 9);
    expect(result.warnings.join()).toContain('GE scan date');
  });

  it('computes the start back from the frames where the series time is that of a later reconstruction', () => {
    const mean = meanDecayTime(6586.2, 120) * 1000;
    const result = accepted({
      seriesDateTime: '2024-03-01T13:00:00',
      slices: [
        slice({ frameReferenceTimeMs: mean }),
        slice({ acquisitionDateTime: '2024-03-01T11:05:00', frameReferenceTimeMs: mean + 300_000 }),
      ],
    });
    expect(result.uptakeMinutes).toBeCloseTo(60, 6);
    expect(result.confident).toBe(true);
  });

  it('warns where the frames of a whole scan contradict the series time', () => {
    const mean = meanDecayTime(6586.2, 120) * 1000;
    const result = accepted({
      seriesDateTime: '2024-03-01T10:40:00',
      slices: [slice({ frameReferenceTimeMs: mean })],
    });
    expect(result.uptakeMinutes).toBeCloseTo(60, 6);
    expect(result.warnings.join()).toContain('differs by 1200 s');
  });
});

describe('units', () => {
  it('uses the Philips SUV factor directly, and the activity factor through dose and decay', () => {
    const direct = accepted({ units: 'CNTS', slices: [slice({ philipsSuvFactor: 0.0005 })] });
    expect(direct.factors.bw).toBe(0.0005);
    const activity = accepted({
      units: 'CNTS',
      slices: [slice({ philipsActivityFactor: 2, philipsSuvFactor: 0 })],
    });
    expect(activity.factors.bw).toBeCloseTo(2 * (accepted().factors.bw ?? 0), 12);
    const both = accepted({
      units: 'CNTS',
      slices: [slice({ philipsSuvFactor: 0.0005, philipsActivityFactor: 2 })],
    });
    expect(both.factors.bw).toBe(0.0005);
    expect(both.warnings.join()).toContain('differ by');
  });

  it('needs neither weight nor dose where the scanner wrote SUV', () => {
    const result = accepted({
      units: 'GML',
      suvType: 'BW',
      patientWeightKg: null,
      radionuclideTotalDose: null,
    });
    expect(result.factors).toEqual({ bw: 1 });
    expect(result.refusedKinds.lbm).toContain('weight');
  });

  it.each([
    ['LBM', 'lbmJames120'],
    ['LBMJAMES128', 'lbm'],
    ['LBMJANMA', 'lbmJanmahasatian'],
    ['IBW', 'ibw'],
  ] as const)('reads GML of type %s as that kind', (suvType, kind) => {
    const result = accepted({ units: 'GML', suvType });
    expect(result.factors[kind]).toBeCloseTo(1, 12);
    expect(result.factors.bw).not.toBeCloseTo(1, 2);
  });

  it('reads CM2ML as body surface area', () => {
    const result = accepted({ units: 'CM2ML', suvType: 'BSA' });
    expect(result.factors.bsa).toBeCloseTo(1, 12);
    expect(result.factors.bw).toBeCloseTo(
      70_000 / (bodySurfaceArea({ weightKg: 70, heightM: 1.75 }) * 1e4),
      12,
    );
  });

  it('accepts counts per second only with a dose calibration', () => {
    expect(accepted({ units: 'CPS', correctedImage: ['DECY', 'ATTN', 'DCAL'] }).factors.bw).toBeCloseTo(
      accepted().factors.bw ?? 0,
      15,
    );
    expect(refusedCode({ units: 'CPS' })).toBe('SUV_COUNTS_NOT_CALIBRATED');
  });

  it('reads a dose in MBq, a weight in grams and a size in centimetres, and says so', () => {
    const result = accepted({ radionuclideTotalDose: 368.08, patientWeightKg: 70_000, patientSizeM: 175 });
    expect(result.factors.bw).toBeCloseTo(accepted().factors.bw ?? 0, 15);
    expect(result.factors.lbm).toBeCloseTo(accepted().factors.lbm ?? 0, 15);
    expect(result.warnings.join()).toMatch(/MBq.*|grams/);
  });

  it.each([
    [{ units: 'PROPCPS' }, 'SUV_UNITS_NOT_QUANTITATIVE'],
    [{ units: null }, 'SUV_UNITS_MISSING'],
    [{ correctedImage: ['DECY'] }, 'SUV_NOT_ATTENUATION_CORRECTED'],
    [{ correctedImage: ['ATTN'] }, 'SUV_DECAY_CONTRADICTION'],
    [{ decayCorrection: null }, 'SUV_DECAY_CORRECTION_UNKNOWN'],
    [{ patientWeightKg: 0 }, 'SUV_WEIGHT_MISSING'],
    [{ radionuclideTotalDose: null }, 'SUV_DOSE_MISSING'],
    [
      { radionuclideHalfLifeS: null, radionuclideCode: null, radionuclideMeaning: null },
      'SUV_HALF_LIFE_MISSING',
    ],
    [{ injectionDateTime: null, injectionTime: null }, 'SUV_INJECTION_TIME_MISSING'],
    [{ seriesDateTime: null, slices: [slice({ acquisitionDateTime: null })] }, 'SUV_REFERENCE_TIME_MISSING'],
    [{ units: 'CNTS' }, 'SUV_PHILIPS_FACTOR_MISSING'],
    [{ units: 'GML', suvType: 'BSA' }, 'SUV_TYPE_CONTRADICTS_UNITS'],
    [{ units: 'GML', suvType: 'LBM', patientSizeM: null }, 'SUV_BODY_SIZE_MISSING'],
    [{ slices: [slice({ rescaleIntercept: 5 })] }, 'SUV_INTERCEPT_NOT_ZERO'],
    [{ slices: [] }, 'SUV_NO_IMAGES'],
    [
      { decayCorrection: 'NONE', correctedImage: ['ATTN'], slices: [slice({ frameDurationMs: null })] },
      'SUV_FRAME_TIME_MISSING',
    ],
  ] as const)('refuses %j with %s', (change, code) => {
    expect(refusedCode(change)).toBe(code);
  });

  it('takes the half-life from the nuclide where it is not written', () => {
    const result = accepted({
      radionuclideHalfLifeS: null,
      radionuclideCode: null,
      radionuclideMeaning: '18F',
    });
    expect(result.factors.bw).toBeCloseTo(accepted().factors.bw ?? 0, 10);
  });
});

describe('a foreign factor', () => {
  it('agrees within rounding, and is reported where it is wrong by a thousand', () => {
    const ours = accepted();
    const bw = ours.factors.bw ?? 0;
    expect(compareFactor(ours, { kind: 'bw', factor: Number(bw.toPrecision(4)) }).status).toBe('agrees');
    const wrong = compareFactor(ours, { kind: 'bw', factor: bw / 1000 });
    expect(wrong).toMatchObject({ status: 'differs' });
    expect(compareFactor(ours, { kind: 'lbm', factor: ours.factors.lbmJames120 ?? 0 })).toMatchObject({
      status: 'agrees',
      kind: 'lbmJames120',
    });
  });
});

interface HeaderVector {
  [attribute: string]: unknown;
  PhilipsPETPrivateGroup?: { SUVScaleFactor?: string; ActivityConcentrationScaleFactor?: string };
}

function fromVector(instances: readonly HeaderVector[]): PetHeader {
  const first = instances[0] ?? {};
  const text = (value: unknown) => (value === undefined ? null : String(value).trim());
  const time = (value: unknown) => {
    const digits = text(value);
    return digits === null ? null : `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
  };
  const dateTime = (date: unknown, clock: unknown) => {
    const day = text(date);
    return day === null ? null : `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T${time(clock)}`;
  };
  const number = (value: unknown) => (value === undefined ? null : Number(value));
  const start = text(first.RadiopharmaceuticalStartDateTime);
  return header({
    units: text(first.Units),
    decayCorrection: text(first.DecayCorrection),
    correctedImage: first.CorrectedImage as string[],
    seriesDateTime: dateTime(first.SeriesDate, first.SeriesTime),
    patientWeightKg: number(first.PatientWeight),
    patientSizeM: number(first.PatientSize),
    patientSex: text(first.PatientSex),
    radionuclideTotalDose: number(first.RadionuclideTotalDose),
    radionuclideHalfLifeS: number(first.RadionuclideHalfLife),
    injectionDateTime: start === null ? null : dateTime(start.slice(0, 8), start.slice(8)),
    injectionTime: time(first.RadiopharmaceuticalStartTime),
    radionuclideCode: null,
    slices: instances.map((instance) =>
      slice({
        acquisitionDateTime: dateTime(instance.AcquisitionDate, instance.AcquisitionTime),
        frameReferenceTimeMs: number(instance.FrameReferenceTime),
        frameDurationMs: number(instance.ActualFrameDuration),
        philipsSuvFactor: number(instance.PhilipsPETPrivateGroup?.SUVScaleFactor),
        philipsActivityFactor: number(instance.PhilipsPETPrivateGroup?.ActivityConcentrationScaleFactor),
      }),
    ),
  });
}

describeWithData('SUV factors of real headers', () => {
  const read = (name: string) => JSON.parse(readFileSync(dataFile('suv_header_vectors', name), 'utf8'));

  it('gives the factor that each vendor header must give', () => {
    const expected: Record<string, number> = read('expected.json').factors;
    expect(Object.keys(expected)).toHaveLength(8);
    for (const [name, factor] of Object.entries(expected)) {
      const result = suvFactors(fromVector(read(name)));
      expect(result.status, name).toBe('ok');
      if (result.status === 'ok') expect((result.factors.bw ?? 0) / factor, name).toBeCloseTo(1, 6);
    }
  });
});
