import { PhotopeakError } from '@photopeak/imaging';
import { z } from 'zod';
import { type EnhancementMethod, type EnhancementTask, enhancementTasks } from './method.ts';
import { gaussianSmoothing } from './methods/gaussian-smoothing.ts';
import { medianFilter } from './methods/median-filter.ts';
import { metalStreaks } from './methods/metal-streaks.ts';
import { mpPcaMethod } from './methods/mp-pca.ts';
import { mrHarmonisation } from './methods/mr-harmonisation.ts';
import { networkCt } from './methods/network-ct.ts';
import { networkMetal } from './methods/network-metal.ts';
import { networkSlices } from './methods/network-slices.ts';
import { nonlocalCt } from './methods/nonlocal-ct.ts';
import { nonlocalMr } from './methods/nonlocal-mr.ts';
import { nonlocalPet } from './methods/nonlocal-pet.ts';
import { sliceRefinement } from './methods/slice-refinement.ts';
import { speckleReduction } from './methods/speckle-reduction.ts';

/** Every built-in method. Of those for a task and a modality the first is taken where none is named. */
export const enhancementMethods: readonly EnhancementMethod[] = [
  nonlocalCt,
  networkCt,
  mpPcaMethod,
  nonlocalMr,
  nonlocalPet,
  speckleReduction,
  gaussianSmoothing,
  medianFilter,
  sliceRefinement,
  networkSlices,
  metalStreaks,
  networkMetal,
  mrHarmonisation,
];

const nameOf = ({ id, version }: EnhancementMethod) => `${id}@${version}`;

/** `ID` or `ID@VERSION` as its parts. */
export function splitModelName(text: string): { readonly id: string; readonly version: string | null } {
  const at = text.indexOf('@');
  return at < 0 ? { id: text, version: null } : { id: text.slice(0, at), version: text.slice(at + 1) };
}

/**
 * The built-in method of a name (`ID` or `ID@VERSION`), or undefined: then it is a model of the site.
 * @throws PhotopeakError ENHANCE_METHOD_VERSION for another version than the built-in one
 */
export function builtInMethod(name: string): EnhancementMethod | undefined {
  const { id, version } = splitModelName(name);
  const method = enhancementMethods.find((one) => one.id === id);
  if (method === undefined || version === null || version === method.version) return method;
  throw new PhotopeakError('the method has another version here', {
    code: 'ENHANCE_METHOD_VERSION',
    expected: nameOf(method),
    found: name,
    remedy: 'leave the version out, or install the version of Photopeak that the name was written for',
  });
}

/** The noise of ultrasound is speckle: whoever asks for less noise gets the method for that. */
const isNoiseToo = (task: EnhancementTask, one: Pick<EnhancementMethod, 'task'>): boolean =>
  task === 'denoise' && one.task === 'speckle';

/**
 * The method for a task and a modality where none is named, for a series of so many volumes; undefined where there is
 * none.
 */
export const defaultMethod = (
  task: EnhancementTask,
  modality: string,
  volumes = 1,
): EnhancementMethod | undefined =>
  enhancementMethods.find(
    ({ series, ...one }) =>
      (one.task === task || isNoiseToo(task, one)) &&
      one.modalities.includes(modality) &&
      (series === undefined || volumes >= series.automaticFrom),
  );

/**
 * Settings as the method's own schema reads them, with its defaults.
 * @throws PhotopeakError ENHANCE_SETTING_INVALID
 */
export function settingsOf(method: EnhancementMethod, given: Readonly<Record<string, unknown>>): unknown {
  const parsed = method.parameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : issue?.path.join('.');
  throw new PhotopeakError('a setting of the method is not valid', {
    code: 'ENHANCE_SETTING_INVALID',
    expected: issue?.message ?? 'a valid setting',
    found: `${name ?? ''} = ${JSON.stringify(given[name ?? ''] ?? null)}`,
    where: nameOf(method),
    remedy: `its settings are: ${settingNames(method).join(', ') || 'none'}`,
  });
}

/** Names of the settings of a method. */
export function settingNames(method: EnhancementMethod): string[] {
  const schema = z.toJSONSchema(method.parameters, { io: 'input', unrepresentable: 'any' });
  return Object.keys(schema.properties ?? {});
}

/** The error of a task for which there is no method. */
export function noMethod(task: EnhancementTask, modality: string): PhotopeakError {
  const able = enhancementMethods.filter((one) => one.task === task);
  return new PhotopeakError('there is no built-in method for this task and modality', {
    code: 'ENHANCE_NO_METHOD',
    expected:
      able.length === 0
        ? `a model of the site for ${task}`
        : able.map((one) => `${nameOf(one)} for ${one.modalities.join(', ')}`).join('; '),
    found: `${task} of ${modality}`,
    remedy: `name a model with --model, or another task: ${enhancementTasks.join(', ')}`,
  });
}
