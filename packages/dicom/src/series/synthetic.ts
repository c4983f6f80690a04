import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Vec3 } from '@photopeak/imaging';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { uidFrom } from '../uid/index.ts';
import { writePart10 } from '../write/index.ts';
import { along, cross } from './vector.ts';

/** A series for tests: the stored value of each voxel is a function of its LPS position, so that any order shows. */
export interface SyntheticSeries {
  readonly orientation: readonly [Vec3, Vec3];
  readonly origin?: Vec3;
  readonly columns?: number;
  readonly rows?: number;
  readonly slices?: number;
  readonly spacing?: readonly [betweenRows: number, betweenColumns: number];
  readonly sliceDistance?: number;
  /** Attributes of one slice; `undefined` as a whole leaves the slice out. */
  readonly slice?: (index: number) => DatasetValues | undefined;
  readonly common?: DatasetValues;
  readonly name?: string;
}

export const AXIAL: readonly [Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
];

/** What every voxel at `p` holds. */
export function fieldAt(p: Vec3): number {
  return Math.round(p[0] * 1.5 - p[1] * 2 + p[2] * 3);
}

export function slicePosition(series: SyntheticSeries, index: number): Vec3 {
  const normal = cross(series.orientation[0], series.orientation[1]);
  return along(series.origin ?? [-20, -10, 5], normal, index * (series.sliceDistance ?? 3));
}

export function syntheticSlices(series: SyntheticSeries): Dataset[] {
  const { columns = 7, rows = 5, slices = 6, spacing = [2, 1.5], name = 'series' } = series;
  const datasets: Dataset[] = [];
  for (let index = 0; index < slices; index++) {
    const own = series.slice === undefined ? {} : series.slice(index);
    if (own === undefined) continue;
    const position = (own.ImagePositionPatient as Vec3 | undefined) ?? slicePosition(series, index);
    const pixels = new Int16Array(columns * rows);
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const row = along(position, series.orientation[0], i * spacing[1]);
        pixels[j * columns + i] = fieldAt(along(row, series.orientation[1], j * spacing[0]));
      }
    }
    datasets.push(
      Dataset.of({
        SOPClassUID: UID.CTImageStorage,
        SOPInstanceUID: uidFrom(name, String(index), String(datasets.length)),
        StudyInstanceUID: uidFrom('study'),
        SeriesInstanceUID: uidFrom(name),
        FrameOfReferenceUID: uidFrom('frame'),
        Modality: 'CT',
        ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        InstanceNumber: index + 1,
        SeriesNumber: 1,
        Rows: rows,
        Columns: columns,
        PixelSpacing: [...spacing],
        ImageOrientationPatient: [...series.orientation[0], ...series.orientation[1]],
        ImagePositionPatient: [...position],
        SamplesPerPixel: 1,
        PhotometricInterpretation: 'MONOCHROME2',
        BitsAllocated: 16,
        BitsStored: 16,
        HighBit: 15,
        PixelRepresentation: 1,
        RescaleSlope: 1,
        RescaleIntercept: 0,
        PixelData: pixels,
        ...series.common,
        ...own,
      }),
    );
  }
  return datasets;
}

/** Writes files in an order and with names that say nothing about their places. */
export function writeFiles(folder: string, datasets: readonly Dataset[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, dataset] of datasets.entries()) {
    const name = `${((index * 7919) % 997).toString(16).padStart(4, '0')}-${index}.dcm`;
    writeFileSync(path.join(folder, name), writePart10({ dataset }));
  }
}
