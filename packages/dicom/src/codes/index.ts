export { type Code, codeKey, sameCode, scheme } from './code.ts';
export { type CieLab16, cieLabToRgb, type Rgb, rgbToCieLab } from './colour.ts';
export { dcm } from './dcm.ts';
export { loinc } from './loinc.ts';
export { PHOTOPEAK_SCHEME, photopeak } from './photopeak.ts';
export { colourOf, type PropertyType, propertyType } from './property-types.ts';
export { sct } from './sct.ts';
export { structureName, structureNameFrom, structureOfName, uniqueStructureNames } from './tg263.ts';
export { ucum, unitCode } from './ucum.ts';
