import { equals, module, ONE, present, type1, type1C, type2, type2C, type3, when } from '../rule.ts';
import { oneCode } from './common.ts';

const MONOCHROME = ['MONOCHROME1', 'MONOCHROME2'];
const ORIGINALITY = ['ORIGINAL', 'DERIVED'];
const ORDER = ['PRIMARY', 'SECONDARY'];

const isOriginal = when('Image Type 1 is ORIGINAL', (item) => item.texts('ImageType')[0] === 'ORIGINAL');

export const ctImage = module('CT Image', 'C.8.2.1', [
  type1('ImageType', { values: [ORIGINALITY, ORDER, ['AXIAL', 'LOCALIZER']] }),
  type1('SamplesPerPixel', { values: ['1'] }),
  type1('PhotometricInterpretation', { values: MONOCHROME }),
  type1('BitsAllocated', { values: ['16'] }),
  type1('RescaleIntercept'),
  type1('RescaleSlope'),
  type2('KVP'),
  type2('AcquisitionNumber'),
]);

export const mrImage = module('MR Image', 'C.8.3.1', [
  type1('ImageType', { values: [ORIGINALITY, ORDER] }),
  type1('SamplesPerPixel', { values: ['1'] }),
  type1('PhotometricInterpretation', { values: MONOCHROME }),
  type1('BitsAllocated', { values: ['16'] }),
  type1('ScanningSequence'),
  type1('SequenceVariant'),
  type2('ScanOptions'),
  type2('MRAcquisitionType', { values: ['2D', '3D'] }),
  type2('EchoTime'),
  type2('EchoTrainLength'),
  type2C(
    'RepetitionTime',
    when('the sequence is not EP without SK', (item) => {
      const isEchoPlanar = item.texts('ScanningSequence').includes('EP');
      return isOriginal.holds(item, item) && (!isEchoPlanar || item.texts('SequenceVariant').includes('SK'));
    }),
  ),
  type2C(
    'InversionTime',
    when(
      'the sequence is IR',
      (item) => isOriginal.holds(item, item) && item.texts('ScanningSequence').includes('IR'),
    ),
  ),
]);

const isGated = when('Series Type 1 is GATED', (item) => item.texts('SeriesType')[0] === 'GATED');
const isDynamic = when('Series Type 1 is DYNAMIC', (item) => item.texts('SeriesType')[0] === 'DYNAMIC');

export const petSeries = module('PET Series', 'C.8.9.1', [
  type1('SeriesDate'),
  type1('SeriesTime'),
  type1('Units'),
  type1('CountsSource', { values: ['EMISSION', 'TRANSMISSION'] }),
  type1('SeriesType', {
    values: [
      ['STATIC', 'DYNAMIC', 'GATED', 'WHOLE BODY'],
      ['IMAGE', 'REPROJECTION'],
    ],
  }),
  type2C(
    'ReprojectionMethod',
    when('Series Type 2 is REPROJECTION', (item) => item.texts('SeriesType')[1] === 'REPROJECTION'),
  ),
  type1C('NumberOfRRIntervals', isGated),
  type1C('NumberOfTimeSlots', isGated),
  type1C('NumberOfTimeSlices', isDynamic),
  type1('NumberOfSlices'),
  type2('CorrectedImage'),
  type1('DecayCorrection', { values: ['NONE', 'START', 'ADMIN'] }),
  type2('CollimatorType'),
]);

export const petIsotope = module('PET Isotope', 'C.8.9.2', [
  type2('RadiopharmaceuticalInformationSequence', { items: [type2('RadionuclideCodeSequence')] }),
]);

export const petImage = module('PET Image', 'C.8.9.4', [
  type1('ImageType', { values: [ORIGINALITY, ['PRIMARY']] }),
  type1('SamplesPerPixel', { values: ['1'] }),
  type1('PhotometricInterpretation', { values: ['MONOCHROME2'] }),
  type1('BitsAllocated', { values: ['16'] }),
  type1('RescaleIntercept'),
  type1('RescaleSlope'),
  type1('FrameReferenceTime'),
  type1('ImageIndex'),
  type2('AcquisitionDate'),
  type2('AcquisitionTime'),
  type2('ActualFrameDuration'),
  type1C(
    'DecayFactor',
    when('Decay Correction is not NONE', (item) => (item.text('DecayCorrection') ?? 'NONE') !== 'NONE'),
  ),
]);

