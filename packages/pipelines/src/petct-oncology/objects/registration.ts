import { buildSpatialRegistration, dcm } from '@photopeak/dicom';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import type { Alignment } from '../align.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';

/** Spatial Registration of the PET (moving) to the CT (fixed): the alignment in use, be it the scanner's or ours. */
export function registrationObject(
  identity: Identity,
  ct: Source,
  pet: Source,
  alignment: Alignment,
): Finished {
  const frame = (source: Source) => source.images.header.text('FrameOfReferenceUID') ?? '';
  const references = (source: Source) => source.images.slices.map(({ reference }) => reference);
  const algorithm = algorithmOf(identity, 'PET/CT rigid registration', []);
  const dataset = buildSpatialRegistration({
    context: objectContext(identity, 'registration', ct.images.header, [algorithm]),
    fixed: { frameOfReferenceUid: frame(ct), images: references(ct) },
    moving: [
      {
        frameOfReferenceUid: frame(pet),
        images: references(pet),
        movingToFixed: alignment.matrix,
        type: 'RIGID',
        method: alignment.used === 'identity' ? dcm.frameOfReferenceIdentity : dcm.imageContentBasedAlignment,
      },
    ],
    label: 'PET_TO_CT',
    description: alignment.used === 'identity' ? "The scanner's alignment" : 'Rigid, mutual information',
  });
  return finish('registration', 'registration.dcm', dataset, ct.images.header);
}
