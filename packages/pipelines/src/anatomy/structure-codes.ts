import { type CtStructureName, ctStructureNames } from '@photopeak/analysis';
import { type Algorithm, type Code, type SegmentDescription, sct } from '@photopeak/dicom';

interface CodedStructure {
  readonly label: string;
  readonly type: Code;
  readonly side?: Code;
}

const OTHERS: Partial<Record<CtStructureName, CodedStructure>> = {
  body: { label: 'Body (other tissue)', type: sct.wholeBody },
  lungRight: { label: 'Right lung', type: sct.lung, side: sct.right },
  lungLeft: { label: 'Left lung', type: sct.lung, side: sct.left },
  airways: { label: 'Airways', type: sct.trachea },
  bone: { label: 'Bone', type: sct.bone },
  brain: { label: 'Brain', type: sct.brain },
  heart: { label: 'Heart', type: sct.heart },
  aorta: { label: 'Aorta', type: sct.aorta },
  liver: { label: 'Liver', type: sct.liver },
  spleen: { label: 'Spleen', type: sct.spleen },
  kidneyRight: { label: 'Right kidney', type: sct.kidney, side: sct.right },
  kidneyLeft: { label: 'Left kidney', type: sct.kidney, side: sct.left },
  stomach: { label: 'Stomach', type: sct.stomach },
  bladder: { label: 'Bladder', type: sct.bladder },
  spinalCanal: { label: 'Spinal canal', type: sct.spinalCanal },
};

/** How a structure is called and coded in objects: SNOMED CT as PS3.16 has it, vertebrae by CID 7603. */
export function codedStructure(name: CtStructureName): CodedStructure {
  const known = OTHERS[name];
  if (known !== undefined) return known;
  const type = sct[name as keyof typeof sct];
  return { label: type.meaning, type };
}

/** The structure with the given code and side; for labels of other methods. */
export function structureOfCode(type: Pick<Code, 'value' | 'scheme'>, side?: Pick<Code, 'value'>) {
  return ctStructureNames.find((name) => {
    const coded = codedStructure(name);
    return (
      coded.type.value === type.value &&
      coded.type.scheme === type.scheme &&
      coded.side?.value === side?.value
    );
  });
}

/** Segments of a SEG for structures, with the customary colours of their types; `by` names another algorithm. */
export function structureSegments(
  structures: readonly {
    readonly name: CtStructureName;
    readonly findings?: readonly string[];
    readonly by?: string;
  }[],
  algorithm: Algorithm,
): SegmentDescription[] {
  return structures.map(({ name, findings, by }) => {
    const { label, type, side } = codedStructure(name);
    return {
      label,
      type,
      ...(side === undefined ? {} : { typeModifiers: [side] }),
      ...(findings === undefined || findings.length === 0 ? {} : { description: findings.join('; ') }),
      algorithmType: 'AUTOMATIC' as const,
      algorithm: by === undefined ? algorithm : { ...algorithm, name: by },
    };
  });
}
