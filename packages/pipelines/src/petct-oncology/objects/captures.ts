import { buildSecondaryCapture, dcm } from '@photopeak/dicom';
import type { Picture } from '../../captures/index.ts';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import { algorithmOf, type DicomOutput, type Identity, objectContext } from './context.ts';

/** One secondary capture with the pictures as its frames. */
export function captureObject(
  identity: Identity,
  output: Extract<DicomOutput, 'captures' | 'mip-capture'>,
  source: Source,
  pictures: readonly Picture[],
): Finished {
  const isMip = output === 'mip-capture';
  const dataset = buildSecondaryCapture({
    context: objectContext(identity, output, source.images.header, [
      algorithmOf(identity, identity.pipeline.name, []),
    ]),
    pictures: pictures.map(({ width, height, data }) => ({ columns: width, rows: height, rgb: data })),
    burnedInAnnotation: false,
    derivations: [isMip ? dcm.maximumIntensityProjection : dcm.multiplanarReformatting],
    derivationDescription: isMip
      ? 'Maximum intensity projections with outlines'
      : 'Fused planes through each finding',
  });
  return finish(output, `${output}.dcm`, dataset, source.images.header);
}