/** NM/PET Patient Orientation. */
export const nmPetOrientation = module('NM/PET Patient Orientation', 'C.8.4.6', [
  type2('PatientOrientationCodeSequence', { count: ONE }),
  type2('PatientGantryRelationshipCodeSequence', { count: ONE }),
]);

export const nmImage = module('NM Image', 'C.8.4.9', [
  type1('ImageType', { values: [ORIGINALITY, ['PRIMARY'], undefined, ['EMISSION', 'TRANSMISSION']] }),
  type1('SamplesPerPixel', { values: ['1'] }),
  type1('PhotometricInterpretation', { values: ['MONOCHROME2', 'PALETTE COLOR'] }),
  type1('BitsAllocated', { values: ['8', '16'] }),
  type1('PixelSpacing'),
]);

const points = (name: string, vector: number) =>
  when(`Frame Increment Pointer names ${name}`, (item) =>
    item.numbers('FrameIncrementPointer').includes(vector),
  );

export const nmMultiFrame = module('NM Multi-frame', 'C.8.4.8', [
  type1('FrameIncrementPointer'),
  type1('NumberOfEnergyWindows'),
  type1('NumberOfDetectors'),
  type1C('EnergyWindowVector', points('Energy Window Vector', 0x00540010)),
  type1C('DetectorVector', points('Detector Vector', 0x00540020)),
  type1C('SliceVector', points('Slice Vector', 0x00540080)),
  type1C('NumberOfSlices', present('SliceVector')),
]);

export const nmIsotopeAndDetector = module('NM Isotope, NM Detector', 'C.8.4.10, C.8.4.11', [
  type2('EnergyWindowInformationSequence'),
  type2('RadiopharmaceuticalInformationSequence'),
  type2('DetectorInformationSequence', { items: [type2('CollimatorType')] }),
]);

export const scEquipment = module('SC Equipment', 'C.8.6.1', [
  type1('ConversionType', { values: ['DV', 'DI', 'DF', 'WSD', 'SD', 'SI', 'DRW', 'SYN'] }),
]);

export const scTrueColour = module('SC Multi-frame Image', 'C.8.6.3', [
  type1('BurnedInAnnotation', { values: ['YES', 'NO'] }),
  type1('SamplesPerPixel', { values: ['3'] }),
  type1('PhotometricInterpretation', {
    values: ['RGB', 'YBR_FULL', 'YBR_FULL_422', 'YBR_RCT', 'YBR_ICT', 'YBR_PARTIAL_420'],
  }),
  type1('BitsAllocated', { values: ['8'] }),
  type1('BitsStored', { values: ['8'] }),
  type1('HighBit', { values: ['7'] }),
  type1('PixelRepresentation', { values: ['0'] }),
  type1C('PlanarConfiguration', present('SamplesPerPixel'), { values: ['0'] }),
]);

export const realWorldValueMapping = module('Real World Value Mapping', 'C.7.6.16.2.11', [
  type1('ReferencedImageRealWorldValueMappingSequence', {
    items: [
      type1('ReferencedImageSequence', {
        items: [type1('ReferencedSOPClassUID'), type1('ReferencedSOPInstanceUID')],
      }),
      type1('RealWorldValueMappingSequence', {
        items: [
          type1C(
            'RealWorldValueFirstValueMapped',
            when(
              'no double values are given',
              (item) => !item.has('DoubleFloatRealWorldValueFirstValueMapped'),
            ),
          ),
          type1C(
            'RealWorldValueLastValueMapped',
            when(
              'no double values are given',
              (item) => !item.has('DoubleFloatRealWorldValueLastValueMapped'),
            ),
          ),
          type1C(
            'RealWorldValueIntercept',
            when('there is no table', (item) => !item.has('RealWorldValueLUTData')),
          ),
          type1C(
            'RealWorldValueSlope',
            when('there is no table', (item) => !item.has('RealWorldValueLUTData')),
          ),
          type1('LUTExplanation'),
          type1('LUTLabel'),
          type1('MeasurementUnitsCodeSequence', oneCode),
          type3('QuantityDefinitionSequence', {
            items: [
              type1('ValueType'),
              type1('ConceptNameCodeSequence', oneCode),
              type1C('ConceptCodeSequence', equals('ValueType', 'CODE'), oneCode),
            ],
          }),
        ],
      }),
    ],
  }),
]);
