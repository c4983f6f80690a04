import { type Code, codeKey, sameCode } from './code.ts';
import { sct } from './sct.ts';

/**
 * A structure of the nomenclature of AAPM Task Group 263 (Mayo et al., Int J Radiat Oncol Biol Phys 2018): at most 16
 * characters, unique whatever the case, the side last.
 */
export interface StructureNaming {
  readonly type: Code;
  /** The name of a structure that exists once, or of both sides together. */
  readonly name: string;
  /** With sides: the name before `_L` and `_R`. */
  readonly sided?: string;
}

const single = (type: Code, name: string): StructureNaming => ({ type, name });
const paired = (type: Code, sided: string, both: string): StructureNaming => ({ type, name: both, sided });

/** By segmented property type. What is not listed here has no name of the task group that we know. */
export const structureNamings: readonly StructureNaming[] = [
  paired(sct.adrenal, 'Glnd_Adrenal', 'Glnd_Adrenal'),
  single(sct.aorta, 'A_Aorta'),
  single(sct.bladder, 'Bladder'),
  single(sct.bone, 'Bone'),
  single(sct.brain, 'Brain'),
  single(sct.brainStem, 'Brainstem'),
  single(sct.colon, 'Colon'),
  single(sct.duodenum, 'Duodenum'),
  single(sct.esophagus, 'Esophagus'),
  paired(sct.eyeball, 'Eye', 'Eyes'),
  paired(sct.femur, 'Femur', 'Femurs'),
  single(sct.gallbladder, 'Gallbladder'),
  single(sct.heart, 'Heart'),
  single(sct.inferiorVenaCava, 'V_Venacava_I'),
  paired(sct.kidney, 'Kidney', 'Kidneys'),
  single(sct.liver, 'Liver'),
  paired(sct.lung, 'Lung', 'Lungs'),
  single(sct.lungUpperRight, 'Lung_RUL'),
  single(sct.lungMiddleRight, 'Lung_RML'),
  single(sct.lungLowerRight, 'Lung_RLL'),
  single(sct.lungUpperLeft, 'Lung_LUL'),
  single(sct.lungLowerLeft, 'Lung_LLL'),
  single(sct.mandible, 'Bone_Mandible'),
  single(sct.opticChiasm, 'OpticChiasm'),
  single(sct.pancreas, 'Pancreas'),
  paired(sct.parotid, 'Parotid', 'Parotids'),
  single(sct.prostate, 'Prostate'),
  single(sct.rectum, 'Rectum'),
  single(sct.smallBowel, 'Bowel_Small'),
  single(sct.spinalCanal, 'SpinalCanal'),
  single(sct.spinalCord, 'SpinalCord'),
  single(sct.spleen, 'Spleen'),
  single(sct.stomach, 'Stomach'),
  paired(sct.submandibularGland, 'Glnd_Submand', 'Glnd_Submands'),
  single(sct.thyroid, 'Glnd_Thyroid'),
  single(sct.trachea, 'Trachea'),
  single(sct.wholeBody, 'External'),
  // Vertebral bodies; the thoracic ones have two digits.
  ...(['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'L1', 'L2', 'L3', 'L4', 'L5'] as const).map((name) =>
    single(sct[`vertebra${name}`], `VB_${name}`),
  ),
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const).map((number) =>
    single(sct[`vertebraT${number}`], `VB_T${String(number).padStart(2, '0')}`),
  ),
];

const byType = new Map(structureNamings.map((naming) => [codeKey(naming.type), naming]));

/** The TG-263 name of a structure; undefined for one that the table does not hold. */
export function structureName(type: Code, laterality?: Code): string | undefined {
  const naming = byType.get(codeKey(type));
  if (naming?.sided === undefined) return naming?.name;
  if (sameCode(laterality, sct.right)) return `${naming.sided}_R`;
  return sameCode(laterality, sct.left) ? `${naming.sided}_L` : naming.name;
}

/** What a name of the task group stands for; letter case does not count, nor what follows `^` or `~` after it. */
export function structureOfName(
  name: string,
): { readonly type: Code; readonly laterality?: Code } | undefined {
  const plain = name
    .replace(/[\^~].*$/, '')
    .trim()
    .toLowerCase();
  return byName.get(plain);
}

const byName = new Map(
  structureNamings.flatMap(({ type, name, sided }) => [
    [name.toLowerCase(), { type }] as const,
    ...(sided === undefined
      ? []
      : ([
          [`${sided}_r`.toLowerCase(), { type, laterality: sct.right }],
          [`${sided}_l`.toLowerCase(), { type, laterality: sct.left }],
        ] as const)),
  ]),
);

const NAME_LIMIT = 16;

/** A name for what has none in the nomenclature: letters, digits, `_`, `-`, `~` and `^`, at most 16. */
export function structureNameFrom(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_^~-]+/g, ' ')
    .trim()
    .split(' ');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return (joined === '' ? 'Structure' : joined).slice(0, NAME_LIMIT);
}

/** The names, each made different from all before it whatever the case, by a number at the end. */
export function uniqueStructureNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name.slice(0, NAME_LIMIT);
    for (let n = 2; used.has(unique.toLowerCase()); n++) {
      const suffix = `_${n}`;
      unique = name.slice(0, NAME_LIMIT - suffix.length) + suffix;
    }
    used.add(unique.toLowerCase());
    return unique;
  });
}
