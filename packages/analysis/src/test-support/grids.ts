import type { Grid, Mat3, Vec3 } from '@photopeak/imaging';

const oblique: Mat3 = (() => {
  // Rows and columns turned about two axes: no component is zero.
  const [a, b] = [0.4, 0.25];
  const x: Vec3 = [Math.cos(a), Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b)];
  const y: Vec3 = [-Math.sin(a), Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b)];
  const z: Vec3 = [0, -Math.sin(b), Math.cos(b)];
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
})();

/** Direction matrices by name; columns are the axes of i, j, k. */
const orientations: Readonly<Record<'axial' | 'fromHead' | 'sagittal' | 'coronal' | 'oblique', Mat3>> = {
  axial: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  // slices from the head to the feet: mirrored
  fromHead: [1, 0, 0, 0, 1, 0, 0, 0, -1],
  // rows run to posterior, columns to the feet
  sagittal: [0, 0, 1, 1, 0, 0, 0, -1, 0],
  // rows run to the left, columns to the feet, slices to posterior
  coronal: [1, 0, 0, 0, 0, 1, 0, -1, 0],
  oblique,
};

export type OrientationName = keyof typeof orientations;
export const orientationNames = Object.keys(orientations) as readonly OrientationName[];

export function orientedGrid(
  orientation: OrientationName,
  size: Vec3,
  spacingMm: Vec3 = [1.5, 2.25, 3.27],
): Grid {
  return { size, spacingMm, origin: [-31.25, 17.5, -104.375], direction: orientations[orientation] };
}
