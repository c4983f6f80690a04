import { type Grid, toWorld } from '@photopeak/imaging';
import { Dataset, type DatasetValues, type Keyword, Tag, UID } from '../data/index.ts';
import { uidFrom } from '../uid/index.ts';
import { codeItem } from './common/index.ts';
import { type TestModality, testHeaders } from './test-kit.ts';

/** Enhanced multi-frame images for the tests of the builders: what PS3.3 A.36, A.38 and A.56 demand of an original. */

type Enhanced = Exclude<TestModality, 'NM'>;

const one = (values: DatasetValues) => [Dataset.of(values)];
const TYPE = ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'];
const common = {
  PixelPresentation: 'MONOCHROME',
  VolumetricProperties: 'VOLUME',
  VolumeBasedCalculationTechnique: 'NONE',
} as const;

/** Attributes of single-frame headers that stand in functional groups, or nowhere, of enhanced ones. */
const moved = [
  'ImageOrientationPatient',
  'ImagePositionPatient',
  'PixelSpacing',
  'SliceThickness',
  'RescaleSlope',
  'RescaleIntercept',
  'RescaleType',
  'WindowCenter',
  'WindowWidth',
  'ConvolutionKernel',
  'KVP',
  'EchoTime',
  'RepetitionTime',
  'EchoTrainLength',
  'ScanningSequence',
  'SequenceVariant',
  'ScanOptions',
  'MRAcquisitionType',
  'AcquisitionDate',
  'AcquisitionTime',
  'AcquisitionNumber',
  'FrameReferenceTime',
  'DecayFactor',
  'ImageIndex',
  'NumberOfSlices',
  'SeriesType',
  'Units',
  'CountsSource',
  'ActualFrameDuration',
  'CorrectedImage',
  'CollimatorType',
  'DecayCorrection',
  'DoseCalibrationFactor',
  'AttenuationCorrectionMethod',
  'ScatterCorrectionMethod',
  'SmallestImagePixelValue',
] as const satisfies readonly Keyword[];

const classes: Readonly<Record<Enhanced, string>> = {
  CT: UID.EnhancedCTImageStorage,
  MR: UID.EnhancedMRImageStorage,
  PT: UID.EnhancedPETImageStorage,
};

/** Attributes of the whole image. */
function whole(modality: Enhanced): DatasetValues {
  if (modality === 'CT') return { MultienergyCTAcquisition: 'NO' };
  if (modality === 'PT')
    return {
      DecayCorrected: 'YES',
      DecayCorrectionDateTime: '20261101100000',
      AttenuationCorrected: 'YES',
      ScatterCorrected: 'NO',
      RandomsCorrected: 'YES',
      DeadTimeCorrected: 'YES',
      CountLossNormalizationCorrected: 'YES',
      GantryMotionCorrected: 'NO',
      PatientMotionCorrected: 'NO',
      SensitivityCalibrated: 'YES',
    };
  return {
    ResonantNucleus: '1H',
    KSpaceFiltering: 'NONE',
    MagneticFieldStrength: 1.5,
    ApplicableSafetyStandardAgency: 'IEC',
    ComplexImageComponent: 'MAGNITUDE',
    AcquisitionContrast: 'T1',
    ImageComments: 'x',
  };
}

