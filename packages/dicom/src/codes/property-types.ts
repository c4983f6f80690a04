import { type Code, codeKey } from './code.ts';
import type { Rgb } from './colour.ts';
import { sct } from './sct.ts';

/** A segmented property: what a segment shows, its category, and the colour readers are used to (dcmqi's palette). */
export interface PropertyType {
  readonly type: Code;
  readonly category: Code;
  readonly rgb: Rgb;
}

const anatomy = (type: Code, rgb: Rgb): PropertyType => ({ type, category: sct.anatomicalStructure, rgb });
const abnormal = (type: Code, rgb: Rgb): PropertyType => ({
  type,
  category: sct.morphologicallyAbnormalStructure,
  rgb,
});

/** Neighbours must be told apart, so three bone colours take turns. */
const VERTEBRA_COLOURS: readonly Rgb[] = [
  [226, 202, 134],
  [212, 188, 102],
  [255, 255, 207],
];

function vertebrae(): PropertyType[] {
  return Object.entries(sct)
    .filter(([name]) => name.startsWith('vertebra'))
    .map(([, type], index) => anatomy(type, VERTEBRA_COLOURS[index % VERTEBRA_COLOURS.length]!));
}

const table: readonly PropertyType[] = [
  anatomy(sct.adrenal, [244, 186, 150]),
  anatomy(sct.aorta, [224, 97, 76]),
  anatomy(sct.bladder, [222, 154, 132]),
  anatomy(sct.bone, [241, 214, 145]),
  anatomy(sct.brain, [250, 250, 225]),
  anatomy(sct.brainStem, [85, 188, 255]),
  anatomy(sct.colon, [204, 168, 143]),
  anatomy(sct.duodenum, [255, 253, 229]),
  anatomy(sct.esophagus, [211, 171, 143]),
  anatomy(sct.eyeball, [194, 142, 0]),
  anatomy(sct.femur, [255, 238, 170]),
  anatomy(sct.gallbladder, [139, 150, 98]),
  anatomy(sct.heart, [206, 110, 84]),
  anatomy(sct.inferiorVenaCava, [0, 151, 206]),
  anatomy(sct.kidney, [185, 102, 83]),
  anatomy(sct.leftVentricle, [152, 55, 13]),
  anatomy(sct.liver, [221, 130, 101]),
  anatomy(sct.lung, [197, 165, 145]),
  anatomy(sct.lungUpperRight, [172, 138, 115]),
  anatomy(sct.lungMiddleRight, [202, 164, 140]),
  anatomy(sct.lungLowerRight, [224, 186, 162]),
  anatomy(sct.lungUpperLeft, [172, 138, 115]),
  anatomy(sct.lungLowerLeft, [224, 186, 162]),
  anatomy(sct.lymphNode, [68, 172, 100]),
  anatomy(sct.mandible, [222, 198, 101]),
  anatomy(sct.opticChiasm, [244, 214, 49]),
  anatomy(sct.pancreas, [249, 180, 111]),
  anatomy(sct.parotid, [209, 162, 123]),
  anatomy(sct.prostate, [230, 158, 140]),
  anatomy(sct.rectum, [216, 137, 112]),
  anatomy(sct.rightVentricle, [181, 85, 57]),
  anatomy(sct.salivaryGland, [211, 171, 143]),
  anatomy(sct.skull, [241, 213, 144]),
  anatomy(sct.smallBowel, [205, 167, 142]),
  anatomy(sct.spinalCanal, [250, 228, 120]),
  anatomy(sct.spinalCord, [244, 214, 49]),
  anatomy(sct.spine, [226, 202, 134]),
  anatomy(sct.spleen, [157, 108, 162]),
  anatomy(sct.stomach, [216, 132, 105]),
  anatomy(sct.submandibularGland, [201, 112, 73]),
  anatomy(sct.thyroid, [62, 162, 114]),
  anatomy(sct.trachea, [182, 228, 255]),
  anatomy(sct.wholeBody, [177, 122, 101]),
  ...vertebrae(),
  { type: sct.adiposeTissue, category: sct.tissue, rgb: [230, 220, 70] },
  { type: sct.skeletalMuscle, category: sct.tissue, rgb: [192, 104, 88] },
  abnormal(sct.cyst, [205, 205, 100]),
  abnormal(sct.edema, [140, 224, 228]),
  abnormal(sct.lesion, [220, 160, 30]),
  abnormal(sct.mass, [144, 238, 144]),
  abnormal(sct.necrosis, [216, 191, 216]),
  abnormal(sct.neoplasm, [255, 0, 0]),
  abnormal(sct.nodule, [255, 225, 53]),
  abnormal(sct.primaryNeoplasm, [255, 64, 0]),
  abnormal(sct.secondaryNeoplasm, [253, 135, 192]),
];

const byType = new Map(table.map((row) => [codeKey(row.type), row]));

/** Grey-green, for structures without a customary colour. */
const UNKNOWN_RGB: Rgb = [128, 174, 128];

/** What is known about a segmented property type; synonyms are recognised. */
export function propertyType(type: Code): PropertyType | undefined {
  return byType.get(codeKey(type));
}

/** The customary display colour of a structure. */
export function colourOf(type: Code): Rgb {
  return propertyType(type)?.rgb ?? UNKNOWN_RGB;
}
