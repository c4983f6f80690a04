import type { CtStructureName } from '@photopeak/analysis';
import { createVolume, gridOf, maskWhere, PhotopeakError, type Volume } from '@photopeak/imaging';
import { inferImage } from '../model-run/index.ts';
import type { Phase, PinnedModel, Pipeline, StepContext, UsedModel } from '../pipeline.ts';
import type { ModelStructure } from './model-source.ts';
import { structureOfCode } from './structure-codes.ts';

/** In the place of a file that configures a model: one of the registry of the node. */
const NAMED = 'model:';

/** A version of the registry as the parameter `anatomyModel` holds it once the run is decided. */
export interface RegisteredAnatomyModel {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  /** `compare`: a model in research on a route that is not: its outlines are told and not used. */
  readonly use: 'place' | 'compare';
}

/** `ID` or `ID@VERSION` of `model:ID[@VERSION]`; undefined for a file. */
export const registeredName = (parameter: string): string | undefined =>
  parameter.startsWith(NAMED) ? parameter.slice(NAMED.length).split('#')[0] : undefined;

const told = ({ id, version, digest, use }: RegisteredAnatomyModel): string =>
  `${NAMED}${id}@${version}#${digest}#${use}`;

/** The version of a settled parameter; undefined where no version serves the study. */
export function settledModel(parameter: string): RegisteredAnatomyModel | undefined {
  const match = /^model:([^@#]+)@([^#]+)#([0-9a-f]{64})#(place|compare)$/.exec(parameter);
  if (match === null) return undefined;
  const [, id = '', version = '', digest = '', use] = match;
  return { id, version, digest, use: use as RegisteredAnatomyModel['use'] };
}

/** What the node settles for a pipeline with the parameter `anatomyModel`. */
export function anatomySite<Parameters extends { readonly anatomyModel: string }, Summary>(
  ctOf: (summary: Summary) => string | undefined,
): NonNullable<Pipeline<Parameters, Summary>['site']> {
  return {
    models({ anatomyModel }) {
      const name = registeredName(anatomyModel);
      return name === undefined ? [] : [name];
    },
    settle(parameters, { phase, models }) {
      if (registeredName(parameters.anatomyModel) === undefined) return parameters;
      const model = models.find(({ modality, task }) => modality === 'CT' && task === 'segment');
      return model === undefined
        ? parameters
        : { ...parameters, anatomyModel: told({ ...pickOf(model), use: useOf(model.phase, phase) }) };
    },
    used(summary, { anatomyModel }): readonly UsedModel[] {
      const model = settledModel(anatomyModel);
      const seriesInstanceUid = ctOf(summary);
      return model === undefined || seriesInstanceUid === undefined
        ? []
        : [{ digest: model.digest, seriesInstanceUid }];
    },
  };
}

const pickOf = ({ id, version, digest }: PinnedModel) => ({ id, version, digest });
const useOf = (model: Phase, route: Phase): RegisteredAnatomyModel['use'] =>
  model === 'research' && route !== 'research' ? 'compare' : 'place';

/**
 * Outlines of a model of the registry: labels whose codes are those of structures that the anatomy knows.
 * Throws `ANATOMY_MODEL_FAILED` and what the model throws.
 */
export async function runRegisteredModel(
  ct: Volume,
  { digest, id, version }: RegisteredAnatomyModel,
  { models, signal, gpu }: StepContext,
): Promise<ModelStructure[]> {
  if (models === undefined) {
    throw new PhotopeakError('the anatomy model gave no segmentation', {
      code: 'ANATOMY_MODEL_FAILED',
      expected: 'a node with a registry of models',
      found: `no registry for ${id}@${version}`,
      remedy: 'name a file that configures the model, or run the study in a node',
    });
  }
  const opened = await models.open(digest, { signal, ...(gpu === undefined ? {} : { gpu }) });
  await using model = opened.model;
  const { manifest } = opened;
  const results = await inferImage({ manifest, model }, ct, undefined, { signal });
  const structures: ModelStructure[] = [];
  for (const [index, result] of results.entries()) {
    const output = manifest.output[index];
    if (result.kind !== 'labels' || output?.kind !== 'labels') continue;
    for (const [value, { type, modifier }] of Object.entries(output.labels)) {
      const structure: CtStructureName | undefined = structureOfCode(type, modifier);
      if (structure === undefined) continue;
      const wanted = Number(value);
      const { data } = maskWhere(result.labels, (label) => label === wanted);
      if (data.includes(1)) structures.push({ name: structure, mask: createVolume(gridOf(ct), data, '1') });
    }
  }
  return structures;
}
