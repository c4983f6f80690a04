import { ANATOMY_LABELS, type StructureName } from '@photopeak/analysis';
import { type Code, type InterpretedType, sct } from '@photopeak/dicom';

/** An organ that is outlined on the planning CT. */
export interface Organ {
  readonly id: string;
  /** Labels of the anatomy that it is made of. */
  readonly labels: readonly StructureName[];
  readonly type: Code;
  readonly laterality?: Code;
  readonly interpretedType: InterpretedType;
  /** What holes of it are filled, slice by slice: an outline of the patient has none. */
  readonly isFilled?: boolean;
  /** Volume in ml that an adult's has when it is wholly seen; outside of it the structure is to be checked. */
  readonly usualMl?: readonly [number, number];
}

/** In the order in which they are written. The whole table is data: an organ more is a line more. */
export const ORGANS: readonly Organ[] = [
  {
    id: 'external',
    labels: ['body', 'lungRight', 'lungLeft', 'airways', 'bone'],
    type: sct.wholeBody,
    interpretedType: 'EXTERNAL',
    isFilled: true,
  },
  {
    id: 'lungRight',
    labels: ['lungRight'],
    type: sct.lung,
    laterality: sct.right,
    interpretedType: 'ORGAN',
    usualMl: [700, 4500],
  },
  {
    id: 'lungLeft',
    labels: ['lungLeft'],
    type: sct.lung,
    laterality: sct.left,
    interpretedType: 'ORGAN',
    usualMl: [600, 4000],
  },
  {
    id: 'lungs',
    labels: ['lungRight', 'lungLeft'],
    type: sct.lung,
    interpretedType: 'ORGAN',
    usualMl: [1400, 8500],
  },
  { id: 'airways', labels: ['airways'], type: sct.trachea, interpretedType: 'ORGAN', usualMl: [15, 150] },
  { id: 'bone', labels: ['bone'], type: sct.bone, interpretedType: 'ORGAN' },
];

export const labelValues = ({ labels }: Organ): readonly number[] =>
  labels.map((name) => ANATOMY_LABELS[name]);