/** Functional groups of all frames. */
function shared(modality: Enhanced, grid: Grid): DatasetValues {
  const d = grid.direction;
  const groups: DatasetValues = {
    PixelMeasuresSequence: one({
      PixelSpacing: [grid.spacingMm[1], grid.spacingMm[0]],
      SliceThickness: grid.spacingMm[2],
    }),
    PlaneOrientationSequence: one({ ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]] }),
    FrameAnatomySequence: one({
      FrameLaterality: 'U',
      AnatomicRegionSequence: codeItem({ value: '816094009', scheme: 'SCT', meaning: 'Chest' }),
    }),
    FrameVOILUTSequence: one({ WindowCenter: 40, WindowWidth: 400 }),
  };
  if (modality === 'CT')
    return {
      ...groups,
      CTImageFrameTypeSequence: one({ ...common, FrameType: TYPE }),
      PixelValueTransformationSequence: one({ RescaleIntercept: -1024, RescaleSlope: 1, RescaleType: 'HU' }),
      CTAcquisitionTypeSequence: one({
        AcquisitionType: 'SPIRAL',
        ConstantVolumeFlag: 'NO',
        FluoroscopyFlag: 'NO',
      }),
      CTAcquisitionDetailsSequence: one({
        RotationDirection: 'CW',
        RevolutionTime: 0.5,
        SingleCollimationWidth: 0.6,
        TotalCollimationWidth: 38.4,
        TableHeight: 100,
        GantryDetectorTilt: 0,
        DataCollectionDiameter: 500,
      }),
      CTTableDynamicsSequence: one({ TableSpeed: 46, TableFeedPerRotation: 23, SpiralPitchFactor: 0.6 }),
      CTPositionSequence: one({
        TablePosition: 0,
        DataCollectionCenterPatient: [0, 0, 0],
        ReconstructionTargetCenterPatient: [0, 0, 0],
      }),
      CTGeometrySequence: one({
        DistanceSourceToDetector: 1085,
        DistanceSourceToDataCollectionCenter: 595,
      }),
      CTReconstructionSequence: one({
        ConvolutionKernel: 'B30f',
        ConvolutionKernelGroup: 'SOFT_TISSUE',
        ReconstructionAlgorithm: 'FILTER_BACK_PROJ',
        ReconstructionDiameter: 500,
        ReconstructionPixelSpacing: [grid.spacingMm[1], grid.spacingMm[0]],
        ReconstructionAngle: 360,
        ImageFilter: 'STANDARD',
      }),
      CTExposureSequence: one({
        ExposureTimeInms: 500,
        XRayTubeCurrentInmA: 200,
        ExposureInmAs: 100,
        ExposureModulationType: 'NONE',
        CTDIvol: 8,
        CTDIPhantomTypeCodeSequence: codeItem({
          value: '113691',
          scheme: 'DCM',
          meaning: 'IEC Body Dosimetry Phantom',
        }),
      }),
      CTXRayDetailsSequence: one({
        KVP: 120,
        FocalSpots: 1.2,
        FilterType: 'FLAT',
        FilterMaterial: 'ALUMINUM',
      }),
      IrradiationEventIdentificationSequence: one({ IrradiationEventUID: uidFrom('event') }),
    };
  if (modality === 'PT') return { ...groups, PETFrameTypeSequence: one({ ...common, FrameType: TYPE }) };
  return {
    ...groups,
    MRImageFrameTypeSequence: one({
      ...common,
      FrameType: ['ORIGINAL', 'PRIMARY', 'T1', 'NONE'],
      ComplexImageComponent: 'MAGNITUDE',
      AcquisitionContrast: 'T1',
    }),
    MREchoSequence: one({ EffectiveEchoTime: 10 }),
  };
}

/** The header of one enhanced image with a frame for each slice, in the order of the grid. */
export function enhancedHeader(modality: Enhanced, grid: Grid, seed: string = modality): Dataset {
  const singles = testHeaders(modality, grid, seed);
  const header = new Dataset();
  for (const element of singles[0]!) header.setElement(element);
  for (const keyword of moved) header.delete(keyword);
  const dimensions = uidFrom('dimensions', seed);
  const values: DatasetValues = {
    SOPClassUID: classes[modality],
    SOPInstanceUID: uidFrom('enhanced', seed),
    ImageType: modality === 'MR' ? ['ORIGINAL', 'PRIMARY', 'T1', 'NONE'] : TYPE,
    ...common,
    ...whole(modality),
    NumberOfFrames: singles.length,
    ContentQualification: 'PRODUCT',
    BurnedInAnnotation: 'NO',
    LossyImageCompression: '00',
    PresentationLUTShape: 'IDENTITY',
    AcquisitionDateTime: '20261101090500',
    AcquisitionDuration: 10,
    AcquisitionContextSequence: null,
    DimensionOrganizationSequence: one({ DimensionOrganizationUID: dimensions }),
    DimensionIndexSequence: [
      Dataset.of({
        DimensionOrganizationUID: dimensions,
        DimensionIndexPointer: Tag.ImagePositionPatient,
        FunctionalGroupPointer: Tag.PlanePositionSequence,
      }),
    ],
    SharedFunctionalGroupsSequence: one(shared(modality, grid)),
    PerFrameFunctionalGroupsSequence: singles.map((single, k) =>
      Dataset.of({
        FrameContentSequence: one({
          FrameAcquisitionDateTime: '20261101090500',
          FrameReferenceDateTime: '20261101090500',
          FrameAcquisitionDuration: 1000 + k,
          DimensionIndexValues: k + 1,
        }),
        PlanePositionSequence: one({ ImagePositionPatient: toWorld(grid, [0, 0, k]) }),
        ...(modality === 'PT'
          ? {
              PixelValueTransformationSequence: one({
                RescaleIntercept: 0,
                RescaleSlope: single.number('RescaleSlope')!,
                RescaleType: 'US',
              }),
              RealWorldValueMappingSequence: one({
                RealWorldValueSlope: single.number('RescaleSlope')!,
                RealWorldValueIntercept: 0,
                RealWorldValueFirstValueMapped: 0,
                RealWorldValueLastValueMapped: 32767,
                LUTExplanation: 'activity',
                LUTLabel: 'BQML',
                MeasurementUnitsCodeSequence: codeItem({
                  value: 'Bq/ml',
                  scheme: 'UCUM',
                  meaning: 'Becquerels/milliliter',
                }),
              }),
            }
          : {}),
      }),
    ),
  };
  for (const [keyword, value] of Object.entries(values)) header.set(keyword as 'Rows', value as number);
  return header;
}
