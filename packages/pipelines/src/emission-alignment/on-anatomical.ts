import { type Deformation, toFixed } from '@photopeak/analysis';
import { type Mat4, transformPoint, type Vec3 } from '@photopeak/imaging';

/**
 * Where the anatomical image shows what lies at a point of the emission image: by the matrix, or by the deformation where one
 * is used beyond it. LPS mm.
 */
export const onAnatomical = (point: Vec3, matrix: Mat4, deformation: Deformation | undefined): Vec3 =>
  deformation === undefined ? transformPoint(matrix, point) : toFixed(deformation, [point])[0]!;
