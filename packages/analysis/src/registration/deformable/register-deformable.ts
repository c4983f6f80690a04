import {
  type DeformationImages,
  type DisplacementField,
  deform,
  type Grid,
  identity,
  invert,
  type Mask,
  type Mat4,
  resample,
  type Volume,
} from '@photopeak/imaging';
import type { CtAnatomy } from '../../anatomy/index.ts';
import { labelsOnto } from '../../sampling/index.ts';
import type { Foreground } from '../foreground.ts';
import { type RigidResult, registerRigid } from '../register-rigid.ts';
import { keepLongMotion, keepWhereNearer } from './certain-motion.ts';
import { heldOutAgainst, motionAgainst, risesClearly } from './decide.ts';
import type { Deformation } from './deformation.ts';
import { type FoldReport, foldReport, repairFolds } from './folds.ts';
import { bodySimilarity, heldOutGain, holdOut } from './gate.ts';
import { type DeformablePreset, deformablePresets, type RegistrationKind } from './presets.ts';
import { type SurfaceEvidence, surfacesAgainst, surfacesUnder } from './surfaces.ts';
import { isCt, type Masks, type WorkingImages, workingImages } from './working-images.ts';

export interface DeformableOptions {
  /** What the images show; without it guessed from their units: CT and CT, or anything and CT as PET and CT. */
  readonly kind?: RegistrationKind;
  /**
   * The linear registration that is refined: a matrix from the moving to the fixed image (a known rigid or affine result,
   * or a foreign one), or how `registerRigid` begins. Default `identity`: one frame of reference.
   */
  readonly initial?: Mat4 | 'identity' | 'search';
  /** True where `initial` is a matrix that is right and is not to be refined rigidly. */
  readonly keepInitial?: boolean;
  readonly masks?: Masks;
  /** Of the fixed CT, with a PET as moving image: the registration score then judges too (`evidence.surfaces`). */
  readonly anatomy?: CtAnatomy;
  /** Default true: false gives the deformation without asking whether it is better than the linear one. */
  readonly gate?: boolean;
}

/** What was measured to decide; what is dear is not asked where something else speaks against the deformation already. */
export interface DeformableEvidence {
  /** How far the descriptors come nearer at blocks that took no part, as a share, and over its standard error. */
  readonly heldOutShare: number | undefined;
  readonly heldOutConfidence: number | undefined;
  /** Normalised mutual information in the body under the linear registration and under the deformation. */
  readonly similarity: { readonly linear: number; readonly deformed: number };
  readonly folds: FoldReport;
  /** Edges of the body as the registration score measures them; only with `anatomy`, and where nothing else refused. */
  readonly surfaces?: SurfaceEvidence;
  /** Displacements in the body beyond the linear registration. */
  readonly largestMm: number;
  readonly meanMm: number;
}

export interface DeformableResult {
  readonly used: 'deformable' | 'rigid';
  readonly reason: string;
  /** What speaks against the deformation that was found; absent where it is used. */
  readonly against?: string;
  /** The registration to use: with a field only where it was found better. */
  readonly deformation: Deformation;
  /** Moving to fixed, LPS mm: the linear part. */
  readonly matrix: Mat4;
  readonly rigid: RigidResult | undefined;
  /** The deformation that was found, used or not. */
  readonly found: Deformation;
  readonly kind: RegistrationKind;
  readonly evidence: DeformableEvidence;
}

function guessKind(fixed: Volume, moving: Volume): RegistrationKind {
  if (isCt(fixed) && isCt(moving)) return 'ct-ct';
  if (isCt(fixed) || isCt(moving)) return 'pet-ct';
  return /Bq|SUV/i.test(fixed.unit + moving.unit) ? 'pet-pet' : 'mr-mr';
}

/** What is kept of a displacement where such images can be registered to no better than some millimetres. */
function finishing(
  { certainMm }: DeformablePreset,
  images: WorkingImages,
): Pick<DeformationImages, 'finish'> {
  if (certainMm === undefined) return {};
  return {
    finish: async (field) => {
      keepLongMotion(field, certainMm);
      await keepWhereNearer(field, images);
    },
  };
}

async function crossValidated(images: WorkingImages, preset: DeformablePreset) {
  const { used, heldOut } = holdOut(images.fixedWeight);
  // Coarser levels are enough to ask whether the motion is real, and cheap.
  const levels = preset.plan.levels.filter(({ pool }) => pool > 1);
  const trial = await deform(
    { ...images, fixedWeight: used, heldOut, ...finishing(preset, images) },
    { ...preset.plan, levels },
  );
  return heldOutGain(trial.heldOut!);
}

