import { absent, module, ONE, type Rule, type1, type1C, type2, type2C, type3, when } from '../rule.ts';

/** Code Sequence Macro, PS3.3 Table 8.8-1; completeness of codes is checked everywhere. */
export const oneCode = { count: ONE } as const;

/** SOP Instance Reference Macro, Table 10-11. */
export const sopReference: readonly Rule[] = [
  type1('ReferencedSOPClassUID'),
  type1('ReferencedSOPInstanceUID'),
];

export const patient = module('Patient', 'C.7.1.1', [
  type2('PatientName'),
  type2('PatientID'),
  type2('PatientBirthDate'),
  type2('PatientSex', { values: ['M', 'F', 'O'] }),
]);

export const generalStudy = module('General Study', 'C.7.2.1', [
  type1('StudyInstanceUID'),
  type2('StudyDate'),
  type2('StudyTime'),
  type2('ReferringPhysicianName'),
  type2('StudyID'),
  type2('AccessionNumber'),
]);

export const generalSeries = module('General Series', 'C.7.3.1', [
  type1('Modality'),
  type1('SeriesInstanceUID'),
  type2('SeriesNumber'),
  type3('Laterality', { values: ['R', 'L', ''] }),
]);

export const frameOfReference = module('Frame of Reference', 'C.7.4.1', [
  type1('FrameOfReferenceUID'),
  type2('PositionReferenceIndicator'),
]);

export const generalEquipment = module('General Equipment', 'C.7.5.1', [type2('Manufacturer')]);

export const enhancedEquipment = module('Enhanced General Equipment', 'C.7.5.2', [
  type1('Manufacturer'),
  type1('ManufacturerModelName'),
  type1('DeviceSerialNumber'),
  type1('SoftwareVersions'),
]);

export const sopCommon = module('SOP Common', 'C.12.1', [
  type1('SOPClassUID'),
  type1('SOPInstanceUID'),
  type3('ContentQualification', { values: ['PRODUCT', 'RESEARCH', 'SERVICE'] }),
  type3('CodingSchemeIdentificationSequence', { items: [type1('CodingSchemeDesignator')] }),
  type3('ContributingEquipmentSequence', {
    items: [type1('PurposeOfReferenceCodeSequence', oneCode), type1('Manufacturer')],
  }),
]);

export const contentIdentification: readonly Rule[] = [
  type1('InstanceNumber'),
  type1('ContentLabel'),
  type2('ContentDescription'),
  type2('ContentCreatorName'),
];

const referencedSeries: Rule[] = [
  type1('SeriesInstanceUID'),
  type1('ReferencedInstanceSequence', { items: sopReference }),
];

export const commonInstanceReference = module('Common Instance Reference', 'C.12.2', [
  type1C(
    'ReferencedSeriesSequence',
    when(
      'no other study is referenced',
      (item) => !item.has('StudiesContainingOtherReferencedInstancesSequence'),
    ),
    { items: referencedSeries },
  ),
  type3('StudiesContainingOtherReferencedInstancesSequence', {
    items: [type1('StudyInstanceUID'), type1('ReferencedSeriesSequence', { items: referencedSeries })],
  }),
]);

const hasNoPlane = when(
  'the image has no plane in patient space',
  (item) => !item.has('ImageOrientationPatient') && !item.has('PlaneOrientationSequence'),
);

export const generalImage = module('General Image', 'C.7.6.1', [
  type2('InstanceNumber'),
  type2C('PatientOrientation', hasNoPlane),
  type3('BurnedInAnnotation', { values: ['YES', 'NO'] }),
  type3('LossyImageCompression', { values: ['00', '01'] }),
  type3('SourceImageSequence', { items: sopReference }),
  type3('DerivationCodeSequence'),
]);

/** General Image of IODs whose geometry is in functional groups or detectors. */
export const generalImageMultiFrame = module('General Image', 'C.7.6.1', [
  type2('InstanceNumber'),
  type3('LossyImageCompression', { values: ['00', '01'] }),
]);

export const imagePlane = module('Image Plane', 'C.7.6.2', [
  type1('PixelSpacing'),
  type1('ImageOrientationPatient'),
  type1('ImagePositionPatient'),
  type2('SliceThickness'),
]);

const isColour = when(
  'Samples per Pixel is more than 1',
  (item) => (item.number('SamplesPerPixel') ?? 1) > 1,
);

export const imagePixel = module('Image Pixel', 'C.7.6.3', [
  type1('SamplesPerPixel'),
  type1('PhotometricInterpretation'),
  type1('Rows'),
  type1('Columns'),
  type1('BitsAllocated'),
  type1('BitsStored'),
  type1('HighBit'),
  type1('PixelRepresentation', { values: ['0', '1'] }),
  type1C('PlanarConfiguration', isColour, { values: ['0', '1'] }),
  type1C('PixelData', absent('PixelDataProviderURL')),
]);

export const multiFrame = module('Multi-frame', 'C.7.6.6', [
  type1('NumberOfFrames'),
  type1('FrameIncrementPointer'),
]);
