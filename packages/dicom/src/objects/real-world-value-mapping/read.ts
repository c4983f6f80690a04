import { type Code, codeKey, dcm, sameCode, sct } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { objectError, readCode } from '../common/index.ts';

export interface ReadValueMapping {
  /** SOP Instance UIDs of the images; several groups may name the same image with other units. */
  readonly images: readonly string[];
  readonly unit?: Code;
  /** UCUM in its current form, e.g. `g/ml{SUVbw}`, whatever order the writer used. */
  readonly ucum?: string;
  readonly quantity?: Code;
  readonly method?: Code;
  readonly label?: string;
  /** Absent for mappings by table. */
  readonly slope?: number;
  readonly intercept?: number;
  readonly firstValue?: number;
  readonly lastValue?: number;
}

export interface RealWorldValueMapping {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  /** Date of the content, YYYYMMDD, to tell older objects from newer ones. */
  readonly contentDate?: string;
  readonly manufacturer?: string;
  readonly mappings: readonly ReadValueMapping[];
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

function definition(mapping: Dataset, name: Code): Code | undefined {
  const item = mapping
    .items('QuantityDefinitionSequence')
    .find((candidate) => sameCode(readCode(candidate, 'ConceptNameCodeSequence'), name));
  return item === undefined ? undefined : readCode(item, 'ConceptCodeSequence');
}

function readMapping(mapping: Dataset, images: readonly string[]): ReadValueMapping {
  const unit = readCode(mapping, 'MeasurementUnitsCodeSequence');
  return {
    images,
    ...optional('unit', unit),
    ...optional('ucum', unit === undefined ? undefined : codeKey(unit).split('|')[1]),
    ...optional('quantity', definition(mapping, sct.quantity)),
    ...optional('method', definition(mapping, sct.measurementMethod)),
    ...optional('label', mapping.text('LUTLabel')),
    ...optional('slope', mapping.number('RealWorldValueSlope')),
    ...optional('intercept', mapping.number('RealWorldValueIntercept')),
    ...optional(
      'firstValue',
      mapping.number('RealWorldValueFirstValueMapped') ??
        mapping.number('DoubleFloatRealWorldValueFirstValueMapped'),
    ),
    ...optional(
      'lastValue',
      mapping.number('RealWorldValueLastValueMapped') ??
        mapping.number('DoubleFloatRealWorldValueLastValueMapped'),
    ),
  };
}

/**
 * Reads a Real World Value Mapping of any writer. By the standard the slope applies to stored values in place of the
 * rescale; some writers (3D Slicer's SUV factor calculator) store a factor that applies after it. Who compares must
 * try both.
 */
export function readRealWorldValueMapping(object: Dataset): RealWorldValueMapping {
  const sopClass = object.text('SOPClassUID');
  if (sopClass !== UID.RealWorldValueMappingStorage) {
    throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is not a Real World Value Mapping', {
      expected: UID.RealWorldValueMappingStorage,
      found: sopClass ?? 'no SOP class',
    });
  }
  return {
    sopInstanceUid: object.text('SOPInstanceUID') ?? '',
    seriesInstanceUid: object.text('SeriesInstanceUID') ?? '',
    studyInstanceUid: object.text('StudyInstanceUID') ?? '',
    ...optional('contentDate', object.text('ContentDate')),
    ...optional('manufacturer', object.text('Manufacturer')),
    mappings: object.items('ReferencedImageRealWorldValueMappingSequence').flatMap((group) => {
      const images = group
        .items('ReferencedImageSequence')
        .flatMap((image) => image.text('ReferencedSOPInstanceUID') ?? []);
      return group.items('RealWorldValueMappingSequence').map((mapping) => readMapping(mapping, images));
    }),
  };
}

/** True for the SUV concepts, the general one included (3D Slicer writes that with the method beside it). */
export function isSuvMapping(mapping: ReadValueMapping): boolean {
  const concepts = [
    dcm.suv,
    dcm.suvBw,
    dcm.suvLbm,
    dcm.suvBsa,
    dcm.suvIbw,
    dcm.suvLbmJanma,
    dcm.suvLbmJames128,
  ];
  return (
    concepts.some((concept) => sameCode(concept, mapping.quantity)) || (mapping.ucum ?? '').includes('{SUV')
  );
}
