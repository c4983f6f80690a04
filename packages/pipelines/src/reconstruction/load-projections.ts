import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type BeamOptions,
  coneBeam,
  correctScatter,
  correctWater,
  evenAngles,
  fanBeam,
  findRotationCenter,
  lineIntegrals,
  parallelBeam,
  type RotationCenter,
  suppressRings,
} from '@photopeak/analysis';
import { PhotopeakError, type Projections } from '@photopeak/imaging';
import type { ReconstructionGeometry } from './geometry-file.ts';
import { openStack, type RawLayout, type Stack, type StackFile } from './stack.ts';

export interface LoadedProjections {
  readonly projections: Projections;
  /** Found, where the geometry asked for it. */
  readonly center?: RotationCenter;
}

const DEGREE = Math.PI / 180;

function mismatch(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('projections and geometry do not fit together', {
    code: 'RECONSTRUCTION_MISMATCH',
    expected,
    found,
    remedy: 'check axes, size and angles of the geometry',
  });
}

/** Reads and corrects projections: what the reconstruction starts from. `file` may be of any kind that `openStack` knows. */
export async function loadProjections(
  file: string,
  description: ReconstructionGeometry,
  folder: string,
): Promise<LoadedProjections> {
  const { data, detector, corrections } = description;
  const opened = await openStack(file, rawLayout(description));
  const views = ordered(opened.stack(data.dataset), data.axes);
  const [count, rows, columns] = views.shape as readonly [number, number, number];
  const [firstRow, lastRow] = detector.rows ?? [0, rows - 1];
  if (firstRow > lastRow || lastRow >= rows)
    throw mismatch(`rows within 0..${rows - 1}`, `${firstRow}..${lastRow}`);

  let values = views.data;
  if (data.kind === 'counts') {
    const field = (name: string | undefined) => openField(opened, name, folder);
    const white = await field(data.white);
    if (white === undefined) throw mismatch('data.white for counts', 'none');
    const dark = await field(data.dark);
    values = lineIntegrals({ detectorSize: [columns, rows], data: values, white, ...(dark ? { dark } : {}) });
  }
  const used = lastRow - firstRow + 1;
  if (used !== rows || detector.flipRows) {
    const part = new Float32Array(count * used * columns);
    for (let view = 0; view < count; view++) {
      for (let row = 0; row < used; row++) {
        const from = detector.flipRows ? lastRow - row : firstRow + row;
        const at = columns * (from + rows * view);
        part.set(values.subarray(at, at + columns), columns * (row + used * view));
      }
    }
    values = part;
  }

  const angles = await anglesOf(description, opened, count);
  const [offsetU, offsetV] = detector.offsetMm;
  // Rows that are left out move the middle of the others.
  const middle = (firstRow + lastRow - (rows - 1)) / 2;
  const shift = detector.flipRows ? -middle : middle;
  const beam = (columnOffsetMm: number) =>
    geometryOf(description, {
      anglesRad: angles,
      detectorSize: [columns, used],
      pixelMm: detector.pixelMm,
      detectorOffsetMm: [columnOffsetMm, offsetV + shift * detector.pixelMm[1]],
    });
  const offsetFor = (column: number) => ((columns - 1) / 2 - column) * detector.pixelMm[0];

  let projections: Projections = { geometry: beam(offsetU), data: values };
  if (corrections.ringWindow > 0)
    projections = suppressRings(projections, { window: corrections.ringWindow });
  let center: RotationCenter | undefined;
  if (description.centerOfRotation === 'auto') center = findRotationCenter(projections);
  const column = center?.column ?? description.centerOfRotation;
  if (typeof column === 'number') projections = { ...projections, geometry: beam(offsetFor(column)) };
  if (corrections.scatter !== undefined) projections = correctScatter(projections, corrections.scatter);
  if (corrections.water !== undefined) projections = correctWater(projections, corrections.water);
  return { projections, ...(center === undefined ? {} : { center }) };
}

function rawLayout({ data, detector, angles }: ReconstructionGeometry): RawLayout | undefined {
  if (detector.size === undefined || angles.degrees === undefined) return undefined;
  const length = { view: angles.degrees.length, row: detector.size[1], column: detector.size[0] };
  const shape = data.axes.map((axis) => length[axis]);
  return { shape, type: data.type, bigEndian: data.bigEndian, skipBytes: data.skipBytes };
}

/** The same numbers as view, row, column. */
function ordered(stack: Stack, axes: ReconstructionGeometry['data']['axes']): Stack {
  if (stack.complex) throw mismatch('real numbers', 'complex ones');
  let shape = stack.shape;
  let names: readonly string[] = axes;
  if (shape.length === 2) {
    // One row: the axis of rows is left out.
    names = axes.filter((axis) => axis !== 'row');
    shape = [...shape, 1];
    names = [...names, 'row'];
  }
  if (shape.length !== 3)
    throw mismatch('two or three axes', `${stack.shape.length} axes: ${stack.shape.join(' × ')}`);
  const strides = [shape[1]! * shape[2]!, shape[2]!, 1];
  const axis = (name: string) => names.indexOf(name);
  const [view, row, column] = ['view', 'row', 'column'].map(axis) as [number, number, number];
  const size = [shape[view]!, shape[row]!, shape[column]!] as const;
  if (view === 0 && row === 1) return { ...stack, shape: size };
  const data = new Float32Array(stack.data.length);
  let to = 0;
  for (let n = 0; n < size[0]; n++) {
    for (let v = 0; v < size[1]; v++) {
      const from = n * strides[view]! + v * strides[row]!;
      for (let u = 0; u < size[2]; u++) data[to++] = stack.data[from + u * strides[column]!]!;
    }
  }
  return { shape: size, data, complex: false };
}

/** A dark or white field: a dataset of the same file, or a file beside the geometry. */
async function openField(opened: StackFile, name: string | undefined, folder: string) {
  if (name === undefined) return undefined;
  if (opened.hdf5?.paths.includes(name)) return opened.stack(name).data;
  const file = path.resolve(folder, name);
  if (!existsSync(file))
    throw mismatch(`the dataset or file ${name}`, opened.hdf5?.paths.join(', ') ?? 'none');
  return (await openStack(file)).stack().data;
}

async function anglesOf(
  { angles }: ReconstructionGeometry,
  { hdf5 }: StackFile,
  count: number,
): Promise<number[]> {
  if (angles.dataset !== undefined) {
    if (hdf5 === undefined) throw mismatch('an HDF5 file with angles', 'another file');
    const values = Array.from(hdf5.dataset(angles.dataset).numbers());
    if (values.length !== count) throw mismatch(`${count} angles`, `${values.length}`);
    return values.map((value) => (angles.radians ? value : value * DEGREE));
  }
  if (angles.degrees !== undefined) {
    if (angles.degrees.length !== count) throw mismatch(`${count} angles`, `${angles.degrees.length}`);
    return angles.degrees.map((value) => value * DEGREE);
  }
  if (angles.arcDegrees === undefined) throw mismatch('angles as a list, a dataset or an arc', 'none');
  return evenAngles(count, angles.arcDegrees * DEGREE, angles.startDegrees * DEGREE);
}

function geometryOf(description: ReconstructionGeometry, options: BeamOptions): Projections['geometry'] {
  const { beam, detectorShape, sourceToAxisMm = 0, sourceToDetectorMm = 0, pitchMm } = description;
  if (beam === 'parallel') return parallelBeam(options);
  const diverging = { ...options, sourceToAxisMm, sourceToDetectorMm, shape: detectorShape, pitchMm };
  return beam === 'fan' ? fanBeam(diverging) : coneBeam(diverging);
}
