import { ANATOMY_LABELS } from '../labels.ts';
import { VERTEBRAE, type VertebraName } from './vertebrae.ts';

const ORGANS = [
  'brain',
  'heart',
  'aorta',
  'liver',
  'spleen',
  'kidneyRight',
  'kidneyLeft',
  'stomach',
  'bladder',
  'spinalCanal',
] as const;
export type OrganName = (typeof ORGANS)[number];
export type VertebraStructure = `vertebra${VertebraName}`;
/** Every structure that CT anatomy names, coarse and fine. */
export type CtStructureName = Exclude<keyof typeof ANATOMY_LABELS, 'outside'> | OrganName | VertebraStructure;

const FIRST_ORGAN = 6;
const FIRST_VERTEBRA = 20;

/**
 * Values of the label map of organs. The first six are those of `ANATOMY_LABELS`; a voxel has the most specific label
 * that fits, so `bone` is the skeleton without the named vertebrae and `body` all that has no name of its own.
 */
export const ORGAN_LABELS: Readonly<Record<CtStructureName, number>> = Object.freeze({
  ...Object.fromEntries(Object.entries(ANATOMY_LABELS).filter(([name]) => name !== 'outside')),
  ...Object.fromEntries(ORGANS.map((name, n) => [name, FIRST_ORGAN + n])),
  ...Object.fromEntries(VERTEBRAE.map(({ name }, n) => [`vertebra${name}`, FIRST_VERTEBRA + n])),
} as Record<CtStructureName, number>);

export const organNames: readonly OrganName[] = ORGANS;
/** All structures in the order of their labels. */
export const ctStructureNames = Object.keys(ORGAN_LABELS) as readonly CtStructureName[];
