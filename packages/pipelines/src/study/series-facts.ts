import { suvFactors } from '@photopeak/analysis';
import { dateTimeOf, petAcquisition, planSeriesGrid, type Series } from '@photopeak/dicom';
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
  const { grid, refusal } = planSeriesGrid(series);
  if (grid === undefined) {
    const found = refusal?.found === undefined ? '' : ` (${refusal.found})`;
    return { reason: `${refusal?.code ?? 'SERIES_NOT_A_VOLUME'}: ${refusal?.message ?? 'no grid'}${found}` };
  }
  const { direction, spacingMm, size } = grid;
  const positions = series.slices.flatMap(({ position }) => (position === undefined ? [] : [position]));
  const heights = positions.map((position) => position[2]);
  return {
    slices: size[2],
    normal: [direction[2], direction[5], direction[8]],
    headFeetMm: [
      heights.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      heights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    ],
    sliceSpacingMm: spacingMm[2],
    pixelSpacingMm: spacingMm[0],
  };
}
