import {
  chooseNormals,
  type Dilation,
  decodeNormals,
  dilationRatio,
  type NormalLimits,
  type NormalSet,
  type Perfusion,
  perfusion,
} from '@photopeak/analysis';
import type { Finding, Step } from '../pipeline.ts';
import type { MappedState } from './map-states.ts';
import { readNormals } from './normals-file.ts';
import type { CardiacParameters } from './parameters.ts';
import type { CardiacSummary } from './summary.ts';

export interface QuantifyInput {
  readonly states: readonly MappedState[];
  readonly sex: 'M' | 'F' | null;
  readonly parameters: CardiacParameters;
}

export interface QuantifiedState {
  readonly perfusion: Perfusion;
  readonly limits: NormalLimits;
  readonly set: Omit<NormalSet, 'mean' | 'sd'>;
}

export interface Quantified {
  /** In the order of the states; null where no normal limits fit. */
  readonly states: readonly (QuantifiedState | null)[];
  readonly normals: CardiacSummary['normals'];
  readonly dilation: Dilation | null;
  readonly findings: readonly Finding[];
}

/** Compares each map with normal limits, and stress with rest. */
export const quantify: Step<QuantifyInput, Quantified> = {
  name: 'quantify',
  version: '1',
  resource: 'cpu',
  run: async ({ states, sex, parameters }) => {
    const database = await readNormals(parameters.normals);
    const findings: Finding[] = [];
    if (database.isSimulated) {
      findings.push({
        code: 'CARDIAC_NORMALS_SIMULATED',
        severity: 'warning',
        message: 'compared with simulated normal limits: not for diagnosis',
        remedy: 'build limits from studies of your own with: photopeak cardiac normals FOLDER… --out FILE',
      });
    }
    if (sex === null) {
      findings.push({
        code: 'CARDIAC_SEX_UNKNOWN',
        severity: 'warning',
        message: "the patient's sex is not stated: limits of men were used",
      });
    }
    const quantified = states.map((one): QuantifiedState | null => {
      const { tomogram, mapped, state } = one;
      const set = chooseNormals(database.sets, {
        modality: tomogram.modality === 'PT' ? 'PT' : 'NM',
        attenuationCorrected: tomogram.attenuationCorrected,
        sex: sex ?? 'M',
        state: state ?? 'any',
        tracer: tomogram.tracer,
      });
      if (set === undefined) {
        findings.push({
          code: 'CARDIAC_NORMALS_MISSING',
          severity: 'error',
          message: `no normal limits for ${tomogram.modality} ${tomogram.attenuationCorrected ? 'with' : 'without'} attenuation correction in ${database.name}`,
          remedy: 'add studies of this kind to the normal limits',
        });
        return null;
      }
      const { mean: _mean, sd: _sd, ...kind } = set;
      const limits = decodeNormals(set);
      const result = perfusion(mapped.map, limits, {
        scoreLimits: parameters.scoreLimits,
        fwhmMm: mapped.fwhmMm,
      });
      return { perfusion: result, limits, set: kind };
    });
    const stress = states.find(({ state }) => state === 'stress');
    const rest = states.find(({ state }) => state === 'rest');
    const dilation =
      stress === undefined || rest === undefined
        ? null
        : dilationRatio(stress.mapped.ventricle, rest.mapped.ventricle);
    return {
      states: quantified,
      normals: { name: database.name, isSimulated: database.isSimulated, sha256: database.sha256 },
      dilation,
      findings,
    };
  },
};
