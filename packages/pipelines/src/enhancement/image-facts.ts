import type { Dataset } from '@photopeak/dicom';

/** What the header says of how an image was made, as far as methods ask; null where it does not say. */
export interface ImageFacts {
  readonly modality: string;
  readonly description: string;
  readonly bodyPart: string | null;
  readonly protocol: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly imageType: readonly string[];
  /** UCUM unit of the values. */
  readonly unit: string;
  readonly sliceThicknessMm: number | null;
  readonly kernel: string | null;
  readonly kvp: number | null;
  readonly tubeCurrentMa: number | null;
  readonly exposureMas: number | null;
  readonly ctdiVolMgy: number | null;
  readonly magneticFieldT: number | null;
  /** (0018,0024), else (0018,0020). */
  readonly sequence: string | null;
  readonly receiveCoil: string | null;
  readonly echoTimeMs: number | null;
  readonly repetitionTimeMs: number | null;
  readonly bValue: number | null;
  readonly radiopharmaceutical: string | null;
  readonly photometricInterpretation: string | null;
  /** Whether values were ever compressed with loss. */
  readonly isLossy: boolean;
}

/** The facts of a NIfTI file, which names nothing. */
export function unknownFacts(modality: string, description: string, unit: string): ImageFacts {
  return {
    modality,
    description,
    unit,
    imageType: [],
    bodyPart: null,
    protocol: null,
    manufacturer: null,
    model: null,
    sliceThicknessMm: null,
    kernel: null,
    kvp: null,
    tubeCurrentMa: null,
    exposureMas: null,
    ctdiVolMgy: null,
    magneticFieldT: null,
    sequence: null,
    receiveCoil: null,
    echoTimeMs: null,
    repetitionTimeMs: null,
    bValue: null,
    radiopharmaceutical: null,
    photometricInterpretation: null,
    isLossy: false,
  };
}

/** From the header of an instance, e.g. the first slice. `unit`: of the values that were read (UCUM). */
export function imageFacts(header: Dataset, unit: string): ImageFacts {
  const text = (...keywords: Parameters<Dataset['text']>[0][]) => {
    for (const keyword of keywords) {
      const value = header.text(keyword);
      if (value !== undefined) return value;
    }
    return null;
  };
  const number = (keyword: Parameters<Dataset['number']>[0]) => header.number(keyword) ?? null;
  const drug = header.item('RadiopharmaceuticalInformationSequence');
  return {
    modality: header.text('Modality') ?? '',
    description: header.text('SeriesDescription') ?? '',
    unit,
    imageType: header.texts('ImageType'),
    bodyPart: text('BodyPartExamined'),
    protocol: text('ProtocolName'),
    manufacturer: text('Manufacturer'),
    model: text('ManufacturerModelName'),
    sliceThicknessMm: number('SliceThickness'),
    kernel: header.texts('ConvolutionKernel').join(' ') || null,
    kvp: number('KVP'),
    tubeCurrentMa: number('XRayTubeCurrent'),
    exposureMas: number('Exposure'),
    ctdiVolMgy: number('CTDIvol'),
    magneticFieldT: number('MagneticFieldStrength'),
    sequence: text('SequenceName', 'ScanningSequence'),
    receiveCoil: text('ReceiveCoilName'),
    echoTimeMs: number('EchoTime'),
    repetitionTimeMs: number('RepetitionTime'),
    bValue: number('DiffusionBValue'),
    radiopharmaceutical: drug?.text('Radiopharmaceutical') ?? null,
    photometricInterpretation: text('PhotometricInterpretation'),
    isLossy: header.text('LossyImageCompression') === '01',
  };
}
