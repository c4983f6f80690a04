import {
  buildDeformableRegistration,
  buildSpatialRegistration,
  type Code,
  dcm,
  isRigid,
  toPersonName,
} from '@photopeak/dicom';
import { type DisplacementField, invert } from '@photopeak/imaging';
import type { Source } from '../../objects/index.ts';
import { type Finished, finish } from '../../objects/index.ts';
import type { Alignment } from '../alignment.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';

const METHODS: Partial<Record<Alignment['used'], Code>> = {
  identity: dcm.frameOfReferenceIdentity,
  rigid: dcm.imageContentBasedAlignment,
};
const BY_HAND = {
  nudge: { method: dcm.visualAlignment, description: 'Rigid, by eye' },
  landmarks: { method: dcm.fiducialAlignment, description: 'Rigid, through landmarks set by hand' },
} as const;
const DESCRIPTIONS: Record<Alignment['used'], string> = {
  identity: "The scanner's alignment",
  rigid: 'Rigid, mutual information',
  given: 'As a registration object of another system says',
  none: '',
};

const sideOf = ({ images }: Source) => ({
  frameOfReferenceUid: images.header.text('FrameOfReferenceUID') ?? '',
  images: images.slices.map(({ reference }) => reference),
});

/**
 * Spatial Registration of the PET (moving) to the CT (fixed): the alignment in use, be it the scanner's, another
 * system's, a person's or ours.
 */
export function registrationObject(
  identity: Identity,
  ct: Source,
  pet: Source,
  alignment: Alignment,
): Finished {
  const { byHand } = alignment;
  const algorithms = byHand === undefined ? [algorithmOf(identity, 'PET/CT rigid registration', [])] : [];
  const dataset = buildSpatialRegistration({
    context: objectContext(identity, 'registration', ct.images.header, algorithms),
    fixed: sideOf(ct),
    moving: [
      {
        ...sideOf(pet),
        movingToFixed: alignment.matrix,
        type: isRigid(alignment.matrix) ? 'RIGID' : 'AFFINE',
        method: methodOf(alignment),
      },
    ],
    label: 'PET_TO_CT',
    description: byHand === undefined ? DESCRIPTIONS[alignment.used] : BY_HAND[byHand.means].description,
    ...(byHand === undefined ? {} : { creatorName: toPersonName(byHand.by) }),
  });
  if (byHand !== undefined) dataset.set('SeriesDescription', 'PET to CT alignment by hand');
  return finish('registration', 'registration.dcm', dataset, ct.images.header);
}

/** How it was found, CID 7100. */
function methodOf({ used, byHand, method }: Alignment): Code {
  if (byHand !== undefined) return BY_HAND[byHand.means].method;
  return METHODS[used] ?? method ?? dcm.imageContentBasedAlignment;
}

/** Deformable Spatial Registration: where a point of the CT lies in the PET. Its matrix is the alignment above, turned round. */
export function deformationObject(
  identity: Identity,
  ct: Source,
  pet: Source,
  field: DisplacementField,
  alignment: Alignment,
): Finished {
  const algorithm = algorithmOf(identity, 'PET/CT deformable registration', []);
  const isGiven = alignment.used === 'given' && alignment.deformable === undefined;
  const dataset = buildDeformableRegistration({
    context: objectContext(identity, 'deformable-registration', ct.images.header, [algorithm]),
    ...{ fixed: sideOf(ct), moving: sideOf(pet), field, pull: invert(alignment.matrix) },
    ...(isGiven && alignment.method !== undefined ? { method: alignment.method } : {}),
    label: 'PET_ON_CT',
    description: isGiven ? DESCRIPTIONS.given : 'Deformable, local descriptors',
  });
  return finish('deformable-registration', 'deformable-registration.dcm', dataset, ct.images.header);
}
