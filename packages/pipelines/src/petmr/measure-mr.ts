import { type Deformation, type SampledRegion, sampleRegion, toFixed } from '@photopeak/analysis';
import { loadSeriesVolume } from '@photopeak/dicom';
import { type Mat4, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { seriesOf } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import type { MrKey } from './select-series.ts';
import type { MrMeasurement } from './summary.ts';

export interface MeasureMrInput {
  readonly study: StudyInput;
  readonly sequences: readonly MrKey[];
  readonly pet: Volume;
  /** Labels of the lesions on the grid of the PET, and their values. */
  readonly labels: Volume;
  readonly labelValues: readonly number[];
  /** PET to MR, LPS mm. */
  readonly petToMr: Mat4;
  /** From the MR to the PET, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
}

export interface MeasuredMr {
  /** In the order of the lesions. */
  readonly lesions: readonly (readonly MrMeasurement[])[];
  readonly findings: readonly Finding[];
}

/** µm²/s, the unit of DICOM for ADC; scanners write 10⁻⁶ mm²/s, which is the same number. */
const ADC_UNIT = 'um2/s';
const NO_UNIT = '1';
/** Of tissue and fluid; a map with other values is in another scale, which it does not state. */
const USUAL_ADC: readonly [number, number] = [50, 5000];

/**
 * Share of the maximum above which a voxel of the PET is sure to lie in the lesion: its outline reaches as far as the
 * blur of PET, and MR, which is sharper, would be measured in the surroundings.
 */
const CORE_SHARE = 0.5;

/** Signal of each sequence in the core of each lesion; one sequence is in memory at a time. */
export const measureMr: Step<MeasureMrInput, MeasuredMr> = {
  name: 'measure-mr',
  version: '2',
  resource: 'cpu',
  run: async ({ study, sequences, pet, labels, labelValues, petToMr, deformation }, { progress, signal }) => {
    const findings: Finding[] = [];
    const voxels = labelValues.map((value) => coreOf(pet, labels, value));
    const lesions: MrMeasurement[][] = labelValues.map(() => []);
    for (const [index, key] of sequences.entries()) {
      progress(index / sequences.length, key.description);
      const image = await load(study, key, findings, signal);
      if (image === null) continue;
      for (const [lesion, own] of voxels.entries()) {
        const sampled = sampleRegion(
          image,
          labels,
          own,
          deformation === undefined ? petToMr : onMr(deformation),
        );
        if (sampled !== undefined) lesions[lesion]!.push(describe(key, sampled));
      }
    }
    return { lesions, findings };
  },
};

/** Where the MR shows what lies at points of the PET. */
const onMr = (deformation: Deformation) => (points: readonly Vec3[]) => toFixed(deformation, points);

async function load(
  study: StudyInput,
  key: MrKey,
  findings: Finding[],
  signal: AbortSignal,
): Promise<Volume | null> {
  try {
    return (await loadSeriesVolume(seriesOf(study, key), { signal })).volume;
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    findings.push({
      code: error.code,
      severity: 'warning',
      message: `${key.description} is not measured: ${error.message}`,
    });
    return null;
  }
}

function coreOf(pet: Volume, { data }: Volume, value: number): Uint32Array {
  const list: number[] = [];
  let most = 0;
  for (let n = 0; n < data.length; n++) {
    if (data[n] !== value) continue;
    list.push(n);
    most = Math.max(most, pet.data[n]!);
  }
  return Uint32Array.from(list.filter((index) => pet.data[index]! >= CORE_SHARE * most));
}

function describe(key: MrKey, { mean, sd, min, p10, max, covered }: SampledRegion): MrMeasurement {
  return {
    seriesInstanceUid: key.seriesInstanceUid,
    sequence: key.description,
    role: key.role,
    unit: key.role === 'adc' && mean >= USUAL_ADC[0] && mean <= USUAL_ADC[1] ? ADC_UNIT : NO_UNIT,
    mean,
    sd,
    min,
    p10,
    max,
    covered,
  };
}
