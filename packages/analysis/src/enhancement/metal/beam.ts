import type { Grid, ProjectionGeometry } from '@photopeak/imaging';
import { evenAngles, parallelBeam } from '../../reconstruction/index.ts';

/** Views of the beam that an image is projected into: per pixel of its side. */
const VIEWS_PER_PIXEL = 1.6;

/** The parallel beam that slices are projected into: a row for each, wide enough for their corners. */
export function beamFor({ size, spacingMm }: Grid): ProjectionGeometry {
  const side = Math.max(size[0], size[1]);
  const pixelMm = Math.min(spacingMm[0], spacingMm[1]);
  const columns = Math.ceil(Math.hypot(size[0] * spacingMm[0], size[1] * spacingMm[1]) / pixelMm) + 2;
  return parallelBeam({
    anglesRad: evenAngles(Math.ceil(VIEWS_PER_PIXEL * side), Math.PI),
    detectorSize: [columns, size[2]],
    pixelMm: [pixelMm, spacingMm[2]],
  });
}
