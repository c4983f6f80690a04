import { buildSecondaryCapture, dcm } from '@photopeak/dicom';
import type { Picture } from '../../captures/index.ts';
import { algorithmOf, type Finished, finish, type Identity, type Source } from '../../objects/index.ts';
import { type HeartOutput, heartContext } from './series.ts';

/** A picture as secondary capture. */
export function heartCapture(
  identity: Identity,
  output: Extract<HeartOutput, 'polar-maps' | 'slices'>,
  source: Source,
  { width, height, data }: Picture,
): Finished {
  const { header, slices } = source.images;
  const dataset = buildSecondaryCapture({
    context: heartContext(identity, output, header, [algorithmOf(identity, identity.pipeline.name, [])]),
    pictures: [{ columns: width, rows: height, rgb: data }],
    burnedInAnnotation: false,
    sources: slices.slice(0, 1).map(({ reference }) => reference),
    derivations: [output === 'slices' ? dcm.multiplanarReformatting : dcm.spatialResampling],
    derivationDescription:
      output === 'slices' ? 'Short and long axes of the left ventricle' : 'Polar maps of the left ventricle',
  });
  return finish(output, `${output}.dcm`, dataset, header);
}
