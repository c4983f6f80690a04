import { type CtStructureName, type CtStructureReport, ORGAN_LABELS } from '@photopeak/analysis';
import { type Code, type InterpretedType, sct } from '@photopeak/dicom';
import { codedStructure } from '../anatomy/index.ts';

/** An organ that is outlined on the planning CT. */
export interface Organ {
  /** What it is judged by. */
  readonly parts: readonly CtStructureName[];
  /** Labels of the anatomy that it is made of. */
  readonly labels: readonly CtStructureName[];
  readonly type: Code;
  readonly laterality?: Code;
  readonly interpretedType: InterpretedType;
  /** What holes of it are filled, slice by slice: an outline of the patient has none. */
  readonly isFilled?: boolean;
  /** Volume in ml that an adult's has when it is wholly seen; outside of it the structure is to be checked. */
  readonly usualMl?: readonly [number, number];
}

const USUAL_ML: Partial<Record<CtStructureName, readonly [number, number]>> = {
  lungRight: [700, 4500],
  lungLeft: [600, 4000],
  airways: [15, 150],
};
const USUAL_LUNGS_ML = [1400, 8500] as const;
const LUNGS = ['lungRight', 'lungLeft'] as const;

const isVertebra = (name: CtStructureName): boolean => name.startsWith('vertebra');

/**
 * The structures to outline, in the order in which they are written: the patient, the lungs apart and together, and
 * everything else that the anatomy found. Bone is all bone, its named vertebrae too.
 */
export function organsOf(found: readonly CtStructureReport[]): Organ[] {
  const present = found.filter((report) => report.present).map(({ name }) => name);
  const organs: Organ[] = [];
  for (const name of present) {
    if (name === 'body') {
      organs.push({
        parts: ['body'],
        labels: present,
        type: sct.wholeBody,
        interpretedType: 'EXTERNAL',
        isFilled: true,
      });
      continue;
    }
    const { type, side } = codedStructure(name);
    const usualMl = USUAL_ML[name];
    organs.push({
      parts: [name],
      labels: name === 'bone' ? present.filter((one) => one === 'bone' || isVertebra(one)) : [name],
      type,
      ...(side === undefined ? {} : { laterality: side }),
      interpretedType: 'ORGAN',
      ...(usualMl === undefined ? {} : { usualMl }),
    });
    if (name === 'lungLeft' && present.includes('lungRight')) {
      organs.push({
        parts: LUNGS,
        labels: LUNGS,
        type: sct.lung,
        interpretedType: 'ORGAN',
        usualMl: USUAL_LUNGS_ML,
      });
    }
  }
  return organs;
}

export const labelValues = ({ labels }: Organ): readonly number[] => labels.map((name) => ORGAN_LABELS[name]);
