import { buildDeformableRegistration, buildSpatialRegistration, dcm } from '@photopeak/dicom';
import { type DisplacementField, invert } from '@photopeak/imaging';
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

const frameOf = (source: Source) => source.images.header.text('FrameOfReferenceUID') ?? '';
const sideOf = (source: Source) => ({ frameOfReferenceUid: frameOf(source), images: instancesOf(source) });

/** The alignment in use, and where there is one the deformation beyond it. */
export function registrationObjects(
  identity: Identity,
  series: { readonly registration: OutputSeries; readonly 'deformable-registration': OutputSeries },
  images: RegisteredImages,
  alignment: EmissionAlignment,
): Finished[] {
  const field = alignment.deformation?.field;
  const linear = alignmentObject(identity, series.registration, images, alignment);
  if (field === undefined) return [linear];
  return [linear, deformationObject(identity, series['deformable-registration'], images, alignment, field)];
}

/** Spatial Registration of an emission image (moving) to an anatomical one (fixed): the alignment in use. */
function alignmentObject(
  identity: Identity,
  series: OutputSeries,
  { anatomical, anatomicalName, emission, emissionName }: RegisteredImages,
  alignment: EmissionAlignment,
): Finished {
  const isIdentity = alignment.used === 'identity';
  const dataset = buildSpatialRegistration({
    context: contextOf(identity, 'registration', series, anatomical.images.header, [
      algorithmOf(identity, `${emissionName}/${anatomicalName} rigid registration`, []),
    ]),
    fixed: sideOf(anatomical),
    moving: [
      {
        ...sideOf(emission),
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

/**
 * Deformable Spatial Registration: where a point of the anatomical image lies in the emission image. Its matrix is the
 * alignment above, turned round.
 */
function deformationObject(
  identity: Identity,
  series: OutputSeries,
  { anatomical, anatomicalName, emission, emissionName }: RegisteredImages,
  alignment: EmissionAlignment,
  field: DisplacementField,
): Finished {
  const algorithm = algorithmOf(identity, `${emissionName}/${anatomicalName} deformable registration`, []);
  const { header } = anatomical.images;
  const dataset = buildDeformableRegistration({
    context: contextOf(identity, 'deformable-registration', series, header, [algorithm]),
    ...{ fixed: sideOf(anatomical), moving: sideOf(emission), field, pull: invert(alignment.matrix) },
    label: `${emissionName}_ON_${anatomicalName}`,
    description: 'Deformable, local descriptors',
  });
  return finish('deformable-registration', 'deformable-registration.dcm', dataset, header);
}
