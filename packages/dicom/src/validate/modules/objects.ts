import { assessmentSummaries, observationSignificances } from '../../objects/content-assessment/index.ts';
import {
  absent,
  equals,
  module,
  ONE,
  type Rule,
  SOME,
  type1,
  type1C,
  type2,
  type2C,
  type3,
  when,
} from '../rule.ts';
import { contentIdentification, oneCode, sopReference } from './common.ts';

const algorithmIdentification: readonly Rule[] = [
  type1('AlgorithmFamilyCodeSequence', oneCode),
  type1('AlgorithmName'),
  type1('AlgorithmVersion'),
];

export const segmentationSeries = module('Segmentation Series', 'C.8.20.1', [
  type1('Modality', { values: ['SEG'] }),
  type1('SeriesNumber'),
]);

export const segmentationImage = module('Segmentation Image', 'C.8.20.2', [
  type1('ImageType', { values: [['DERIVED'], ['PRIMARY'], []] }),
  ...contentIdentification,
  type1('SamplesPerPixel', { values: ['1'] }),
  type1('PhotometricInterpretation', { values: ['MONOCHROME2', 'PALETTE COLOR'] }),
  type1('PixelRepresentation', { values: ['0'] }),
  type1('BitsAllocated', { values: ['1', '8', '16'] }),
  type1('LossyImageCompression', { values: ['00', '01'] }),
  type1('SegmentationType', { values: ['BINARY', 'FRACTIONAL', 'LABELMAP'] }),
  type1C('SegmentationFractionalType', equals('SegmentationType', 'FRACTIONAL'), {
    values: ['PROBABILITY', 'OCCUPANCY'],
  }),
  type1C('MaximumFractionalValue', equals('SegmentationType', 'FRACTIONAL')),
  type3('SegmentsOverlap', { values: ['YES', 'NO', 'UNDEFINED'] }),
  type1('SegmentSequence', {
    count: SOME,
    items: [
      type1('SegmentNumber'),
      type1('SegmentLabel'),
      type1('SegmentAlgorithmType', { values: ['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL'] }),
      type1C('SegmentAlgorithmName', equals('SegmentAlgorithmType', 'AUTOMATIC', 'SEMIAUTOMATIC')),
      type1('SegmentedPropertyCategoryCodeSequence', oneCode),
      type1('SegmentedPropertyTypeCodeSequence', oneCode),
      type3('SegmentationAlgorithmIdentificationSequence', { count: ONE, items: algorithmIdentification }),
      type3('AnatomicRegionSequence', oneCode),
      type1C('TrackingID', { text: 'Tracking UID is present', holds: (item) => item.has('TrackingUID') }),
      type1C('TrackingUID', { text: 'Tracking ID is present', holds: (item) => item.has('TrackingID') }),
    ],
  }),
]);

const sharedOrEachFrame = (keyword: 'PixelMeasuresSequence' | 'PlaneOrientationSequence') =>
  when(
    'it is not given for each frame',
    (_item, root) =>
      root.has('FrameOfReferenceUID') &&
      !root.items('PerFrameFunctionalGroupsSequence').every((frame) => frame.has(keyword)),
  );

export const functionalGroups = module('Multi-frame Functional Groups', 'C.7.6.16', [
  type1('InstanceNumber'),
  type1('ContentDate'),
  type1('ContentTime'),
  type1('NumberOfFrames'),
  type1('SharedFunctionalGroupsSequence', {
    count: ONE,
    items: [
      type1C('PixelMeasuresSequence', sharedOrEachFrame('PixelMeasuresSequence'), {
        count: ONE,
        items: [type1('PixelSpacing'), type1('SliceThickness')],
      }),
      type1C('PlaneOrientationSequence', sharedOrEachFrame('PlaneOrientationSequence'), {
        count: ONE,
        items: [type1('ImageOrientationPatient')],
      }),
    ],
  }),
  type1('PerFrameFunctionalGroupsSequence', {
    items: [
      type1('FrameContentSequence', { count: ONE, items: [type1('DimensionIndexValues')] }),
      type3('PlanePositionSequence', { count: ONE, items: [type1('ImagePositionPatient')] }),
      type3('SegmentIdentificationSequence', { count: ONE, items: [type1('ReferencedSegmentNumber')] }),
      type3('DerivationImageSequence', {
        items: [
          type1('DerivationCodeSequence'),
          type2('SourceImageSequence', {
            items: [...sopReference, type1('PurposeOfReferenceCodeSequence', oneCode)],
          }),
        ],
      }),
    ],
  }),
]);

export const dimensions = module('Multi-frame Dimension', 'C.7.6.17', [
  type1('DimensionOrganizationSequence', { items: [type1('DimensionOrganizationUID')] }),
  type1('DimensionIndexSequence', {
    items: [
      type1('DimensionIndexPointer'),
      type1C('FunctionalGroupPointer', absent('DimensionIndexPrivateCreator')),
      type1C(
        'DimensionOrganizationUID',
        when(
          'there are several organizations',
          (_item, root) => root.items('DimensionOrganizationSequence').length > 1,
        ),
      ),
    ],
  }),
]);

