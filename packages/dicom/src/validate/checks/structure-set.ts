import type { Dataset } from '../../data/index.ts';
import type { Report } from '../problem.ts';

const SECTION = 'PS3.3 C.8.8.6 ROI Contour';
/** Contours whose points leave their plane by more than this are not planar. */
const FLAT_MM = 0.05;

/** Numbers of regions agree between the sequences; contours have the points that they declare and lie in one plane. */
export function checkStructureSet(object: Dataset, report: Report): void {
  const numbers = new Set<number | undefined>();
  for (const [index, item] of object.items('StructureSetROISequence').entries()) {
    const number = item.number('ROINumber');
    if (numbers.has(number)) {
      report({
        code: 'VALUE_MALFORMED',
        where: `StructureSetROISequence[${index + 1}].ROINumber`,
        message: 'must be unique in the structure set',
        section: 'PS3.3 C.8.8.5 Structure Set',
      });
    }
    numbers.add(number);
  }
  for (const sequence of ['ROIContourSequence', 'RTROIObservationsSequence'] as const) {
    for (const [index, item] of object.items(sequence).entries()) {
      if (numbers.has(item.number('ReferencedROINumber'))) continue;
      report({
        code: 'REFERENCE_UNLISTED',
        where: `${sequence}[${index + 1}].ReferencedROINumber`,
        message: 'names no region of the structure set',
        section: SECTION,
      });
    }
  }
  for (const [index, item] of object.items('ROIContourSequence').entries()) {
    const kinds = new Set<string>();
    for (const [at, contour] of item.items('ContourSequence').entries()) {
      const where = `ROIContourSequence[${index + 1}].ContourSequence[${at + 1}]`;
      checkContour(contour, where, report);
      kinds.add(contour.text('ContourGeometricType') ?? '');
    }
    if (kinds.has('CLOSEDPLANAR_XOR') && kinds.size > 1) {
      report({
        code: 'VALUE_NOT_ENUMERATED',
        where: `ROIContourSequence[${index + 1}].ContourSequence`,
        message: 'must hold CLOSEDPLANAR_XOR contours only where it holds one',
        section: 'PS3.3 C.8.8.6.3',
      });
    }
  }
}

function checkContour(contour: Dataset, where: string, report: Report): void {
  const type = contour.text('ContourGeometricType') ?? '';
  const points = contour.numbers('ContourData');
  const invalid = (message: string) =>
    report({ code: 'GEOMETRY_INVALID', where: `${where}.ContourData`, message, section: SECTION });
  if (
    points.length !== 3 * (contour.number('NumberOfContourPoints') ?? 0) ||
    !points.every(Number.isFinite)
  ) {
    invalid('must hold three numbers for each of Number of Contour Points');
    return;
  }
  if (type.startsWith('CLOSED') && points.length < 9) invalid('a closed contour needs three points');
  else if (type !== 'OPEN_NONPLANAR' && thickness(points) > FLAT_MM)
    invalid('the points must lie in one plane');
}

/** Largest distance of a point from the plane through the middle along the vector area; 0 where there is none. */
function thickness(points: readonly number[]): number {
  const count = points.length / 3;
  const middle = [0, 0, 0];
  for (let n = 0; n < points.length; n++) middle[n % 3]! += points[n]! / count;
  const normal = [0, 0, 0];
  for (let n = 0; n < count; n++) {
    const m = (n + 1) % count;
    const a = [0, 1, 2].map((axis) => points[3 * n + axis]! - middle[axis]!) as [number, number, number];
    const b = [0, 1, 2].map((axis) => points[3 * m + axis]! - middle[axis]!) as [number, number, number];
    normal[0]! += a[1] * b[2] - a[2] * b[1];
    normal[1]! += a[2] * b[0] - a[0] * b[2];
    normal[2]! += a[0] * b[1] - a[1] * b[0];
  }
  const length = Math.hypot(...normal);
  if (length === 0) return 0;
  let most = 0;
  for (let n = 0; n < count; n++) {
    let distance = 0;
    for (let axis = 0; axis < 3; axis++)
      distance += ((points[3 * n + axis]! - middle[axis]!) * normal[axis]!) / length;
    most = Math.max(most, Math.abs(distance));
  }
  return most;
}
