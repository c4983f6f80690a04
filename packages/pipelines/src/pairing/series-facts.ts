/** What the choice of a PET and its CT rests on: facts of one series, taken from its headers. */
export interface SeriesFacts {
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number | null;
  readonly modality: string;
  readonly description: string;
  readonly instanceCount: number;
  readonly frameOfReferenceUid: string | null;
  /** Image Type (0008,0008) of the first instance. */
  readonly imageType: readonly string[];
  /** Earliest acquisition, local ISO 8601. */
  readonly acquiredAt: string | null;
  /** The stack of slices as a volume, or why it is none. */
  readonly volume: VolumeFacts | { readonly reason: string };
  /** For PET only. */
  readonly pet: PetFacts | null;
  /** Convolution Kernel (0018,1210) of CT. */
  readonly kernel: string | null;
  /** The series was written by this product: a result, not an input. */
  readonly isOwnResult: boolean;
}

export interface VolumeFacts {
  readonly slices: number;
  /** Direction of the stack, unit vector in LPS. */
  readonly normal: readonly [number, number, number];
  /** Extent along the patient's head-feet axis in mm, as [lowest, highest] LPS z of slice centres. */
  readonly headFeetMm: readonly [number, number];
  readonly sliceSpacingMm: number;
  readonly pixelSpacingMm: number;
}

export interface PetFacts {
  readonly units: string;
  readonly correctedImage: readonly string[];
  /** Series Type (0054,1000), e.g. STATIC, WHOLE BODY, GATED, DYNAMIC. */
  readonly seriesType: string;
  /** SUV is computable, or the reason why it is not. */
  readonly suv: 'computable' | { readonly reason: string };
}

export function isVolume(facts: SeriesFacts): facts is SeriesFacts & { readonly volume: VolumeFacts } {
  return 'slices' in facts.volume;
}
