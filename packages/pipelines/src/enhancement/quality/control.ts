import {
  changedBeyondTrace,
  defaultQualityLimits,
  evenPlanes,
  findStructures,
  insertionRecovery,
  jitterOf,
  judgedBody,
  judgedTissue,
  judgeQuality,
  limitsForPlaces,
  type NullSpaceMap,
  type QualityCheck,
  type QualityCheckName,
  type QualityLimits,
  qualityChecks,
  relativeSharpness,
  residualOf,
  type Spot,
  structureFigures,
  type Verdict,
  verdictOf,
} from '@photopeak/analysis';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { z } from 'zod';
import { applyMethod } from '../apply-method.ts';
import type { EnhancementImage, EnhancementMethod, MethodContext } from '../method.ts';
import { comparable } from './comparable.ts';
import type { QualityParameters } from './parameters.ts';

export interface Controlled {
  readonly verdict: Verdict;
  readonly checks: readonly QualityCheck[];
  /** The places that stand out most. */
  readonly spots: readonly Spot[];
  /** Why something was not checked. */
  readonly notes: readonly string[];
  /** What was held against each other, on one grid; the spots are places in it. */
  readonly shown: {
    readonly original: Volume;
    readonly result: Volume;
    /** Of finer planes what the slices cannot tell, and where it stands out most. */
    readonly nullSpace?: NullSpaceMap;
  };
}

type Figures = Partial<Record<QualityCheckName, number>>;

const MOST_SPOTS = 5;
/** Spots below this are what every image of noise has. */
const LEAST_SCORE = 4.5;
/** Test lesions and added noise for which methods are run again: 5 mm of ±20 HU where the noise is that of CT. */
const TEST_LESION = { sizeMm: 5, pixels: 4, contrastSigmas: 2, leastHu: 20 } as const;
const JITTER_SHARE = 0.2;
const TRIAL_SEED = 20;
const CT_TISSUE_HU = [-200, 200] as const;

/**
 * Quality control of one enhanced series against its original: what changed, whether noise explains it, and on request
 * what the method does with a lesion and a little noise that were put in. Finer planes are held against the slices as the
 * scanner would have seen them; where values are meant to change, the original is brought to them first. Undefined where
 * original and result cannot be laid upon each other.
 */
export async function controlQuality(
  image: EnhancementImage,
  result: Volume,
  method: EnhancementMethod,
  settings: unknown,
  parameters: QualityParameters,
  context: MethodContext,
): Promise<Controlled | undefined> {
  const compared = await comparable(image, result, method);
  if (compared === undefined) return undefined;
  const { isSameValues, figures: own, notes: said } = compared;
  const controlled = await compare(
    { ...image, volume: compared.original },
    compared.result,
    method,
    settings,
    // Another grid or other values: what a trial gives cannot be laid upon the result as it is.
    { ...parameters, trials: parameters.trials && isSameValues },
    context,
  );
  const limits = limitsFor(method, image.facts.modality, parameters, controlled.places);
  const checks = judgeQuality({ ...controlled.figures, ...own }, limits);
  const notes = [...said, ...controlled.notes];
  return {
    verdict: verdictOf(checks),
    checks,
    spots: controlled.spots,
    notes,
    shown: {
      original: compared.original,
      result: compared.result,
      ...(compared.nullSpace === undefined ? {} : { nullSpace: compared.nullSpace }),
    },
  };
}

/**
 * Planes that were made consistent with the slices differ from them, seen as slices again, by next to nothing: against the noise
 * of that everything would stand out, and what it is on edges and elsewhere tells nothing either.
 */
export const FINER_NOISE_SHARE = 0.25;

async function compare(
  image: EnhancementImage,
  result: Volume,
  method: EnhancementMethod,
  settings: unknown,
  parameters: QualityParameters,
  context: MethodContext,
): Promise<Pick<Controlled, 'spots' | 'notes'> & { readonly figures: Figures; readonly places: number }> {
  const { volume: original, facts, planes } = image;
  const tissue = judgedTissue(facts.modality, original);
  const isCt = facts.modality === 'CT' && original.unit === "[hnsf'U]";
  const range = isCt ? CT_TISSUE_HU : ([tissue.above, Number.MAX_VALUE] as const);
  const isFiner = method.task === 'super-resolution';
  const within = isCt ? await judgedBody(original) : undefined;
  const notes: string[] = [];
  let judged = result;
  if (method.task === 'metal' && isCt) {
    judged = await changedBeyondTrace(original, result, metalHuOf(settings));
    notes.push('new and lost structure was sought in what of the change no ray through metal accounts for');
  }
  const structures = await findStructures(original, judged, {
    ...tissue,
    planes,
    ...(within === undefined ? {} : { within }),
    ...(isFiner ? { leastNoiseShare: FINER_NOISE_SHARE } : {}),
  });
  context.signal.throwIfAborted();
  const [before, after] = [evenPlanes(original), evenPlanes(result)];
  const residual = await residualOf(before, after, { above: tissue.above, range });
  const figures: Figures = {
    ...structureFigures(structures),
    'beyond-noise': 100 * residual.beyondNoise,
    ...(isFiner ? {} : { 'edge-residual': residual.edgeRatio }),
    sharpness: await relativeSharpness(before, after),
    bias: isCt ? residual.bias : (100 * residual.bias) / residual.mean,
  };
  if (parameters.trials) {
    const enhance = async (volume: Volume): Promise<Volume> => {
      const { volume: after } = await applyMethod(method, { ...image, volume }, settings, context);
      return after ?? volume;
    };
    const sigma = residual.noise;
    try {
      const inserted = await insertionRecovery(original, result, enhance, {
        diameterMm: Math.max(TEST_LESION.sizeMm, TEST_LESION.pixels * original.spacingMm[0]),
        contrast: isCt
          ? Math.max(TEST_LESION.leastHu, TEST_LESION.contrastSigmas * sigma)
          : TEST_LESION.contrastSigmas * sigma,
        seed: TRIAL_SEED,
        range,
      });
      figures.insertion = inserted.least;
    } catch (error) {
      if (!(error instanceof PhotopeakError) || error.code !== 'QUALITY_NO_PLACE') throw error;
      notes.push('no flat place for test lesions: the insertion test was left out');
    }
    const jitter = await jitterOf(original, result, enhance, {
      sigma: JITTER_SHARE * sigma,
      seed: TRIAL_SEED,
    });
    figures.jitter = jitter.worstGain;
  }
  const spots = structures.spots.filter(({ score }) => score >= LEAST_SCORE).slice(0, MOST_SPOTS);
  return { figures, spots, notes, places: structures.places };
}

/** From which value on a method takes voxels for metal, where it has such a setting. */
function metalHuOf(settings: unknown): number | undefined {
  const parsed = z.object({ metalHu: z.number() }).safeParse(settings);
  return parsed.success ? parsed.data.metalHu : undefined;
}

/**
 * The limits of the modality and of the method for a series of this size, over them those of the site, over them those of the site
 * for this model.
 */
function limitsFor(
  method: EnhancementMethod,
  modality: string,
  { limits, models }: QualityParameters,
  places: number,
): QualityLimits {
  const own = { ...defaultQualityLimits(modality, method.task), ...method.qualityLimits };
  const base = limitsForPlaces(own, places);
  const forModel = models[`${method.id}@${method.version}`] ?? models[method.id] ?? {};
  return Object.fromEntries(
    qualityChecks.map((name) => [name, { ...base[name], ...limits[name], ...forModel[name] }]),
  ) as unknown as QualityLimits;
}
