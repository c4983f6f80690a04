import { createHash } from 'node:crypto';
import {
  type CtAnatomy,
  type Deformation,
  deformAnatomy,
  foldReport,
  type RegistrationKind,
  type RegistrationScore,
  registerAffine,
  registerDeformable,
  registerRigid,
  registrationScore,
  rescored,
  segmentCtAnatomy,
  warp,
} from '@photopeak/analysis';
import { identity, invert, type Mat4, type Volume, withSpacing, writeNifti } from '@photopeak/imaging';
import type { Identity } from '../objects/index.ts';
import type { Finding } from '../pipeline.ts';
import { type GivenRegistration, newestTime } from '../study/index.ts';
import { startingRegistration } from './foreign.ts';
import { kindOf, type LoadedImage, loadImage } from './load.ts';
import { fusionState, registrationFile, resampledSeries } from './objects.ts';
import { REGISTER_SCHEMA, type Registered } from './schema.ts';
import { itkTransform, metaField } from './transform-files.ts';

export type RegistrationType = Registered['asked'];

export interface RegisterImagesInput {
  /** Folder with DICOM files, or a NIfTI file. */
  readonly fixed: string;
  readonly moving: string;
  readonly fixedSeries?: string;
  readonly movingSeries?: string;
  readonly type: RegistrationType;
  /** What the images show; from the modalities when left out. */
  readonly kind?: RegistrationKind;
  /** A registration object to start from. */
  readonly registration?: string;
  /** Use that object as it is, instead of registering. */
  readonly asGiven?: boolean;
  /** Do not look for registration objects beside the images. */
  readonly ignoreRegistrations?: boolean;
  /** Content time of the objects; default the newest time of the input. */
  readonly at?: string;
  /** Whether the files are wanted. */
  readonly files: boolean;
}

export interface RegisterImagesResult {
  readonly result: Registered;
  readonly files: readonly { readonly fileName: string; readonly bytes: Uint8Array }[];
}

const VERSION = '0.1.0';
const isCt = (volume: Volume) => volume.unit === "[hnsf'U]";
/** The moving image is warped onto voxels of this size to be compared. */
const SCORE_SPACING_MM = 4;

interface Found {
  readonly used: Registered['used'];
  readonly reason: string;
  readonly deformation: Deformation;
  readonly uncertaintyMm: number | null;
  readonly meanMm: number | null;
}

async function find(
  fixed: Volume,
  moving: Volume,
  input: RegisterImagesInput,
  kind: RegistrationKind | undefined,
  start: {
    readonly initial: Mat4 | 'identity' | 'search';
    readonly given: GivenRegistration | undefined;
    readonly anatomy: CtAnatomy | undefined;
  },
): Promise<Found> {
  const { given, initial, anatomy } = start;
  if (given !== undefined && (input.asGiven === true || given.deformation !== undefined)) {
    return {
      used: 'given',
      reason: 'The registration object is used as it is.',
      deformation: given.deformation ?? { pull: invert(given.matrix) },
      uncertaintyMm: null,
      meanMm: null,
    };
  }
  if (input.type === 'deformable') {
    const found = await registerDeformable(fixed, moving, {
      initial,
      ...(kind === undefined ? {} : { kind }),
      ...(anatomy === undefined ? {} : { anatomy }),
    });
    const { used, reason, deformation, evidence } = found;
    return { used, reason, deformation, uncertaintyMm: null, meanMm: evidence.meanMm };
  }
  const rigid = registerRigid(fixed, moving, { initial });
  const uncertaintyMm = rigid.uncertaintyMm ?? null;
  if (input.type === 'rigid') {
    return {
      used: 'rigid',
      reason: 'Registered rigidly.',
      deformation: { pull: rigid.pull },
      uncertaintyMm,
      meanMm: null,
    };
  }
  const affine = registerAffine(fixed, moving, { rigid });
  return {
    used: 'affine',
    reason: 'Registered affinely.',
    deformation: { pull: affine.pull },
    uncertaintyMm,
    meanMm: null,
  };
}

function toScore(score: RegistrationScore): NonNullable<Registered['score']>['before'] {
  return {
    score: score.score ?? null,
    class: score.class,
    reason: score.reason,
    regions: score.regions.map(({ name, mm, shift, spreadMm, method }) => ({
      ...{ name, misalignmentMm: mm, shift: [...shift], spreadMm, method },
    })),
  };
}

/** PET on CT is judged region by region: as it was, and as registered. */
async function scores(
  fixed: Volume,
  moving: Volume,
  anatomy: CtAnatomy,
  deformation: Deformation,
): Promise<NonNullable<Registered['score']>> {
  const before = await registrationScore(fixed, moving, { anatomy, ctFromPet: identity });
  const after = await registrationScore(fixed, moving, {
    anatomy: await deformAnatomy(anatomy, deformation),
    ctFromPet: invert(deformation.pull),
  });
  return { before: toScore(before), after: toScore(after) };
}

function describeImage({ series, volume, description }: LoadedImage): Registered['fixed'] {
  return {
    seriesInstanceUid: series?.seriesInstanceUid ?? null,
    modality: series?.modality ?? null,
    frameOfReferenceUid: series?.frameOfReferenceUid ?? null,
    description,
    size: [...volume.size],
    spacingMm: [...volume.spacingMm],
  };
}