/** The body of the fixed image at the nodes of a field. */
function bodyOnNodes(field: Grid, body: Foreground): Mask {
  const nearest = labelsOnto({ ...body.weight, data: body.weight.data.map(Math.floor) }, field);
  return { ...nearest, unit: '1' };
}

function lengths({ data }: DisplacementField, body: Mask) {
  let largestMm = 0;
  let sum = 0;
  let count = 0;
  for (let n = 0; n < body.data.length; n++) {
    if (body.data[n] === 0) continue;
    const mm = Math.hypot(data[3 * n]!, data[3 * n + 1]!, data[3 * n + 2]!);
    largestMm = Math.max(largestMm, mm);
    sum += mm;
    count++;
  }
  return { largestMm, meanMm: sum / Math.max(1, count) };
}

/** Asks what is dear only where what is cheap speaks not against the deformation. */
async function judged(
  measured: DeformableEvidence,
  preset: DeformablePreset,
  images: WorkingImages,
  isUnfolded: boolean,
  anatomy: CtAnatomy | undefined,
  surfacesOf: (anatomy: CtAnatomy) => Promise<SurfaceEvidence>,
): Promise<{ readonly evidence: DeformableEvidence; readonly against: string | undefined }> {
  const byMotion = motionAgainst(measured, preset, { isUnfolded, hasSurfaces: anatomy !== undefined });
  if (byMotion !== undefined) return { evidence: measured, against: byMotion };
  const gain = await crossValidated(images, preset);
  const evidence = { ...measured, heldOutShare: gain.share, heldOutConfidence: gain.confidence };
  const byHeldOut = heldOutAgainst(gain);
  if (byHeldOut !== undefined || anatomy === undefined) return { evidence, against: byHeldOut };
  const surfaces = await surfacesOf(anatomy);
  return { evidence: { ...evidence, surfaces }, against: surfacesAgainst(surfaces, !risesClearly(measured)) };
}

/**
 * Deformable registration of two images of one patient: rigid first (unless `keepInitial`), then descriptors that both
 * modalities share, a discrete search and Gauss-Newton refinement (docs/registration.md). Never worse than rigid: the
 * deformation is used only where it brings parts of the images nearer that took no part in finding it, raises mutual
 * information, and folds nothing. The same bits for any number of threads.
 *
 * Fails as `registerRigid` does: REGISTRATION_EMPTY, REGISTRATION_NO_OVERLAP.
 */
export async function registerDeformable(
  fixed: Volume,
  moving: Volume,
  options: DeformableOptions = {},
): Promise<DeformableResult> {
  const kind = options.kind ?? guessKind(fixed, moving);
  const preset = deformablePresets[kind];
  const { initial } = options;
  const isGiven = options.keepInitial === true && typeof initial === 'object';
  const rigid = isGiven
    ? undefined
    : registerRigid(fixed, moving, { secondStart: false, ...(initial === undefined ? {} : { initial }) });
  const matrix = rigid?.matrix ?? (typeof initial === 'object' ? initial : identity);
  const pull = rigid?.pull ?? invert(matrix);
  const images = await workingImages(fixed, moving, pull, preset, options.masks);
  const { field } = await deform({ ...images, ...finishing(preset, images) }, preset.plan);
  const isUnfolded = repairFolds(field) !== undefined;
  const warped = await resample(images.moving, { grid: images.fixed, field, interpolation: 'linear' });
  const bodyNodes = bodyOnNodes(field, images.body);
  const { largestMm, meanMm } = lengths(field, bodyNodes);
  const found: Deformation = { pull, field };
  const measured: DeformableEvidence = {
    heldOutShare: undefined,
    heldOutConfidence: undefined,
    similarity: {
      linear: bodySimilarity(images.fixed, images.moving, images.body, images.movingWeight),
      deformed: bodySimilarity(images.fixed, warped, images.body, images.movingWeight),
    },
    folds: foldReport(field, bodyNodes),
    largestMm,
    meanMm,
  };
  const { evidence, against } =
    (options.gate ?? true)
      ? await judged(measured, preset, images, isUnfolded, options.anatomy, (anatomy) =>
          surfacesUnder(fixed, moving, anatomy, found, matrix),
        )
      : { evidence: measured, against: undefined };
  const share = evidence.heldOutShare;
  return {
    used: against === undefined ? 'deformable' : 'rigid',
    reason:
      against === undefined
        ? share === undefined
          ? 'Deformed without asking whether it is better.'
          : `Deformed: parts of the images that took no part fit better by ${(100 * share).toFixed(1)} %.`
        : `The rigid registration is used: ${against}.`,
    ...(against === undefined ? {} : { against }),
    deformation: against === undefined ? found : { pull },
    matrix,
    rigid,
    found,
    kind,
    evidence,
  };
}
