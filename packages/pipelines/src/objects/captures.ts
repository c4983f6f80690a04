import { buildSecondaryCapture, dcm } from '@photopeak/dicom';
import type { Picture } from '../captures/index.ts';
import { type Finished, finish } from './finish.ts';
import { algorithmOf, contextOf, type Identity, type OutputSeries } from './identity.ts';
import type { Source } from './source.ts';

/** One secondary capture with the pictures as its frames. */
export function picturesObject(
  identity: Identity,
  { output, series, shows }: { output: string; series: OutputSeries; shows: 'planes' | 'projections' },
  source: Source,
  pictures: readonly Picture[],
): Finished {
  const isProjection = shows === 'projections';
  const dataset = buildSecondaryCapture({
    context: contextOf(identity, output, series, source.images.header, [
      algorithmOf(identity, identity.pipeline.name, []),
    ]),
    pictures: pictures.map(({ width, height, data }) => ({ columns: width, rows: height, rgb: data })),
    burnedInAnnotation: false,
    derivations: [isProjection ? dcm.maximumIntensityProjection : dcm.multiplanarReformatting],
    derivationDescription: isProjection
      ? 'Maximum intensity projections with outlines'
      : 'Fused planes through each finding',
  });
  return finish(output, `${output}.dcm`, dataset, source.images.header);
}