function runIdentity(fixed: LoadedImage, moving: LoadedImage, input: RegisterImagesInput): Identity {
  const headers = [...(fixed.source?.headers ?? []), ...(moving.source?.headers ?? [])];
  const hash = createHash('sha256').update(
    `register ${VERSION} ${input.type} ${input.kind ?? ''} ${input.asGiven ?? ''}\n`,
  );
  for (const header of headers) hash.update(`${header.text('SOPInstanceUID')}\n`);
  return {
    pipeline: { name: 'photopeak register', version: VERSION },
    run: { key: hash.digest('hex'), at: input.at ?? newestTime(headers) },
  };
}

function fieldFacts({ field }: Deformation, meanMm: number | null): Registered['field'] {
  if (field === undefined) return null;
  let largestMm = 0;
  for (let n = 0; n < field.data.length; n += 3)
    largestMm = Math.max(largestMm, Math.hypot(field.data[n]!, field.data[n + 1]!, field.data[n + 2]!));
  return {
    size: [...field.size],
    spacingMm: [...field.spacingMm],
    largestMm,
    meanMm,
    smallestDeterminant: foldReport(field).smallest,
  };
}

async function filesOf(
  fixed: LoadedImage,
  moving: LoadedImage,
  { deformation }: Found,
  run: Identity,
): Promise<RegisterImagesResult['files']> {
  const files: { fileName: string; bytes: Uint8Array }[] = [
    { fileName: 'transform.txt', bytes: itkTransform(deformation.pull) },
  ];
  if (deformation.field !== undefined)
    files.push({ fileName: 'field.mha', bytes: metaField(deformation.field) });
  const onFixed = await warp(moving.volume, deformation, {
    grid: fixed.volume,
    outside: isCt(moving.volume) ? -1000 : 0,
  });
  if (fixed.source === undefined || moving.source === undefined) {
    files.push({ fileName: 'resampled.nii.gz', bytes: writeNifti(onFixed, { compress: true }) });
    return files;
  }
  const isDeformed = deformation.field !== undefined;
  const resampled = resampledSeries(run, fixed.source, moving.source, moving.volume, onFixed, isDeformed);
  const objects = [registrationFile(run, fixed.source, moving.source, deformation), ...resampled.files];
  if (isCt(fixed.volume) && !isCt(moving.volume)) {
    objects.push(fusionState(run, fixed.source, resampled, onFixed));
  }
  return [...files, ...objects.map(({ object: { fileName, bytes } }) => ({ fileName, bytes }))];
}

/**
 * Registers two images of one patient: DICOM folders or NIfTI files. Images that share a frame of reference start from
 * where the scanner put them, others from a search; a registration object by another writer that relates them serves
 * as the start, or is used as it is. Throws REGISTER_NO_IMAGE, REGISTER_UNRELATED, and what registering throws.
 */
export async function registerImages(input: RegisterImagesInput): Promise<RegisterImagesResult> {
  const findings: Finding[] = [];
  const fixed = await loadImage(input.fixed, input.fixedSeries, findings);
  const moving = await loadImage(input.moving, input.movingSeries, findings);
  const kind = input.kind ?? kindOf(fixed, moving);
  const given =
    input.registration === undefined && input.ignoreRegistrations === true
      ? undefined
      : startingRegistration(input.registration, fixed, moving, findings);
  const frame = fixed.series?.frameOfReferenceUid;
  const sharesFrame = frame !== undefined && frame === moving.series?.frameOfReferenceUid;
  const initial = given?.matrix ?? (sharesFrame ? 'identity' : 'search');
  const isPetOnCt = isCt(fixed.volume) && (kind === 'pet-ct' || (kind === undefined && !isCt(moving.volume)));
  const anatomy = isPetOnCt ? await segmentCtAnatomy(fixed.volume) : undefined;
  const found = await find(fixed.volume, moving.volume, input, kind, { initial, given, anatomy });
  const { deformation } = found;
  const warped = await warp(moving.volume, deformation, {
    grid: withSpacing(fixed.volume, [SCORE_SPACING_MM, SCORE_SPACING_MM, SCORE_SPACING_MM]),
    outside: isCt(moving.volume) ? -1000 : 0,
  });
  const linear = rescored(fixed.volume, moving.volume, { before: identity, after: invert(deformation.pull) });
  const after =
    deformation.field === undefined
      ? linear.after
      : rescored(fixed.volume, warped, { before: identity, after: identity }).after;
  const files = input.files ? await filesOf(fixed, moving, found, runIdentity(fixed, moving, input)) : [];
  const result: Registered = {
    schema: REGISTER_SCHEMA,
    fixed: describeImage(fixed),
    moving: describeImage(moving),
    kind: kind ?? 'guessed from the units',
    asked: input.type,
    used: found.used,
    reason: found.reason,
    matrix: [...invert(deformation.pull)],
    field: fieldFacts(deformation, found.meanMm),
    uncertaintyMm: found.uncertaintyMm,
    similarity: { before: linear.before, after },
    score: anatomy === undefined ? null : await scores(fixed.volume, moving.volume, anatomy, deformation),
    start: given !== undefined ? 'registration object' : sharesFrame ? 'frame of reference' : 'search',
    files: files.map(({ fileName }) => fileName),
    findings,
  };
  return { result, files };
}
