import type { Dataset, DatasetValues } from '@photopeak/dicom';
import { dateTimeOf } from '../../shared/local-time.ts';
import type { ScannerStyle } from '../scanners.ts';
import type { Study } from './study.ts';

/** Time of one bed position, seconds after the start of PET, and its length. */
export interface Bed {
  readonly index: number;
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

/** Habits of a manufacturer that a reader of its files has to cope with. */
export interface Vendor {
  readonly equipment: DatasetValues;
  readonly bedSeconds: number;
  /** Decimals of a second in times. */
  readonly timeDigits: number;
  /** Instance 1 lies at the head. */
  readonly headFirst: boolean;
  readonly ct: {
    readonly imageType: readonly string[];
    readonly attributes: DatasetValues;
    readonly signed: boolean;
    readonly bitsStored: number;
    readonly intercept: number;
    /** Stored value outside the reconstructed circle; absent: the corners hold air. */
    readonly padding: number | undefined;
    readonly sliceThicknessMm: (spacingMm: number) => number;
  };
  readonly pet: {
    readonly imageType: readonly string[];
    readonly attributes: DatasetValues;
    readonly nacUnits: 'BQML' | 'CNTS' | 'PROPCNTS';
    readonly correctedImage: readonly string[];
    /** Acquisition Time of a slice: of its bed, or of the whole scan. */
    readonly acquisitionTimePerBed: boolean;
    readonly signed: boolean;
  };
  readonly numbers: {
    readonly localizer: number;
    readonly ct: number;
    readonly pet: number;
    readonly nac: number;
    readonly report: number;
  };
  readonly descriptions: {
    readonly localizer: string;
    readonly ct: string;
    readonly pet: string;
    readonly nac: string;
    readonly report: string;
  };
  /** Private elements of a CT slice. */
  readonly privateCt: (dataset: Dataset) => void;
  /** Private elements of an attenuation-corrected PET slice. */
  readonly privatePet: (dataset: Dataset, study: Study, bed: Bed) => void;
}

/** Bq/ml per stored and rescaled Philips count. */
export const PHILIPS_ACTIVITY_FACTOR = 1.583714;

export const vendors: Record<ScannerStyle, Vendor> = {
  ge: {
    equipment: {
      Manufacturer: 'GE MEDICAL SYSTEMS',
      ManufacturerModelName: 'Discovery ST',
      InstitutionName: 'PHOTOPEAK PHANTOM',
      StationName: 'PHANTOM-GE',
      DeviceSerialNumber: 'PHANTOM0',
      SoftwareVersions: '36.14 (simulated)',
    },
    bedSeconds: 180,
    timeDigits: 2,
    headFirst: true,
    ct: {
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      attributes: {
        ScanOptions: 'HELICAL MODE',
        KVP: 120,
        DataCollectionDiameter: 500,
        DistanceSourceToDetector: 949.075,
        DistanceSourceToPatient: 541,
        GantryDetectorTilt: 0,
        TableHeight: 178.4,
        RotationDirection: 'CW',
        ExposureTime: 800,
        XRayTubeCurrent: 110,
        Exposure: 22,
        FilterType: 'BODY FILTER',
        FocalSpots: 0.7,
        ConvolutionKernel: 'STANDARD',
        PositionReferenceIndicator: 'OM',
      },
      signed: true,
      bitsStored: 16,
      intercept: -1024,
      padding: -2000,
      sliceThicknessMm: () => 3.75,
    },
    pet: {
      imageType: ['ORIGINAL', 'PRIMARY'],
      attributes: {
        CollimatorType: 'RING',
        FieldOfViewShape: 'CYLINDRICAL RING',
        FieldOfViewDimensions: [700, 157],
        TypeOfDetectorMotion: 'NONE',
        RandomsCorrectionMethod: 'SING',
        AttenuationCorrectionMethod: 'measured,, 0.096000 cm-1,',
        ScatterCorrectionMethod: 'Convolution subtraction',
        ReconstructionMethod: 'OSEM',
        PositionReferenceIndicator: 'OM',
      },
      nacUnits: 'PROPCNTS',
      correctedImage: ['DECY', 'ATTN', 'SCAT', 'DTIM', 'RAN', 'DCAL', 'SLSENS', 'NORM'],
      acquisitionTimePerBed: false,
      signed: true,
    },
    numbers: { localizer: 1, ct: 2, pet: 3, nac: 4, report: 999 },
    descriptions: { localizer: 'SCOUT', ct: 'CT WB', pet: 'PET AC', nac: 'PET NAC', report: 'Dose Report' },
    privateCt(dataset) {
      dataset.setPrivate(0x0009, 'GEMS_IDEN_01', 0x01, 'LO', 'CT_LIGHTSPEED');
      dataset.setPrivate(0x0019, 'GEMS_ACQU_01', 0x23, 'DS', '13.75');
      dataset.setPrivate(0x0043, 'GEMS_PARM_01', 0x27, 'SH', '1.375:1');
    },
    privatePet(dataset, { phantom, timeline }, bed) {
      const creator = 'GEMS_PETD_01';
      const { injectedBq, halfLifeSeconds } = phantom.truth.dose;
      dataset.setPrivate(0x0009, creator, 0x01, 'LO', 'GE Discovery ST');
      dataset.setPrivate(0x0009, creator, 0x0d, 'DT', dateTimeOf(timeline.pet, 2));
      dataset.setPrivate(0x0009, creator, 0x36, 'LO', 'FDG -- fluorodeoxyglucose');
      dataset.setPrivate(0x0009, creator, 0x38, 'FL', injectedBq / 1e6);
      dataset.setPrivate(0x0009, creator, 0x39, 'DT', dateTimeOf(timeline.injection, 2));
      dataset.setPrivate(0x0009, creator, 0x3b, 'DT', dateTimeOf(timeline.injection, 2));
      dataset.setPrivate(0x0009, creator, 0x3c, 'FL', 0);
      dataset.setPrivate(0x0009, creator, 0x3e, 'SH', '18F');
      dataset.setPrivate(0x0009, creator, 0x3f, 'FL', halfLifeSeconds);
      dataset.setPrivate(0x0009, creator, 0x6d, 'SL', bed.durationSeconds);
      dataset.setPrivate(0x0009, creator, 0xd8, 'SL', bed.index + 1);
    },
  },
  siemens: {
    equipment: {
      Manufacturer: 'SIEMENS',
      ManufacturerModelName: 'Biograph128_mCT',
      InstitutionName: 'PHOTOPEAK PHANTOM',
      StationName: 'PHANTOM-SI',
      DeviceSerialNumber: 'PHANTOM1',
      SoftwareVersions: 'VG60A (simulated)',
    },
    bedSeconds: 120,
    timeDigits: 6,
    headFirst: true,
    ct: {
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL', 'CT_SOM5 SPI'],
      attributes: {
        KVP: 120,
        DataCollectionDiameter: 500,
        DistanceSourceToDetector: 1085.6,
        DistanceSourceToPatient: 595,
        GantryDetectorTilt: 0,
        TableHeight: 170,
        RotationDirection: 'CW',
        ExposureTime: 500,
        XRayTubeCurrent: 96,
        Exposure: 60,
        FilterType: '0',
        GeneratorPower: 15,
        FocalSpots: 1.2,
        ConvolutionKernel: 'B30f',
        PositionReferenceIndicator: null,
      },
      signed: false,
      bitsStored: 12,
      intercept: -1024,
      padding: undefined,
      sliceThicknessMm: (spacing) => spacing,
    },
    pet: {
      imageType: ['ORIGINAL', 'PRIMARY'],
      attributes: {
        CollimatorType: 'NONE',
        RandomsCorrectionMethod: 'DLYD',
        AttenuationCorrectionMethod: 'CT-derived mu-map',
        ScatterCorrectionMethod: 'Model-based',
        ReconstructionMethod: 'PSF+TOF 2i21s',
        ConvolutionKernel: 'XYZ Gauss2.00',
        PositionReferenceIndicator: null,
      },
      nacUnits: 'BQML',
      correctedImage: ['NORM', 'DTIM', 'ATTN', 'SCAT', 'DECY', 'RAN'],
      acquisitionTimePerBed: true,
      signed: false,
    },
    numbers: { localizer: 1, ct: 2, pet: 4, nac: 5, report: 501 },
    descriptions: {
      localizer: 'Topogram  0.6  T20f',
      ct: 'CT WB  5.0  B30f',
      pet: 'PET WB',
      nac: 'PET WB Uncorrected',
      report: 'Patient Protocol',
    },
    privateCt(dataset) {
      dataset.setPrivate(0x0019, 'SIEMENS CT VA0  COAD', 0xb0, 'DS', '0.5');
    },
    privatePet(dataset, { timeline }, _bed) {
      dataset.setPrivate(0x0071, 'SIEMENS MED PT', 0x22, 'DT', dateTimeOf(timeline.pet, 6));
    },
  },
  philips: {
    equipment: {
      Manufacturer: 'Philips Medical Systems',
      ManufacturerModelName: 'GEMINI TF TOF 16',
      InstitutionName: 'PHOTOPEAK PHANTOM',
      StationName: 'PHANTOM-PH',
      DeviceSerialNumber: 'PHANTOM2',
      SoftwareVersions: '3.6 (simulated)',
    },
    bedSeconds: 90,
    timeDigits: 0,
    headFirst: false,
    ct: {
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL', 'HELIX'],
      attributes: {
        ScanOptions: 'HELIX',
        KVP: 120,
        DataCollectionDiameter: 600,
        GantryDetectorTilt: 0,
        TableHeight: 151,
        RotationDirection: 'CW',
        ExposureTime: 500,
        XRayTubeCurrent: 90,
        Exposure: 50,
        FilterType: 'B',
        ConvolutionKernel: 'B',
        PositionReferenceIndicator: null,
      },
      signed: false,
      bitsStored: 12,
      intercept: -1024,
      padding: undefined,
      sliceThicknessMm: (spacing) => spacing,
    },
    pet: {
      imageType: ['ORIGINAL', 'PRIMARY'],
      attributes: {
        CollimatorType: 'NONE',
        RandomsCorrectionMethod: 'DLYD',
        AttenuationCorrectionMethod: 'CTAC-SG',
        ScatterCorrectionMethod: 'SS-SIMUL',
        ReconstructionMethod: 'BLOB-OS-TF',
        PositionReferenceIndicator: null,
      },
      nacUnits: 'CNTS',
      correctedImage: ['DECY', 'RADL', 'ATTN', 'SCAT', 'DTIM', 'RAN', 'NORM'],
      acquisitionTimePerBed: true,
      signed: true,
    },
    numbers: { localizer: 100, ct: 101, pet: 203, nac: 204, report: 900 },
    descriptions: {
      localizer: 'Surview',
      ct: 'CT WB low dose',
      pet: '[WB_CTAC] Body',
      nac: '[WB_NoAC] Body',
      report: 'Dose Info',
    },
    privateCt() {},
    privatePet(dataset, { phantom }, _bed) {
      const creator = 'Philips PET Private Group';
      const suvFactor = phantom.truth.dose.suvFactor * PHILIPS_ACTIVITY_FACTOR;
      dataset.setPrivate(0x7053, creator, 0x00, 'DS', String(Number(suvFactor.toPrecision(9))));
      dataset.setPrivate(0x7053, creator, 0x09, 'DS', String(PHILIPS_ACTIVITY_FACTOR));
    },
  },
};
