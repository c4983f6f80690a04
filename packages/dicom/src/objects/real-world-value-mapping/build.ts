import { type Code, dcm, sct } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import {
  addBodyPart,
  addCommonInstanceReferences,
  addContentDateTime,
  addContentIdentification,
  codeItem,
  declareCodingSchemes,
  type InstanceReference,
  limitLo,
  type ObjectContext,
  objectError,
  sopReferenceItem,
  startObject,
} from '../common/index.ts';

/** One linear mapping of stored pixel values: value = slope · stored + intercept (PS3.3 C.7.6.16.2.11). */
export interface ValueMapping {
  /**
   * For a PET slice: Rescale Slope × SUV factor, because the mapping takes the place of the rescale. Images with
   * different slopes need a group each.
   */
  readonly slope: number;
  readonly intercept?: number;
  readonly unit: Code;
  /** What the number is, e.g. `dcm.suvBw`. */
  readonly quantity: Code;
  /** How it was computed, e.g. `dcm.suvBwMethod`. */
  readonly method?: Code;
  /** LUT Label, at most 16 characters, e.g. `SUVbw`. */
  readonly label: string;
  readonly explanation?: string;
  /** Range of stored values; default the whole range of the image's bits. */
  readonly firstValue?: number;
  readonly lastValue?: number;
}

/** Images whose stored values are mapped alike. */
export interface MappedImages {
  readonly images: readonly InstanceReference[];
  /** Pixel Representation of the images is 1. */
  readonly signed: boolean;
  readonly bitsStored: number;
  readonly mappings: readonly ValueMapping[];
}

export interface RealWorldValueMappingInput {
  readonly context: ObjectContext;
  readonly groups: readonly MappedImages[];
  readonly label?: string;
  readonly description?: string;
  readonly creatorName?: string;
}

function quantityItem(name: Code, value: Code): Dataset {
  return Dataset.of({
    ValueType: 'CODE',
    ConceptNameCodeSequence: codeItem(name),
    ConceptCodeSequence: codeItem(value),
  });
}

function mappingItem(mapping: ValueMapping, images: MappedImages): Dataset {
  const { slope, intercept = 0 } = mapping;
  if (!Number.isFinite(slope) || slope === 0 || !Number.isFinite(intercept)) {
    throw objectError('OBJECT_INPUT_INVALID', 'A value mapping needs a finite slope that is not zero', {
      where: mapping.label,
      found: `${slope}`,
    });
  }
  const half = 2 ** (images.bitsStored - 1);
  const first = mapping.firstValue ?? (images.signed ? -half : 0);
  const last = mapping.lastValue ?? (images.signed ? half - 1 : 2 * half - 1);
  const vr = images.signed ? 'SS' : 'US';
  return Dataset.of({
    RealWorldValueSlope: slope,
    RealWorldValueIntercept: intercept,
    LUTExplanation: limitLo(mapping.explanation ?? mapping.quantity.meaning),
    LUTLabel: mapping.label,
    MeasurementUnitsCodeSequence: codeItem(mapping.unit),
    QuantityDefinitionSequence: [
      quantityItem(sct.quantity, mapping.quantity),
      ...(mapping.method === undefined ? [] : [quantityItem(sct.measurementMethod, mapping.method)]),
    ],
  })
    .set('RealWorldValueFirstValueMapped', first, vr)
    .set('RealWorldValueLastValueMapped', last, vr);
}

/** SUV concepts by UCUM unit, with the method that each implies. */
export const suvQuantities: Readonly<Record<string, { readonly quantity: Code; readonly method: Code }>> = {
  'g/ml{SUVbw}': { quantity: dcm.suvBw, method: dcm.suvBwMethod },
  'g/ml{SUVlbm}': { quantity: dcm.suvLbm, method: dcm.suvLbmMethod },
  'g/ml{SUVlbm(Janma)}': { quantity: dcm.suvLbmJanma, method: dcm.suvLbmJanmaMethod },
  'g/ml{SUVlbm(James128)}': { quantity: dcm.suvLbmJames128, method: dcm.suvLbmJames128Method },
  'cm2/ml{SUVbsa}': { quantity: dcm.suvBsa, method: dcm.suvBsaMethod },
  'g/ml{SUVibw}': { quantity: dcm.suvIbw, method: dcm.suvIbwMethod },
};

/** Real World Value Mapping (PS3.3 A.46): what stored pixel values mean, without new pixels. */
export function buildRealWorldValueMapping(input: RealWorldValueMappingInput): Dataset {
  const { context, groups } = input;
  if (
    groups.length === 0 ||
    groups.some(({ images, mappings }) => images.length === 0 || mappings.length === 0)
  ) {
    throw objectError(
      'OBJECT_INPUT_INVALID',
      'A value mapping needs images and at least one mapping for them',
    );
  }
  const object = startObject(context, UID.RealWorldValueMappingStorage, 'RWV');
  addBodyPart(object, context.source);
  addContentDateTime(object, context);
  addContentIdentification(object, { ...input, label: input.label ?? 'VALUE_MAPPING' });
  object.set(
    'ReferencedImageRealWorldValueMappingSequence',
    groups.map((group) =>
      Dataset.of({
        ReferencedImageSequence: group.images.map(sopReferenceItem),
        RealWorldValueMappingSequence: group.mappings.map((mapping) => mappingItem(mapping, group)),
      }),
    ),
  );
  addCommonInstanceReferences(
    object,
    object.text('StudyInstanceUID') ?? '',
    groups.flatMap(({ images }) => images),
  );
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
