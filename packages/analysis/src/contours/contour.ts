import type { Vec3 } from '@photopeak/imaging';

/** A planar polygon in space. */
export interface PlanarContour {
  /**
   * Contour Geometric Type of DICOM (3006,0042), PS3.3 C.8.8.6.1; absent: CLOSED_PLANAR. Points and open contours
   * enclose nothing.
   */
  readonly type?: string;
  /** LPS mm, x y z triples; the first point is not repeated at the end. */
  readonly points: Float64Array;
}

/** A closed contour on a slice of a grid. */
export interface SliceContour extends PlanarContour {
  /** Slice k of the grid. */
  readonly slice: number;
  /** The inside of a hole does not belong to the region. */
  readonly isHole: boolean;
}

export const isClosed = ({ type }: PlanarContour): boolean =>
  type === undefined || type === 'CLOSED_PLANAR' || type === 'CLOSEDPLANAR_XOR';

export const pointOf = (points: Float64Array, index: number): Vec3 => [
  points[3 * index]!,
  points[3 * index + 1]!,
  points[3 * index + 2]!,
];