const matrix: readonly Rule[] = [
  type1('FrameOfReferenceTransformationMatrix'),
  type1('FrameOfReferenceTransformationMatrixType', { values: ['RIGID', 'RIGID_SCALE', 'AFFINE'] }),
];

export const registrationSeries = module('Spatial Registration Series', 'C.20.1', [
  type1('Modality', { values: ['REG'] }),
]);

export const spatialRegistration = module('Spatial Registration', 'C.20.2', [
  type1('ContentDate'),
  type1('ContentTime'),
  ...contentIdentification,
  type1('RegistrationSequence', {
    items: [
      type1C('FrameOfReferenceUID', absent('ReferencedImageSequence')),
      type1C('ReferencedImageSequence', absent('FrameOfReferenceUID'), { items: sopReference }),
      type1('MatrixRegistrationSequence', {
        count: ONE,
        items: [type2('RegistrationTypeCodeSequence', oneCode), type1('MatrixSequence', { items: matrix })],
      }),
    ],
  }),
]);

export const deformableRegistration = module('Deformable Spatial Registration', 'C.20.3', [
  type1('ContentDate'),
  type1('ContentTime'),
  ...contentIdentification,
  type1('DeformableRegistrationSequence', {
    items: [
      type1('SourceFrameOfReferenceUID'),
      type2('RegistrationTypeCodeSequence', oneCode),
      type3('PreDeformationMatrixRegistrationSequence', { count: ONE, items: matrix }),
      type3('PostDeformationMatrixRegistrationSequence', { count: ONE, items: matrix }),
      type3('DeformableRegistrationGridSequence', {
        count: ONE,
        items: [
          type1('ImageOrientationPatient'),
          type1('ImagePositionPatient'),
          type1('GridDimensions'),
          type1('GridResolution'),
          type1('VectorGridData'),
        ],
      }),
    ],
  }),
]);

export const mappingSeries = module('Real World Value Mapping Series', 'C.7.3.1', [
  type1('Modality', { values: ['RWV'] }),
]);

export const mappingContent = module('Real World Value Mapping', 'A.46', [
  type1('ContentDate'),
  type1('ContentTime'),
  ...contentIdentification,
]);

const hierarchicalReference: readonly Rule[] = [
  type1('StudyInstanceUID'),
  type1('ReferencedSeriesSequence', {
    items: [type1('SeriesInstanceUID'), type1('ReferencedSOPSequence', { items: sopReference })],
  }),
];

export const srSeries = module('SR Document Series', 'C.17.1', [
  type1('Modality', { values: ['SR'] }),
  type1('SeriesNumber'),
  type2('ReferencedPerformedProcedureStepSequence'),
]);

const isDevice = equals('ObserverType', 'DEV');
const isPerson = equals('ObserverType', 'PSN');

export const srGeneral = module('SR Document General', 'C.17.2', [
  type1('InstanceNumber'),
  type1('CompletionFlag', { values: ['PARTIAL', 'COMPLETE'] }),
  type1('VerificationFlag', { values: ['UNVERIFIED', 'VERIFIED'] }),
  type3('PreliminaryFlag', { values: ['PRELIMINARY', 'FINAL'] }),
  type1('ContentDate'),
  type1('ContentTime'),
  type2('PerformedProcedureCodeSequence'),
  type1C('VerifyingObserverSequence', equals('VerificationFlag', 'VERIFIED'), {
    items: [
      type1('VerifyingObserverName'),
      type2('VerifyingObserverIdentificationCodeSequence', oneCode),
      type1('VerifyingOrganization'),
      type1('VerificationDateTime'),
    ],
  }),
  type3('AuthorObserverSequence', {
    items: [
      type1('ObserverType', { values: ['PSN', 'DEV'] }),
      type1C('PersonName', isPerson),
      type2C('PersonIdentificationCodeSequence', isPerson),
      type2C('StationName', isDevice),
      type1C('DeviceUID', isDevice),
      type1C('Manufacturer', isDevice),
      type1C('ManufacturerModelName', isDevice),
      type2('InstitutionName'),
      type2('InstitutionCodeSequence'),
    ],
  }),
  type3('PredecessorDocumentsSequence', { items: hierarchicalReference }),
  type3('CurrentRequestedProcedureEvidenceSequence', { items: hierarchicalReference }),
  type3('PertinentOtherEvidenceSequence', { items: hierarchicalReference }),
  type3('ReferencedRequestSequence', {
    items: [
      type1('StudyInstanceUID'),
      type2('ReferencedStudySequence'),
      type2('AccessionNumber'),
      type2('PlacerOrderNumberImagingServiceRequest'),
      type2('FillerOrderNumberImagingServiceRequest'),
      type2('RequestedProcedureID'),
      type2('RequestedProcedureDescription'),
      type2('RequestedProcedureCodeSequence'),
    ],
  }),
]);

export const srContent = module('SR Document Content', 'C.17.3', [
  type1('ValueType', { values: ['CONTAINER'] }),
  type1('ConceptNameCodeSequence', oneCode),
  type1('ContinuityOfContent', { values: ['SEPARATE', 'CONTINUOUS'] }),
]);

