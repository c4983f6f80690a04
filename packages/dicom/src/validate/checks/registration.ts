import { type Dataset, UID } from '../../data/index.ts';
import { isRigid, matrixShape } from '../../objects/spatial-registration/matrix.ts';
import type { Report } from '../problem.ts';

const SECTION = 'PS3.3 C.20.2.1 Registration';
const SHAPE_TOLERANCE = 1e-3;

function checkMatrix(item: Dataset, where: string, report: Report): void {
  const values = item.numbers('FrameOfReferenceTransformationMatrix');
  const type = item.text('FrameOfReferenceTransformationMatrixType');
  const invalid = (message: string) =>
    report({
      code: 'GEOMETRY_INVALID',
      where: `${where}.FrameOfReferenceTransformationMatrix`,
      message,
      section: SECTION,
    });
  if (values.length !== 16 || !values.every(Number.isFinite)) {
    invalid('must be 16 numbers');
    return;
  }
  if (values.slice(12).some((value, index) => value !== [0, 0, 0, 1][index]))
    invalid('the last row must be 0 0 0 1');
  const { scales, skew, determinant } = matrixShape(values);
  if (Math.abs(determinant) < SHAPE_TOLERANCE) invalid('the matrix cannot be inverted');
  if (type === 'RIGID' && !isRigid(values)) invalid('a RIGID matrix must be a rotation and a translation');
  if (type === 'RIGID_SCALE' && skew > SHAPE_TOLERANCE) {
    invalid(
      `a RIGID_SCALE matrix must have orthogonal columns, lengths ${scales.map((scale) => scale.toFixed(3))}`,
    );
  }
}

/** Every matrix is what its type says; a deformation grid holds as many vectors as its size. */
export function checkRegistration(object: Dataset, report: Report): void {
  if (object.text('SOPClassUID') === UID.SpatialRegistrationStorage) checkRigid(object, report);
  else checkDeformable(object, report);
}

function checkRigid(object: Dataset, report: Report): void {
  const items = object.items('RegistrationSequence');
  for (const [index, item] of items.entries()) {
    for (const [at, registration] of item.items('MatrixRegistrationSequence').entries()) {
      for (const [step, matrix] of registration.items('MatrixSequence').entries()) {
        const path = `RegistrationSequence[${index + 1}].MatrixRegistrationSequence[${at + 1}].MatrixSequence[${step + 1}]`;
        checkMatrix(matrix, path, report);
      }
    }
  }
  if (items.length < 2) {
    report({
      code: 'IMAGE_RULE',
      severity: 'warning',
      where: 'RegistrationSequence',
      message: 'names one side only; most readers expect the fixed images with the identity as well',
      section: SECTION,
    });
  }
}

function checkDeformable(object: Dataset, report: Report): void {
  for (const [index, item] of object.items('DeformableRegistrationSequence').entries()) {
    const path = `DeformableRegistrationSequence[${index + 1}]`;
    for (const keyword of [
      'PreDeformationMatrixRegistrationSequence',
      'PostDeformationMatrixRegistrationSequence',
    ] as const) {
      for (const matrix of item.items(keyword)) checkMatrix(matrix, `${path}.${keyword}[1]`, report);
    }
    const grid = item.item('DeformableRegistrationGridSequence');
    if (grid === undefined) continue;
    const cells = grid.numbers('GridDimensions').reduce((product, size) => product * size, 1);
    if (grid.bytes('VectorGridData')?.length !== cells * 12) {
      report({
        code: 'GEOMETRY_INVALID',
        where: `${path}.DeformableRegistrationGridSequence[1].VectorGridData`,
        message: 'must hold three floats for each cell of the grid',
        section: 'PS3.3 C.20.3.1.3',
      });
    }
  }
}
