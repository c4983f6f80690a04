import type { Grid, ProjectionGeometry } from '@photopeak/imaging';

export interface BeamOptions {
  /** Of the views, in their order (`evenAngles`). */
  readonly anglesRad: readonly number[];
  /** Pixels along u (across the axis of rotation) and v (along it). */
  readonly detectorSize: readonly [number, number];
  readonly pixelMm: readonly [number, number];
  /** From the foot of the central ray to the centre of the detector, mm on the detector. */
  readonly detectorOffsetMm?: readonly [number, number];
}

export interface DivergingBeamOptions extends BeamOptions {
  /** Source to axis, mm. */
  readonly sourceToAxisMm: number;
  /** Source to detector, mm. */
  readonly sourceToDetectorMm: number;
  readonly shape?: 'flat' | 'arc';
  /** Advance along the axis for each turn of 2π, mm. */
  readonly pitchMm?: number;
}

/** `count` angles from `startRad` on that share `arcRad` evenly; the end of the arc is not one of them. */
export function evenAngles(count: number, arcRad = 2 * Math.PI, startRad = 0): number[] {
  return Array.from({ length: count }, (_, n) => startRad + (n * arcRad) / count);
}

function firstPixel({ detectorSize, pixelMm, detectorOffsetMm = [0, 0] }: BeamOptions) {
  return [0, 1].map(
    (axis) => detectorOffsetMm[axis]! - ((detectorSize[axis]! - 1) / 2) * pixelMm[axis]!,
  ) as unknown as readonly [number, number];
}

function beam(
  options: BeamOptions & Partial<DivergingBeamOptions>,
  shape: ProjectionGeometry['shape'],
  divergesAlongAxis: boolean,
): ProjectionGeometry {
  const {
    anglesRad,
    detectorSize,
    pixelMm,
    sourceToAxisMm = 0,
    sourceToDetectorMm = 0,
    pitchMm = 0,
  } = options;
  const firstPixelMm = firstPixel(options);
  return {
    shape,
    divergesAlongAxis,
    detectorSize,
    pixelMm,
    views: anglesRad.map((angleRad) => ({
      angleRad,
      sourceToAxisMm,
      sourceToDetectorMm,
      firstPixelMm,
      sourceZMm: (pitchMm * (angleRad - anglesRad[0]!)) / (2 * Math.PI),
    })),
  };
}

/** Parallel beams; the rows of the detector are slices. */
export function parallelBeam(options: BeamOptions): ProjectionGeometry {
  return beam(options, 'parallel', false);
}

/** Fans, flat or arc; the rows of the detector are slices, at their own distance on the axis. */
export function fanBeam(options: DivergingBeamOptions): ProjectionGeometry {
  return beam(options, options.shape ?? 'flat', false);
}

/** Cones onto a detector of many rows, flat unless told otherwise. */
export function coneBeam(options: DivergingBeamOptions): ProjectionGeometry {
  return beam(options, options.shape ?? 'flat', true);
}

/** Voxels around the axis of rotation; `centerMm` is the middle of the grid. */
export function centeredGrid(
  size: Grid['size'],
  spacingMm: Grid['spacingMm'],
  centerMm: Grid['origin'] = [0, 0, 0],
): Grid {
  const origin = centerMm.map(
    (middle, axis) => middle - ((size[axis]! - 1) / 2) * spacingMm[axis]!,
  ) as unknown as Grid['origin'];
  return { size, spacingMm, origin, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
}
