import { type Code, dcm } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import {
  addContentDateTime,
  codeItem,
  declareCodingSchemes,
  hierarchicalItems,
  type InstanceReference,
  limitLo,
  type ObjectContext,
  objectError,
  startObject,
  toDicomDateTime,
} from '../common/index.ts';
import { type ContentItem, codeValue, container, image, writeContent } from '../sr/index.ts';
import type { MeasurementGroup, Observer, Verification } from './content.ts';
import { addEvidence } from './evidence.ts';
import { groupItem, referencesOf } from './groups.ts';
import { observerItems } from './observers.ts';

export interface MeasurementReportInput {
  readonly context: ObjectContext;
  /** Title, CID 7021. Default: PET Measurement Report. */
  readonly title?: Code;
  /** The device that measured and the persons who edited. */
  readonly observers: readonly Observer[];
  /** The imaging procedure (not the algorithm), CID 100; at least one. */
  readonly proceduresReported: readonly Code[];
  /** Images that were measured, listed in the Image Library (TID 1600) and as evidence. */
  readonly imageLibrary?: readonly InstanceReference[];
  readonly groups: readonly MeasurementGroup[];
  /** Instances that are evidence without being pointed to. */
  readonly evidence?: readonly InstanceReference[];
  /** The report of the AI that a reader has accepted, modified or rejected. */
  readonly predecessors?: readonly InstanceReference[];
  /** Present on what a person has signed. */
  readonly verification?: Verification;
  /** A report that will be replaced, e.g. the AI's own. Default: not stated. */
  readonly preliminary?: boolean;
}

/** The content tree, TID 1500. */
export function reportContent(input: Omit<MeasurementReportInput, 'context'>): ContentItem {
  const library = input.imageLibrary ?? [];
  return container(
    undefined,
    input.title ?? dcm.petMeasurementReport,
    [
      // TID 1204
      codeValue('HAS CONCEPT MOD', dcm.languageOfContent, {
        value: 'en-US',
        scheme: 'RFC5646',
        meaning: 'English (United States)',
      }),
      ...input.observers.flatMap(observerItems),
      ...input.proceduresReported.map((procedure) =>
        codeValue('HAS CONCEPT MOD', dcm.procedureReported, procedure),
      ),
      library.length === 0
        ? undefined
        : container('CONTAINS', dcm.imageLibrary, [
            container(
              'CONTAINS',
              dcm.imageLibraryGroup,
              library.map(({ sopClassUid, sopInstanceUid }) =>
                image('CONTAINS', undefined, { sopClassUid, sopInstanceUid }),
              ),
            ),
          ]),
      container('CONTAINS', dcm.imagingMeasurements, input.groups.map(groupItem)),
    ],
    '1500',
  );
}

/** SR Document General, PS3.3 C.17.2: state, verification, predecessors, request, evidence. */
function addDocumentGeneral(object: Dataset, input: MeasurementReportInput): void {
  const { context, verification } = input;
  addContentDateTime(object, context);
  object.set('CompletionFlag', 'COMPLETE');
  object.set('VerificationFlag', verification === undefined ? 'UNVERIFIED' : 'VERIFIED');
  if (input.preliminary !== undefined)
    object.set('PreliminaryFlag', input.preliminary ? 'PRELIMINARY' : 'FINAL');
  if (verification !== undefined) {
    object.set(
      'VerifyingObserverSequence',
      Dataset.of({
        VerifyingObserverName: verification.observerName,
        VerifyingObserverIdentificationCodeSequence:
          verification.observerCode === undefined ? null : codeItem(verification.observerCode),
        VerifyingOrganization: limitLo(verification.organization),
        VerificationDateTime: toDicomDateTime(verification.at).dateTime,
      }),
    );
  }
  const authors = input.observers.map((observer) => authorItem(observer, context));
  if (authors.length > 0) object.set('AuthorObserverSequence', authors);
  const predecessors = input.predecessors ?? [];
  if (predecessors.length > 0) object.set('PredecessorDocumentsSequence', hierarchicalItems(predecessors));
  object.set('ReferencedPerformedProcedureStepSequence', null);
  object.set('PerformedProcedureCodeSequence', null);
  addRequest(object);
  addEvidence(object, [
    ...input.groups.flatMap(referencesOf),
    ...(input.imageLibrary ?? []),
    ...(input.evidence ?? []),
  ]);
}

/** Identified Person or Device Macro, PS3.3 Table C.17-3b. */
function authorItem(observer: Observer, context: ObjectContext): Dataset {
  if (observer.kind === 'person') {
    return Dataset.of({
      ObserverType: 'PSN',
      PersonName: observer.name,
      PersonIdentificationCodeSequence: null,
      InstitutionName: observer.organization === undefined ? null : limitLo(observer.organization),
      InstitutionCodeSequence: null,
    });
  }
  return Dataset.of({
    ObserverType: 'DEV',
    DeviceUID: observer.uid,
    Manufacturer: limitLo(observer.manufacturer ?? context.equipment.manufacturer),
    ManufacturerModelName: limitLo(observer.model ?? context.equipment.model),
    StationName: null,
    InstitutionName: null,
    InstitutionCodeSequence: null,
  });
}

/** Referenced Request Sequence (0040,A370), where the study belongs to a request. */
function addRequest(object: Dataset): void {
  const accession = object.text('AccessionNumber');
  if (accession === undefined) return;
  const request = Dataset.of({
    StudyInstanceUID: object.text('StudyInstanceUID') ?? null,
    ReferencedStudySequence: null,
    AccessionNumber: accession,
    PlacerOrderNumberImagingServiceRequest: null,
    FillerOrderNumberImagingServiceRequest: null,
    RequestedProcedureID: null,
    RequestedProcedureDescription: null,
    RequestedProcedureCodeSequence: null,
  });
  object.set('ReferencedRequestSequence', request.copyFrom(object, ['IssuerOfAccessionNumberSequence']));
}

/**
 * A measurement report: Comprehensive 3D SR (PS3.3 A.35.13) with TID 1500. A report that a reader signs is a new
 * document with `verification` and the AI's report among its `predecessors`; a document is never changed.
 */
export function buildMeasurementReport(input: MeasurementReportInput): Dataset {
  const { context } = input;
  if (input.proceduresReported.length === 0 || input.observers.length === 0) {
    throw objectError(
      'OBJECT_INPUT_INVALID',
      'A measurement report names its observers and the procedure reported',
    );
  }
  const object = startObject(context, UID.Comprehensive3DSRStorage, 'SR');
  addDocumentGeneral(object, input);
  writeContent(object, reportContent(input));
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
