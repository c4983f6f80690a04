import { buildSpatialRegistration, type Code, dcm, isRigid } from '@photopeak/dicom';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import type { Alignment } from '../alignment.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';

const METHODS: Partial<Record<Alignment['used'], Code>> = {
  identity: dcm.frameOfReferenceIdentity,
  rigid: dcm.imageContentBasedAlignment,
};
const DESCRIPTIONS: Record<Alignment['used'], string> = {
  identity: "The scanner's alignment",
  rigid: 'Rigid, mutual information',
  given: 'As a registration object of another system says',
  none: '',
};

/** Spatial Registration of the PET (moving) to the CT (fixed): the alignment in use, be it the scanner's, another system's or ours. */
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
        type: isRigid(alignment.matrix) ? 'RIGID' : 'AFFINE',
        method: METHODS[alignment.used] ?? alignment.method ?? dcm.imageContentBasedAlignment,
      },
    ],
    label: 'PET_TO_CT',
    description: DESCRIPTIONS[alignment.used],
  });
  return finish('registration', 'registration.dcm', dataset, ct.images.header);
}
