import { buildDerivedSeries, dcm } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { algorithmOf, type Finished, finish, type Identity, type Source } from '../../objects/index.ts';
import { type HeartOutput, heartContext } from './series.ts';

/** The tomogram turned to the short axis as a derived series of its own kind: one NM instance, or PET slices. */
export function shortAxisObjects(
  identity: Identity,
  output: Extract<HeartOutput, 'short-axis' | 'short-axis-stress' | 'short-axis-rest'>,
  source: Source,
  original: Volume,
  turned: Volume<Float32Array>,
): Finished[] {
  const algorithm = algorithmOf(identity, 'Left ventricle reorientation', ['cubic interpolation']);
  const datasets = buildDerivedSeries({
    context: heartContext(identity, output, source.images.header, [algorithm]),
    source: { grid: original, headers: source.headers },
    volume: turned,
    derivations: [dcm.spatialResampling],
    derivationDescription:
      'Turned to the short axis of the left ventricle: rows to lateral, columns to inferior, slices from apex to base',
    scale: 'spread',
  });
  return datasets.map((dataset, index) =>
    finish(
      output,
      datasets.length === 1 ? `${output}.dcm` : `${output}/${String(index + 1).padStart(4, '0')}.dcm`,
      dataset,
      source.images.header,
    ),
  );
}
