import type { Deformation } from '@photopeak/analysis';
import {
  buildDeformableRegistration,
  buildDerivedSeries,
  buildSpatialRegistration,
  type Code,
  dcm,
  isRigid,
} from '@photopeak/dicom';
import { invert, type Volume } from '@photopeak/imaging';
import {
  algorithmOf,
  contextOf,
  type Finished,
  finish,
  type Identity,
  SERIES_NUMBER_BASE,
  type Source,
} from '../objects/index.ts';

const SERIES = {
  registration: { number: SERIES_NUMBER_BASE + 5, description: 'AI registration (draft)' },
  deformation: { number: SERIES_NUMBER_BASE + 9, description: 'AI deformable registration (draft)' },
  resampled: { number: SERIES_NUMBER_BASE + 10, description: 'AI-registered: moving on fixed grid' },
} as const;

const sideOf = ({ images }: Source) => ({
  frameOfReferenceUid: images.header.text('FrameOfReferenceUID') ?? '',
  images: images.slices.map(({ reference }) => reference),
});

function context(
  identity: Identity,
  output: keyof typeof SERIES,
  source: Source,
  parameters: readonly string[],
) {
  const algorithm = algorithmOf(identity, 'image registration', parameters);
  return contextOf(identity, output, SERIES[output], source.images.header, [algorithm]);
}

/** The registration object: matrices moving → fixed, or a deformation fixed → moving, as the standard wants each. */
export function registrationFile(
  identity: Identity,
  fixed: Source,
  moving: Source,
  { pull, field }: Deformation,
  method: Code = dcm.imageContentBasedAlignment,
): Finished {
  if (field !== undefined) {
    const dataset = buildDeformableRegistration({
      context: context(identity, 'deformation', fixed, ['deformable']),
      ...{ fixed: sideOf(fixed), moving: sideOf(moving), pull, field, method },
      description: 'Deformable, local descriptors',
    });
    return finish('deformation', 'registration.dcm', dataset, fixed.images.header);
  }
  const matrix = invert(pull);
  const type = isRigid(matrix) ? ('RIGID' as const) : ('AFFINE' as const);
  const dataset = buildSpatialRegistration({
    context: context(identity, 'registration', fixed, [type.toLowerCase()]),
    fixed: sideOf(fixed),
    moving: [{ ...sideOf(moving), movingToFixed: matrix, type, method }],
    description: `${type === 'RIGID' ? 'Rigid' : 'Affine'}, mutual information`,
  });
  return finish('registration', 'registration.dcm', dataset, fixed.images.header);
}

/** The moving series on the voxels of the fixed one, in its own unit, as a derived series. */
export function resampledSeries(
  identity: Identity,
  fixed: Source,
  moving: Source,
  movingGrid: Volume,
  onFixed: Volume,
  isDeformed: boolean,
): Finished[] {
  const datasets = buildDerivedSeries({
    context: context(identity, 'resampled', moving, ['linear interpolation']),
    source: { grid: movingGrid, headers: moving.headers },
    volume: onFixed,
    derivations: [dcm.spatialResampling],
    derivationDescription: `${isDeformed ? 'Deformed and resampled' : 'Resampled'} linearly to the grid of the fixed images; values unchanged in unit`,
    target: fixed.images.header,
    scale: 'spread',
  });
  return datasets.map((dataset, index) =>
    finish('resampled', `resampled/${String(index + 1).padStart(4, '0')}.dcm`, dataset, moving.images.header),
  );
}
