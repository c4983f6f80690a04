import type { Code, Rgb } from '../../codes/index.ts';

/** Contour Geometric Type (3006,0042), PS3.3 C.8.8.6.1. */
export type ContourType =
  | 'POINT'
  | 'OPEN_PLANAR'
  | 'OPEN_NONPLANAR'
  | 'CLOSED_PLANAR'
  | 'CLOSEDPLANAR_XOR'
  | (string & {});

export interface Contour {
  readonly type: ContourType;
  /** LPS mm, x y z triples; the first point is not repeated at the end. */
  readonly points: Float64Array;
  /** SOP Instance UIDs of the images the contour was drawn on. */
  readonly images: readonly string[];
}

/** One region of interest of an RT Structure Set. */
export interface StructureRoi {
  readonly number: number;
  readonly name: string;
  readonly frameOfReferenceUid?: string;
  readonly colour?: Rgb;
  /** AUTOMATIC, SEMIAUTOMATIC, MANUAL. */
  readonly generationAlgorithm?: string;
  /** RT ROI Interpreted Type, such as GTV, PTV, ORGAN. */
  readonly interpretedType?: string;
  readonly code?: Code;
  readonly contours: readonly Contour[];
}

export interface StructureSet {
  readonly label: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly frameOfReferenceUids: readonly string[];
  /** Series the contours were drawn on. */
  readonly seriesInstanceUids: readonly string[];
  readonly rois: readonly StructureRoi[];
  /** Irregularities that did not stop the reading, without patient data. */
  readonly findings: readonly string[];
}
