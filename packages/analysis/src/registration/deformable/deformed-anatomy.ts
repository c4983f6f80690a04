import { type DisplacementField, identity, resample, type Volume } from '@photopeak/imaging';
import type { CtAnatomy } from '../../anatomy/index.ts';
import { type Deformation, invertDeformation } from './deformation.ts';

const AIR_HU = -1000;

/** The displacement turned round, without the linear part of the registration. */
const backwards = (field: DisplacementField): { readonly field?: DisplacementField } => {
  const { field: back } = invertDeformation({ pull: identity, field });
  return back === undefined ? {} : { field: back };
};

/**
 * The anatomy of a CT as the body lay while the moving image was taken: CT and labels are moved by the displacement
 * alone, on the same voxels, so that the linear part of the registration brings the moving image onto it. With a PET
 * as moving image: what `findLesions` and `registrationScore` read at a point of the PET is then the tissue that was
 * there. Volumes in `structures` stay those of the CT as scanned. Without a field the anatomy itself.
 */
export async function deformAnatomy(anatomy: CtAnatomy, deformation: Deformation): Promise<CtAnatomy> {
  if (deformation.field === undefined) return anatomy;
  const { ct } = anatomy;
  const moved = { grid: ct, ...backwards(deformation.field) };
  return {
    ...(await deformLabels(anatomy, deformation)),
    ct: await resample(ct, { ...moved, interpolation: 'linear', outside: AIR_HU }),
  };
}

/** The labels alone, as of the organs of a CT; see `deformAnatomy`. */
export async function deformLabels<T extends { readonly labels: Volume<Uint8Array> }>(
  anatomy: T,
  deformation: Deformation | undefined,
): Promise<T> {
  if (deformation?.field === undefined) return anatomy;
  const { labels } = anatomy;
  const moved = { grid: labels, ...backwards(deformation.field) };
  return { ...anatomy, labels: await resample(labels, { ...moved, interpolation: 'nearest', outside: 0 }) };
}
