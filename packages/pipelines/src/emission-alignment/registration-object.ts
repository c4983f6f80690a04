import { buildSpatialRegistration, dcm } from '@photopeak/dicom';
import {
  algorithmOf,
  contextOf,
  type Finished,
  finish,
  type Identity,
  instancesOf,
  type OutputSeries,
  type Source,
} from '../objects/index.ts';
import type { EmissionAlignment } from './align.ts';

export interface RegisteredImages {
  /** Fixed, and how it is called in words. */
  readonly anatomical: Source;
  readonly anatomicalName: string;
  /** Moving. */
  readonly emission: Source;
  readonly emissionName: string;
}

/** Spatial Registration of an emission image (moving) to an anatomical one (fixed): the alignment in use. */
export function alignmentObject(
  identity: Identity,
  series: OutputSeries,
  { anatomical, anatomicalName, emission, emissionName }: RegisteredImages,
  alignment: EmissionAlignment,
): Finished {
  const frame = (source: Source) => source.images.header.text('FrameOfReferenceUID') ?? '';
  const isIdentity = alignment.used === 'identity';
  const dataset = buildSpatialRegistration({
    context: contextOf(identity, 'registration', series, anatomical.images.header, [
      algorithmOf(identity, `${emissionName}/${anatomicalName} rigid registration`, []),
    ]),
    fixed: { frameOfReferenceUid: frame(anatomical), images: instancesOf(anatomical) },
    moving: [
      {
        frameOfReferenceUid: frame(emission),
        images: instancesOf(emission),
        movingToFixed: alignment.matrix,
        type: 'RIGID',
        method: isIdentity ? dcm.frameOfReferenceIdentity : dcm.imageContentBasedAlignment,
      },
    ],
    label: `${emissionName}_TO_${anatomicalName}`,
    description: isIdentity ? "The scanner's alignment" : 'Rigid, mutual information',
  });
  return finish('registration', 'registration.dcm', dataset, anatomical.images.header);
}
