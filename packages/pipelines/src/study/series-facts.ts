import { suvFactors } from '@photopeak/analysis';
import { dateTimeOf, petAcquisition, type Series } from '@photopeak/dicom';
import type { Vec3 } from '@photopeak/imaging';
import type { PetFacts, SeriesFacts, VolumeFacts } from '../pairing/index.ts';
import { isOwnResult } from './product.ts';

/** What a series is, from its headers alone: no pixels are read. */
export function seriesFacts(series: Series): SeriesFacts {
  const header = series.instances[0]?.dataset;
  const stack = series.stack === undefined ? '' : ` (${series.stack})`;
  return {
    seriesInstanceUid: series.seriesInstanceUid,
    seriesNumber: series.seriesNumber ?? null,
    modality: series.modality,
    description: `${series.description ?? ''}${stack}`,
    instanceCount: series.instances.length,
    frameOfReferenceUid: series.frameOfReferenceUid ?? null,
    imageType: header?.texts('ImageType') ?? [],
    acquiredAt:
      header === undefined ? null : (dateTimeOf(header, 'AcquisitionDate', 'AcquisitionTime') ?? null),
    volume: volumeFacts(series),
    pet: petFacts(series),
    kernel: header?.text('ConvolutionKernel') ?? null,
    isOwnResult: header !== undefined && isOwnResult(header),
  };
}

function petFacts(series: Series): PetFacts | null {
  if (series.modality !== 'PT' || series.kind !== 'volume') return null;
  const header = petAcquisition(series);
  const result = suvFactors(header);
  return {
    units: header.units ?? '',
    correctedImage: header.correctedImage,
    seriesType: series.instances[0]?.dataset.texts('SeriesType').join(' ') ?? '',
    suv: result.status === 'ok' ? 'computable' : { reason: result.reason },
  };
}

function volumeFacts(series: Series): VolumeFacts | { readonly reason: string } {
  if (series.kind !== 'volume') return { reason: `not a volume: ${series.reason}` };
  const first = series.slices.find((slice) => slice.orientation !== undefined);
  const orientation = first?.orientation;
  if (first === undefined || orientation === undefined) return { reason: 'not a volume: no orientation' };
  const [row, column] = orientation;
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const positions = series.slices.flatMap(({ position }) => (position === undefined ? [] : [position]));
  const heights = positions.map((position) => position[2]);
  const along = positions
    .map((position) => position[0] * normal[0] + position[1] * normal[1] + position[2] * normal[2])
    .sort((a, b) => a - b);
  const steps = along.slice(1).map((value, index) => value - (along[index] ?? value));
  const middle = steps.sort((a, b) => a - b)[steps.length >> 1];
  return {
    slices: positions.length,
    normal,
    headFeetMm: [
      heights.reduce((a, b) => Math.min(a, b), Infinity),
      heights.reduce((a, b) => Math.max(a, b), -Infinity),
    ],
    sliceSpacingMm: middle ?? first.sliceThickness ?? 0,
    pixelSpacingMm: first.pixelSpacing?.[1] ?? 0,
  };
}
