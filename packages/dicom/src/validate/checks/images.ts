import { type Dataset, UID } from '../../data/index.ts';
import type { Report } from '../problem.ts';

/** Rules for derived images and PET that the tables cannot say. */
export function checkDerivedImage(object: Dataset, report: Report): void {
  const isDerived = object.texts('ImageType')[0] === 'DERIVED';
  if (isDerived && !object.has('SourceImageSequence') && !object.has('DerivationDescription')) {
    report({
      code: 'IMAGE_RULE',
      severity: 'warning',
      where: 'SourceImageSequence',
      message: 'a derived image should say what it was derived from, and how',
      section: 'PS3.3 C.7.6.1.1.3 Derivation Description',
    });
  }
  if (object.text('LossyImageCompression') === '00' && object.has('LossyImageCompressionRatio')) {
    report({
      code: 'IMAGE_RULE',
      where: 'LossyImageCompression',
      message: 'what was compressed with loss once stays 01',
      section: 'PS3.3 C.7.6.1.1.5 Lossy Image Compression',
    });
  }
  const isPet = object.text('SOPClassUID') === UID.PositronEmissionTomographyImageStorage;
  const intercept = object.number('RescaleIntercept');
  if (isPet && intercept !== undefined && intercept !== 0) {
    report({
      code: 'IMAGE_RULE',
      where: 'RescaleIntercept',
      message: 'is always 0 in PET',
      section: 'PS3.3 C.8.9.4.1.2',
    });
  }
  if (object.number('RescaleSlope') === 0) {
    report({
      code: 'IMAGE_RULE',
      where: 'RescaleSlope',
      message: 'a slope of 0 makes every value the same',
      section: 'PS3.3 C.11.1.1.2',
    });
  }
}

/** Slopes that map, ranges in order, and one representation for both ends. */
export function checkValueMappings(object: Dataset, report: Report): void {
  const section = 'PS3.3 C.7.6.16.2.11 Real World Value Mapping';
  for (const [index, group] of object.items('ReferencedImageRealWorldValueMappingSequence').entries()) {
    for (const [at, mapping] of group.items('RealWorldValueMappingSequence').entries()) {
      const where = `ReferencedImageRealWorldValueMappingSequence[${index + 1}].RealWorldValueMappingSequence[${at + 1}]`;
      const slope = mapping.number('RealWorldValueSlope');
      const first = mapping.number('RealWorldValueFirstValueMapped');
      const last = mapping.number('RealWorldValueLastValueMapped');
      if (slope !== undefined && (slope === 0 || !Number.isFinite(slope))) {
        report({
          code: 'IMAGE_RULE',
          where: `${where}.RealWorldValueSlope`,
          message: 'must not be 0',
          section,
        });
      }
      if (first !== undefined && last !== undefined && first > last) {
        report({
          code: 'IMAGE_RULE',
          where: `${where}.RealWorldValueFirstValueMapped`,
          message: 'is greater than the last value mapped',
          section,
        });
      }
      const vrs = (['RealWorldValueFirstValueMapped', 'RealWorldValueLastValueMapped'] as const).map(
        (keyword) => mapping.element(keyword)?.vr,
      );
      if (vrs[0] !== undefined && vrs[1] !== undefined && vrs[0] !== vrs[1]) {
        report({
          code: 'IMAGE_RULE',
          where: `${where}.RealWorldValueLastValueMapped`,
          message: 'has another representation than the first value mapped',
          section,
        });
      }
    }
  }
}
