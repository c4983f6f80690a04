import type { SuvCase } from './case.ts';

const GE = 'GE MEDICAL SYSTEMS';
const SIEMENS = 'SIEMENS';
const PHILIPS = 'Philips Medical Systems';
const CORRECTED = ['DECY', 'ATTN', 'SCAT', 'DTIM', 'RAN', 'NORM'] as const;

const siemens = { manufacturer: SIEMENS, units: 'BQML', decayCorrection: 'START' } as const;
const ge = { manufacturer: GE, units: 'BQML', decayCorrection: 'START' } as const;
const counts = { manufacturer: PHILIPS, units: 'CNTS', decayCorrection: 'START' } as const;
const scanner = { manufacturer: SIEMENS, units: 'GML', decayCorrection: 'START' } as const;

const TWO_BEDS = [
  { startSeconds: 0, durationSeconds: 180 },
  { startSeconds: 185, durationSeconds: 180 },
] as const;

const ok = (name: string, about: string, rest: Omit<SuvCase, 'name' | 'about' | 'expected'>): SuvCase => ({
  name,
  about,
  expected: 'ok',
  ...rest,
});
const refused = (
  name: string,
  expected: string,
  about: string,
  rest: Omit<SuvCase, 'name' | 'about' | 'expected'>,
): SuvCase => ({ name, about, expected, conformant: false, ...rest });

