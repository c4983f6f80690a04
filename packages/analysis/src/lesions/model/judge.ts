import type { TracerName } from '../../tracers/index.ts';
import type { Features } from '../features.ts';
import { type Organ, type Physiology, physiologyOf, type Surroundings } from '../physiology.ts';
import type { SiteCalibration } from './calibrate.ts';
import { explain } from './explain.ts';
import { inputsOf } from './inputs.ts';
import table from './table.json' with { type: 'json' };
import { evaluate, probabilityOf } from './trees.ts';

export interface UptakeProbability {
  /** That the uptake is physiological, 0 … 1, after the site's calibration. */
  readonly physiological: number;
  /** Of the model itself, before any calibration: what clicks of readers are compared with. */
  readonly logOdds: number;
  /** In words: what moved it most. */
  readonly explanation: string;
}

export interface Judgement {
  readonly features: Features;
  readonly physiology: Physiology | undefined;
  /** Undefined for an unknown tracer, which the model never saw. */
  readonly probability: UptakeProbability | undefined;
}

/**
 * Who decides, by tracer, as measured on studies held back (bench/lesions/train-model.ts): the model where it is better,
 * the rules where they are at least as good, since they hold beyond what the simulation shows.
 */
const DECIDES: Readonly<Record<TracerName, 'rules' | 'model'>> = {
  fdg: 'rules',
  psma: 'model',
  'psma-1007': 'model',
  somatostatin: 'model',
  fapi: 'model',
  fluoride: 'model',
  unknown: 'rules',
};
/** Set aside from this probability on; above one half because a missed lesion is worse than an organ shown. */
export const SET_ASIDE_FROM = 0.7;

export const isDecidedByModel = (tracer: TracerName): boolean => DECIDES[tracer] === 'model';

export function judge(
  features: Features,
  surroundings: Surroundings,
  calibration: SiteCalibration = {},
): Judgement {
  const rule = physiologyOf(features, surroundings);
  const { tracer } = surroundings;
  if (tracer === 'unknown') return { features, physiology: rule, probability: undefined };
  const { logOdds, byInput } = evaluate(table, inputsOf(features, surroundings, rule));
  const site = calibration[tracer];
  const physiological = rounded(
    probabilityOf(site === undefined ? logOdds : site.intercept + site.slope * logOdds),
  );
  const explanation = explain(physiological, byInput, features, surroundings, rule);
  const probability = { physiological, logOdds: rounded(logOdds), explanation };
  if (!isDecidedByModel(tracer)) return { features, physiology: rule, probability };
  const physiology =
    physiological < SET_ASIDE_FROM
      ? undefined
      : {
          organ: rule?.organ ?? nearestOrgan(features),
          reason: explanation,
          confidence: physiological,
        };
  return { features, physiology, probability };
}

/** As many digits as the same arithmetic gives on every engine, and more than anyone needs. */
const rounded = (value: number): number => Number(value.toFixed(4));

const NAMES: Readonly<Record<keyof Features['organs'], Organ>> = {
  liver: 'liver',
  spleen: 'spleen',
  kidneyRight: 'kidney',
  kidneyLeft: 'kidney',
  stomach: 'stomach',
  bladder: 'bladder',
};
/** Uptake this near to an organ is called by its name. */
const NEAR_MM = 12;

/** The organ that uptake belongs to by place alone, where no rule names one. */
function nearestOrgan({ organs, aboveDome }: Features): Organ {
  const byDistance = Object.entries(organs).sort((a, b) => b[1].share - a[1].share || a[1].mm - b[1].mm);
  const [nearest] = byDistance;
  if (nearest !== undefined && nearest[1].mm <= NEAR_MM) return NAMES[nearest[0] as keyof Features['organs']];
  return aboveDome !== undefined && aboveDome < -30 && aboveDome > -380 ? 'bowel' : 'other';
}
