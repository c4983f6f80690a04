import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, parsePart10, uidFrom, writePart10 } from '@photopeak/dicom';
import type { Vec3 } from '@photopeak/imaging';

interface Slice {
  readonly file: string;
  readonly dataset: Dataset;
  readonly z: number;
}

/** Where a voxel of the finer axis lies on the coarser one: the nearest below. */
const source = (n: number, fine: number, coarse: number) => Math.floor((n * coarse) / fine);

/**
 * Writes an axial series of single slices of 16 bits again on finer voxels over the same field of view: each voxel is divided,
 * none is interpolated. Only for measuring time and memory.
 */
export async function enlargeSeries(from: string, to: string, size: Vec3): Promise<void> {
  const slices: Slice[] = [];
  for (const name of await readdir(from)) {
    const { dataset } = parsePart10(await readFile(path.join(from, name)));
    slices.push({ file: name, dataset, z: dataset.numbers('ImagePositionPatient')[2]! });
  }
  slices.sort((a, b) => a.z - b.z);
  const [first, last] = [slices[0]!, slices.at(-1)!];
  const gapMm = (last.z - first.z) / (slices.length - 1);
  const [columns, rows, count] = size;
  const finerGapMm = (gapMm * slices.length) / count;
  await mkdir(to, { recursive: true });
  let before = -1;
  let pixels: Uint8Array = new Uint8Array();
  for (let k = 0; k < count; k++) {
    const at = source(k, count, slices.length);
    const { dataset } = slices[at]!;
    if (at !== before) pixels = divided(slices[at]!.dataset, columns, rows);
    before = at;
    const [sx, sy] = [dataset.number('Columns')! / columns, dataset.number('Rows')! / rows];
    const [row, column] = dataset.numbers('PixelSpacing') as [number, number];
    const [x, y] = dataset.numbers('ImagePositionPatient') as [number, number];
    // The centre of the first of the smaller voxels in the corner of the larger one.
    const corner = (mm: number, spacing: number, share: number) => mm - (spacing * (1 - share)) / 2;
    const z = first.z - gapMm / 2 + finerGapMm * (k + 0.5);
    const copy = parsePart10(writePart10({ dataset })).dataset;
    const fixed = (mm: number) => mm.toFixed(5);
    copy
      .set('SOPInstanceUID', uidFrom('enlarged', dataset.text('SeriesInstanceUID')!, String(k)))
      .set('InstanceNumber', k + 1)
      .set('Rows', rows)
      .set('Columns', columns)
      .set('PixelSpacing', [fixed(row * sy), fixed(column * sx)])
      .set('SliceThickness', fixed(finerGapMm))
      .set('ImagePositionPatient', [fixed(corner(x, column, sx)), fixed(corner(y, row, sy)), fixed(z)])
      .set('PixelData', pixels, 'OW');
    if (copy.has('SliceLocation')) copy.set('SliceLocation', fixed(z));
    if (copy.has('NumberOfSlices')) copy.set('NumberOfSlices', count);
    if (copy.has('ImageIndex')) copy.set('ImageIndex', count - k);
    await writeFile(path.join(to, `${String(k + 1).padStart(4, '0')}.dcm`), writePart10({ dataset: copy }));
  }
}

function divided(dataset: Dataset, columns: number, rows: number): Uint8Array {
  const [nx, ny] = [dataset.number('Columns')!, dataset.number('Rows')!];
  const bytes = dataset.bytes('PixelData')!;
  const values = new Uint16Array(bytes.slice(0, 2 * nx * ny).buffer);
  const out = new Uint16Array(columns * rows);
  for (let j = 0, index = 0; j < rows; j++) {
    const row = nx * source(j, rows, ny);
    for (let i = 0; i < columns; i++) out[index++] = values[row + source(i, columns, nx)]!;
  }
  return new Uint8Array(out.buffer);
}
