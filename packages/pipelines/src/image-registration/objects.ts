import type { Deformation } from '@photopeak/analysis';
import {
  buildBlendingPresentation,
  buildDeformableRegistration,
  buildDerivedSeries,
  buildSpatialRegistration,
  type Code,
  type Dataset,
  dcm,
  isRigid,
} from '@photopeak/dicom';
import { invert, type Volume } from '@photopeak/imaging';
import { hotMetal } from '../captures/index.ts';
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
  fusion: { number: SERIES_NUMBER_BASE + 11, description: 'AI fusion of moving over fixed (draft)' },
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
): { readonly files: readonly Finished[]; readonly header: Dataset } {
  const datasets = buildDerivedSeries({
    context: context(identity, 'resampled', moving, ['linear interpolation']),
    source: { grid: movingGrid, headers: moving.headers },
    volume: onFixed,
    derivations: [dcm.spatialResampling],
    derivationDescription: `${isDeformed ? 'Deformed and resampled' : 'Resampled'} linearly to the grid of the fixed images; values unchanged in unit`,
    target: fixed.images.header,
    scale: 'spread',
  });
  const files = datasets.map((dataset, index) =>
    finish('resampled', `resampled/${String(index + 1).padStart(4, '0')}.dcm`, dataset, moving.images.header),
  );
  return { files, header: datasets[0]! };
}

/** Soft tissue. */
const CT_WINDOW = { centre: 40, width: 400 };
/** Share of the voxels of the moving image that lie within its window. */
const WITHIN_WINDOW = 0.999;
const OPACITY = 0.5;
const HOT_METAL = Uint8Array.from(Array.from({ length: 256 }, (_, level) => hotMetal(level / 255)).flat());
/** Of a window around nothing. */
const SMALLEST_WIDTH = 1e-6;

/** From 0 to nearly the largest value: a few hot voxels do not make everything else dark. */
function windowOf(volume: Volume): { readonly centre: number; readonly width: number } {
  const step = Math.max(1, Math.floor(volume.data.length / 200_000));
  const sample: number[] = [];
  for (let n = 0; n < volume.data.length; n += step) sample.push(volume.data[n]!);
  const sorted = Float64Array.from(sample).sort();
  const width = Math.max(sorted[Math.floor(WITHIN_WINDOW * (sorted.length - 1))] ?? 0, SMALLEST_WIDTH);
  return { centre: width / 2, width };
}

/** The resampled series in colour over the fixed CT: one frame of reference and one slope, so that any viewer can. */
export function fusionState(
  identity: Identity,
  fixed: Source,
  resampled: ReturnType<typeof resampledSeries>,
  onFixed: Volume,
): Finished {
  const dataset = buildBlendingPresentation({
    context: context(identity, 'fusion', fixed, []),
    underlying: {
      images: fixed.images.slices.map(({ reference }) => reference),
      header: fixed.images.header,
      window: CT_WINDOW,
    },
    superimposed: {
      images: resampled.files.map(({ reference }) => reference),
      header: resampled.header,
      window: windowOf(onFixed),
    },
    opacity: OPACITY,
    palette: HOT_METAL,
    description: 'Moving image in colour over the fixed CT',
  });
  return finish('fusion', 'fusion.dcm', dataset, fixed.images.header);
}