export const keyObjectSeries = module('Key Object Document Series', 'C.17.6.1', [
  type1('Modality', { values: ['KO'] }),
  type1('SeriesNumber'),
  type2('ReferencedPerformedProcedureStepSequence'),
]);

export const keyObjectGeneral = module('Key Object Document', 'C.17.6.2', [
  type1('InstanceNumber'),
  type1('ContentDate'),
  type1('ContentTime'),
  type1('CurrentRequestedProcedureEvidenceSequence', { items: hierarchicalReference }),
  type1('ContentTemplateSequence', {
    count: ONE,
    items: [
      type1('MappingResource', { values: ['DCMR'] }),
      type1('TemplateIdentifier', { values: ['2010'] }),
    ],
  }),
  type1('ContentSequence'),
]);

const contour: readonly Rule[] = [
  type1('ContourGeometricType', {
    values: ['POINT', 'OPEN_PLANAR', 'OPEN_NONPLANAR', 'CLOSED_PLANAR', 'CLOSEDPLANAR_XOR'],
  }),
  type1('NumberOfContourPoints'),
  type1('ContourData'),
];

export const structureSet = module(
  'Structure Set, ROI Contour, RT ROI Observations',
  'C.8.8.5, C.8.8.6, C.8.8.8',
  [
    type1('Modality', { values: ['RTSTRUCT'] }),
    type1('StructureSetLabel'),
    type2('StructureSetDate'),
    type2('StructureSetTime'),
    type1('StructureSetROISequence', {
      items: [
        type1('ROINumber'),
        type1('ReferencedFrameOfReferenceUID'),
        type2('ROIName'),
        type2('ROIGenerationAlgorithm', { values: ['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL', ''] }),
      ],
    }),
    type1('ROIContourSequence', {
      items: [type1('ReferencedROINumber'), type3('ContourSequence', { items: contour })],
    }),
    type1('RTROIObservationsSequence', {
      items: [
        type1('ObservationNumber'),
        type1('ReferencedROINumber'),
        type2('RTROIInterpretedType'),
        type2('ROIInterpreter'),
      ],
    }),
  ],
);

export const presentationSeries = module('Presentation Series', 'C.11.9', [
  type1('Modality', { values: ['PR'] }),
]);

export const presentationIdentification = module('Presentation State Identification', 'C.11.10', [
  type1('PresentationCreationDate'),
  type1('PresentationCreationTime'),
  ...contentIdentification,
]);

export const presentationBlending = module('Presentation State Blending', 'C.11.14', [
  type1('BlendingSequence', {
    count: { least: 2, most: 2 },
    items: [
      type1('BlendingPosition', { values: ['SUPERIMPOSED', 'UNDERLYING'] }),
      type1('StudyInstanceUID'),
      type1('ReferencedSeriesSequence', {
        items: [type1('SeriesInstanceUID'), type1('ReferencedImageSequence', { items: sopReference })],
      }),
    ],
  }),
  type1('RelativeOpacity'),
]);

export const blendedColours = module('Displayed Area, Palette Color Lookup Table, ICC Profile', 'C.10.4', [
  type1('DisplayedAreaSelectionSequence', {
    items: [
      type1('DisplayedAreaTopLeftHandCorner'),
      type1('DisplayedAreaBottomRightHandCorner'),
      type1('PresentationSizeMode', { values: ['SCALE TO FIT', 'TRUE SIZE', 'MAGNIFY'] }),
    ],
  }),
  type1('RedPaletteColorLookupTableDescriptor'),
  type1('RedPaletteColorLookupTableData'),
  type1('GreenPaletteColorLookupTableDescriptor'),
  type1('GreenPaletteColorLookupTableData'),
  type1('BluePaletteColorLookupTableDescriptor'),
  type1('BluePaletteColorLookupTableData'),
  type1('ICCProfile'),
]);

export const assessmentSeries = module('General Series', 'A.81', [type1('Modality', { values: ['ASMT'] })]);

export const contentAssessment = module('Content Assessment Results', 'C.33.1', [
  type1('InstanceNumber'),
  type1('AssessmentLabel'),
  type1('AssessmentTypeCodeSequence', oneCode),
  type2('AssessmentRequesterSequence', {
    items: [type1('ObserverType', { values: ['PSN', 'DEV'] })],
  }),
  type1('AssessmentSummary', { values: assessmentSummaries }),
  type1('AssessedSOPInstanceSequence', {
    count: SOME,
    items: [...sopReference, type3('ReferencedComparisonSOPInstanceSequence', { items: sopReference })],
  }),
  type1('NumberOfAssessmentObservations'),
  type1C(
    'AssessmentObservationsSequence',
    when('there are observations', (item) => (item.number('NumberOfAssessmentObservations') ?? 0) > 0),
    {
      items: [
        type1('ObservationSignificance', { values: observationSignificances }),
        type1('ObservationBasisCodeSequence', oneCode),
        type1('ObservationDescription'),
      ],
    },
  ),
]);
