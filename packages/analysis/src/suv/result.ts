/**
 * `bw` body weight; `lbm` lean body mass by James (128); `lbmJames120` its variant with 120 (DICOM's SUVlbm,
 * 126402); `lbmJanmahasatian`; `bsa` body surface area in cm²/ml; `ibw` ideal body weight. All others g/ml.
 */
export type SuvKind = 'bw' | 'lbm' | 'lbmJames120' | 'lbmJanmahasatian' | 'bsa' | 'ibw';

export const SUV_KINDS: readonly SuvKind[] = ['bw', 'lbm', 'lbmJames120', 'lbmJanmahasatian', 'bsa', 'ibw'];

export interface SuvFactors {
  readonly status: 'ok';
  /** SUV of each kind per rescaled stored value (stored · slope + intercept) of the first slice. */
  readonly factors: Partial<Record<SuvKind, number>>;
  /** Why a kind is absent from `factors`. */
  readonly refusedKinds: Partial<Record<SuvKind, string>>;
  /** SUVbw per rescaled stored value of each slice, in the order of the header's slices. */
  readonly bwPerSlice: Float64Array;
  /** The slices do not share one factor. */
  readonly perSlice: boolean;
  readonly units: string;
  readonly decayCorrection: string;
  readonly patientWeightKg: number | null;
  readonly injectedActivityBq: number | null;
  readonly uptakeMinutes: number | null;
  /** The arithmetic, one line per step. */
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
  /** False where a warning touches the factor itself. */
  readonly confident: boolean;
}

export interface SuvRefusal {
  readonly status: 'refused';
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
}

export type SuvResult = SuvFactors | SuvRefusal;
