import type { Vec3 } from '@photopeak/imaging';

/** A place in normal tissue against which uptake is judged. */
export interface ReferenceRegion {
  readonly name: 'liver' | 'blood pool';
  /** Centre in the frame of the PET, LPS mm. */
  readonly center: Vec3;
  readonly shape:
    | { readonly kind: 'sphere'; readonly radiusMm: number }
    | { readonly kind: 'tube'; readonly radiusMm: number; readonly path: readonly Vec3[] };
  /** Mean and population standard deviation of SUV. */
  readonly mean: number;
  readonly sd: number;
  readonly meanHu: number;
  /** 0 … 1, a rule of thumb. */
  readonly confidence: number;
  /** Mean and evenness lie in the band of normal tissue; otherwise `findings` say what is off. */
  readonly withinBand: boolean;
  readonly findings: readonly string[];
}

export type RegionOutcome =
  | { readonly status: 'placed'; readonly region: ReferenceRegion }
  | { readonly status: 'refused'; readonly reason: string };

export function refused(reason: string): RegionOutcome {
  return { status: 'refused', reason };
}
