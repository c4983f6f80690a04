import {
  type DisplacementField,
  type Grid,
  type Mat3,
  type Mat4,
  resample,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';

interface PlaneDefinition {
  /** Unit vectors in LPS: to the right of the picture, down the picture, into the picture. */
  readonly right: Vec3;
  readonly down: Vec3;
  readonly away: Vec3;
  /** Letters at left, right, top and bottom. */
  readonly letters: readonly [string, string, string, string];
}

/** Radiological convention: the patient's right is on the left of axial and coronal pictures. */
export const PLANES: Record<PlaneName, PlaneDefinition> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0], away: [0, 0, -1], letters: ['R', 'L', 'A', 'P'] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1], away: [0, 1, 0], letters: ['R', 'L', 'H', 'F'] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1], away: [1, 0, 0], letters: ['A', 'P', 'H', 'F'] },
};

/** A grid of one slice: `pixels`² pixels of `pixelMm` around `centre`. */
export function planeGrid(name: PlaneName, centre: Vec3, pixels: number, pixelMm: number): Grid {
  const { right, down, away } = PLANES[name];
  const half = ((pixels - 1) / 2) * pixelMm;
  const origin = centre.map(
    (c, axis) => c - half * ((right[axis] ?? 0) + (down[axis] ?? 0)),
  ) as unknown as Vec3;
  const direction = [0, 1, 2].flatMap((axis) => [
    right[axis] ?? 0,
    down[axis] ?? 0,
    away[axis] ?? 0,
  ]) as unknown as Mat3;
  return { size: [pixels, pixels, 1], spacingMm: [pixelMm, pixelMm, pixelMm], origin, direction };
}

/** The values of a volume on a plane; `transform` maps the plane's space to the volume's, after `field`. */
export async function sampleOnPlane(
  volume: Volume,
  grid: Grid,
  options: {
    readonly outside: number;
    readonly isLabel?: boolean;
    readonly transform?: Mat4;
    readonly field?: DisplacementField;
  },
): Promise<Float32Array> {
  const plane = await resample(volume as Volume<Float32Array>, {
    grid,
    interpolation: options.isLabel === true ? 'nearest' : 'linear',
    outside: options.outside,
    type: 'float32',
    ...(options.transform === undefined ? {} : { transform: options.transform }),
    ...(options.field === undefined ? {} : { field: options.field }),
  });
  return plane.data;
}
