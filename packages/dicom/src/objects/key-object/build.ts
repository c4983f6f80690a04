import { type Code, dcm } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import {
  addContentDateTime,
  declareCodingSchemes,
  hierarchicalItems,
  type InstanceReference,
  type ObjectContext,
  objectError,
  startObject,
} from '../common/index.ts';
import { codeValue, composite, container, image, textValue, writeContent } from '../sr/index.ts';

export interface KeyObjectInput {
  readonly context: ObjectContext;
  /**
   * Document title, CID 7010: `dcm.ofInterest` for key images; `dcm.rejectedForQuality`,
   * `dcm.rejectedForPatientSafety`, `dcm.incorrectModalityWorklistEntry` or `dcm.dataRetentionExpired` withdraw the
   * instances (IHE IOCM).
   */
  readonly title: Code;
  /** Document title modifiers, e.g. the reason of a rejection (CID 7011, 7012). */
  readonly titleModifiers?: readonly Code[];
  readonly description?: string;
  readonly references: readonly InstanceReference[];
}

/** Storage classes whose instances are not images; they are referenced as COMPOSITE. */
const notImages: ReadonlySet<string> = new Set([
  UID.Comprehensive3DSRStorage,
  UID.ComprehensiveSRStorage,
  UID.EnhancedSRStorage,
  UID.BasicTextSRStorage,
  UID.SpatialRegistrationStorage,
  UID.DeformableSpatialRegistrationStorage,
  UID.RealWorldValueMappingStorage,
  UID.RTStructureSetStorage,
  UID.EncapsulatedPDFStorage,
  UID.KeyObjectSelectionDocumentStorage,
]);

/** Key Object Selection Document (PS3.3 A.35.4) with TID 2010. */
export function buildKeyObject(input: KeyObjectInput): Dataset {
  const { context, references } = input;
  if (references.length === 0) {
    throw objectError('OBJECT_INPUT_INVALID', 'A key object selection refers to at least one instance');
  }
  const object = startObject(context, UID.KeyObjectSelectionDocumentStorage, 'KO');
  // Key Object Document Series, C.17.6.1, and General, C.17.6.2
  object.set('ReferencedPerformedProcedureStepSequence', null);
  addContentDateTime(object, context);
  object.set('CurrentRequestedProcedureEvidenceSequence', hierarchicalItems(references));
  writeContent(
    object,
    container(
      undefined,
      input.title,
      [
        ...(input.titleModifiers ?? []).map((modifier) =>
          codeValue('HAS CONCEPT MOD', dcm.documentTitleModifier, modifier),
        ),
        input.description === undefined
          ? undefined
          : textValue('CONTAINS', dcm.keyObjectDescription, input.description),
        ...references.map(({ sopClassUid, sopInstanceUid }) => {
          const reference = { sopClassUid, sopInstanceUid };
          return notImages.has(sopClassUid)
            ? composite('CONTAINS', undefined, reference)
            : image('CONTAINS', undefined, reference);
        }),
      ],
      '2010',
    ),
  );
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