/** Every branch of the SUV rules, one object each. */
export const suvCases: readonly SuvCase[] = [
  ok('bqml-start', 'decayed from the administration to Series Date and Time', siemens),
  ok('bqml-start-two-beds', 'acquisition times of later beds do not move the reference', {
    ...siemens,
    beds: TWO_BEDS,
  }),
  ok('bqml-start-series-late', 'Series Time rewritten by a later reconstruction: reference from the frames', {
    ...siemens,
    beds: TWO_BEDS,
    written: { seriesDelaySeconds: 2400 },
  }),
  ok('bqml-start-first-acquisition', 'no usable Series Time, no frame times: the first acquisition', {
    ...siemens,
    beds: TWO_BEDS,
    written: { seriesDelaySeconds: 2400, frameReference: 'zero' },
  }),
  ok('bqml-start-no-frame-reference', 'Frame Reference Time 0 means that it was not filled in', {
    ...siemens,
    beds: TWO_BEDS,
    written: { frameReference: 'zero' },
  }),
  ok('bqml-admin', 'already corrected to the administration: no decay', {
    ...siemens,
    decayCorrection: 'ADMIN',
  }),
  ok('bqml-none', 'corrected from the frame itself', {
    ...siemens,
    decayCorrection: 'NONE',
    correctedImage: CORRECTED.slice(1),
  }),
  ok('bqml-none-two-beds', 'each bed from its own frame: two factors', {
    ...siemens,
    decayCorrection: 'NONE',
    correctedImage: CORRECTED.slice(1),
    beds: [TWO_BEDS[0], { startSeconds: 1200, durationSeconds: 600 }],
  }),
  ok('bqml-slope-per-slice', 'each slice is rescaled by its own slope', { ...ge, slopes: 'per-slice' }),
  ok('bqml-time-only', 'only the time of day of the injection', { ...ge, written: { injection: 'time' } }),
  ok('bqml-date-time-only', 'only the date-time of the injection', {
    ...siemens,
    written: { injection: 'date-time' },
  }),
  ok('bqml-midnight-date-time', 'injected before midnight, scanned after', {
    ...siemens,
    reference: '20250315002000',
  }),
  ok('bqml-midnight-time-only', 'the time of day alone lies after the scan: the day before', {
    ...ge,
    reference: '20250315002000',
    written: { injection: 'time' },
  }),
  ok('bqml-new-year', 'midnight at the turn of the year', {
    ...siemens,
    reference: '20250101000500',
  }),
  ok('bqml-dose-mbq', 'total dose written in MBq', { ...siemens, written: { dose: 350 } }),
  ok('bqml-weight-grams', 'weight written in grams', { ...siemens, written: { weight: 75000 } }),
  ok('bqml-size-centimetres', 'size written in centimetres', { ...siemens, written: { height: 185 } }),
  ok('bqml-sex-other', 'sex O needs no exception for body weight', { ...siemens, body: { sex: 'O' } }),
  ok('bqml-half-life-from-code', 'half-life only by the nuclide code', {
    ...siemens,
    written: { halfLife: null },
  }),
  ok('bqml-gallium', 'Ga-68 decays three times as fast', { ...siemens, nuclide: 'Ga-68' }),
  ok('bqml-zirconium', 'Zr-89 four days after the injection', {
    ...siemens,
    nuclide: 'Zr-89',
    uptakeMinutes: 4 * 24 * 60 + 35,
  }),
  ok('ge-scan-time', 'the GE private scan time overrides a later Series Time', {
    ...ge,
    written: { seriesDelaySeconds: 900, geScanTime: 'true', frameReference: 'zero' },
  }),
  ok('ge-scan-time-equal', 'the GE private scan time agrees with Series Time', {
    ...ge,
    written: { geScanTime: 'true' },
  }),
  ok('cnts-suv-factor', 'Philips counts with the SUV factor only', {
    ...counts,
    written: { philipsSuv: 'true' },
  }),
  ok('cnts-activity-factor', 'Philips counts with the activity factor only', {
    ...counts,
    written: { philipsActivity: 'true' },
  }),
  ok('cnts-both-factors', 'both factors: they agree', {
    ...counts,
    written: { philipsSuv: 'true', philipsActivity: 'true' },
  }),
  ok('cnts-suv-factor-zero', 'SUV factor 0 means absent', {
    ...counts,
    written: { philipsSuv: 'zero', philipsActivity: 'true' },
  }),
  ok('cnts-moved-block', 'the private block lies where its creator says', {
    ...counts,
    written: { philipsSuv: 'true', philipsBlock: 0x27 },
  }),
  ok('cnts-slope-per-slice', 'the private factor holds on every slice, with its own slope', {
    ...counts,
    slopes: 'per-slice',
    written: { philipsSuv: 'true' },
  }),
  refused('cnts-no-factor', 'SUV_PHILIPS_FACTOR_MISSING', 'counts without a private factor', {
    ...counts,
    conformant: true,
  }),
  refused('cnts-both-zero', 'SUV_PHILIPS_FACTOR_MISSING', 'both private factors are 0', {
    ...counts,
    conformant: true,
    written: { philipsSuv: 'zero', philipsActivity: 'zero' },
  }),
  ok('gml-no-type', 'GML without SUV Type is body weight', scanner),
  ok('gml-bw', 'SUV Type BW needs no factor', { ...scanner, suvType: 'BW' }),
  ok('gml-lbm', 'SUV Type LBM: James with 120', { ...scanner, suvType: 'LBM' }),
  ok('gml-lbmjames128', 'SUV Type LBMJAMES128', { ...scanner, suvType: 'LBMJAMES128' }),
  ok('gml-lbmjanma', 'SUV Type LBMJANMA', { ...scanner, suvType: 'LBMJANMA' }),
  ok('gml-ibw', 'SUV Type IBW', { ...scanner, suvType: 'IBW' }),
  ok('gml-lbm-female', 'SUV Type LBM of a woman', {
    ...scanner,
    suvType: 'LBM',
    body: { sex: 'F', weightKg: 60, heightM: 1.65 },
  }),
  ok('gml-lbmjanma-sex-other', 'SUV Type LBMJANMA with sex O: mean of both formulas', {
    ...scanner,
    suvType: 'LBMJANMA',
    body: { sex: 'O' },
  }),
  refused('gml-lbm-no-size', 'SUV_BODY_SIZE_MISSING', 'lean body mass needs the size', {
    ...scanner,
    suvType: 'LBM',
    conformant: true,
    written: { height: null },
  }),
  ok('cm2ml-bsa', 'SUV by body surface area', { ...scanner, units: 'CM2ML', suvType: 'BSA' }),
  ok('cm2ml-no-type', 'CM2ML without SUV Type is body surface area', { ...scanner, units: 'CM2ML' }),
  ok('cps-calibrated', 'counts per second with dose calibration are Bq/ml', {
    ...siemens,
    units: 'CPS',
    correctedImage: [...CORRECTED, 'DCAL'],
  }),
  refused('cps-uncalibrated', 'SUV_COUNTS_NOT_CALIBRATED', 'counts per second without DCAL', {
    ...siemens,
    units: 'CPS',
    conformant: true,
  }),
  refused('propcps', 'SUV_UNITS_NOT_QUANTITATIVE', 'proportional to counts per second', {
    ...siemens,
    units: 'PROPCPS',
    conformant: true,
  }),
  refused('propcnts', 'SUV_UNITS_NOT_QUANTITATIVE', 'proportional to counts', {
    ...ge,
    units: 'PROPCNTS',
    conformant: true,
  }),
  refused('attenuation-units', 'SUV_UNITS_NOT_QUANTITATIVE', 'an attenuation map is no uptake', {
    ...siemens,
    units: '1CM',
    conformant: true,
  }),
  refused('units-missing', 'SUV_UNITS_MISSING', 'no Units', { ...siemens, units: null }),
  refused('no-attenuation-correction', 'SUV_NOT_ATTENUATION_CORRECTED', 'Corrected Image without ATTN', {
    ...siemens,
    conformant: true,
    correctedImage: ['DECY', 'DTIM', 'RAN', 'NORM'],
  }),
  refused('start-without-decy', 'SUV_DECAY_CONTRADICTION', 'START, but Corrected Image without DECY', {
    ...siemens,
    conformant: true,
    correctedImage: CORRECTED.slice(1),
  }),
  refused('decay-correction-missing', 'SUV_DECAY_CORRECTION_UNKNOWN', 'no Decay Correction', {
    ...siemens,
    decayCorrection: null,
  }),
  refused('intercept', 'SUV_INTERCEPT_NOT_ZERO', 'Rescale Intercept must be 0', {
    ...siemens,
    written: { intercept: -5 },
  }),
  refused('weight-missing', 'SUV_WEIGHT_MISSING', 'no weight', {
    ...siemens,
    conformant: true,
    written: { weight: null },
  }),
  refused('weight-zero', 'SUV_WEIGHT_MISSING', 'weight 0', {
    ...siemens,
    conformant: true,
    written: { weight: 0 },
  }),
  refused('dose-missing', 'SUV_DOSE_MISSING', 'no total dose', {
    ...siemens,
    conformant: true,
    written: { dose: null },
  }),
  refused('half-life-missing', 'SUV_HALF_LIFE_MISSING', 'neither half-life nor nuclide', {
    ...siemens,
    conformant: true,
    written: { halfLife: null, nuclideCode: null },
  }),
  refused('injection-missing', 'SUV_INJECTION_TIME_MISSING', 'no time of injection', {
    ...siemens,
    conformant: true,
    written: { injection: 'none' },
  }),
];
