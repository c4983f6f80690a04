/**
 * What a PET (or quantitative SPECT) series says about dose, decay and units: attribute values as written, no
 * computation. Date-times are local ISO 8601 without zone (`2020-12-17T10:48:30.351370`), times of day `08:30:45`.
 * Source: PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.8.9.4 (PET Image).
 */
export interface PetSlice {
  readonly sopInstanceUid: string;
  /** Acquisition Date and Time (0008,0022) (0008,0032). */
  readonly acquisitionDateTime: string | null;
  /** Frame Reference Time (0054,1300). */
  readonly frameReferenceTimeMs: number | null;
  /** Actual Frame Duration (0018,1242). */
  readonly frameDurationMs: number | null;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  /** Decay Factor (0054,1321). */
  readonly decayFactor: number | null;
  /** Philips SUV scale factor (7053,xx00). */
  readonly philipsSuvFactor: number | null;
  /** Philips activity concentration scale factor (7053,xx09). */
  readonly philipsActivityFactor: number | null;
}

export interface PetHeader {
  readonly manufacturer: string | null;
  /** Units (0054,1001). */
  readonly units: string | null;
  /** SUV Type (0054,1006). */
  readonly suvType: string | null;
  /** Decay Correction (0054,1102). */
  readonly decayCorrection: string | null;
  /** Corrected Image (0028,0051). */
  readonly correctedImage: readonly string[];
  /** Series Date and Time (0008,0021) (0008,0031). */
  readonly seriesDateTime: string | null;
  /** GE scan date-time (0009,xx0D) of the private creator GEMS_PETD_01. */
  readonly gePrivateScanDateTime: string | null;
  readonly patientWeightKg: number | null;
  readonly patientSizeM: number | null;
  /** Patient's Sex (0010,0040): M, F, O or absent. */
  readonly patientSex: string | null;
  /** Radionuclide Total Dose (0018,1074), as written. */
  readonly radionuclideTotalDose: number | null;
  /** Radionuclide Half Life (0018,1075), as written. */
  readonly radionuclideHalfLifeS: number | null;
  /** Radiopharmaceutical Start DateTime (0018,1078). */
  readonly injectionDateTime: string | null;
  /** Radiopharmaceutical Start Time (0018,1072), time of day only. */
  readonly injectionTime: string | null;
  /** Code value and meaning of the Radionuclide Code Sequence (0054,0300). */
  readonly radionuclideCode: string | null;
  readonly radionuclideMeaning: string | null;
  readonly slices: readonly PetSlice[];
}
