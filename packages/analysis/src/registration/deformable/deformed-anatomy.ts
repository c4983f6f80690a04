import { identity, resample } from '@photopeak/imaging';
import type { CtAnatomy } from '../../anatomy/index.ts';
import { type Deformation, invertDeformation } from './deformation.ts';

const AIR_HU = -1000;

/**
 * The anatomy of a CT as the body lay while the moving image was taken: CT and labels are moved by the displacement
 * alone, on the same voxels, so that the linear part of the registration brings the moving image onto it. With a PET
 * as moving image: what `findLesions` and `registrationScore` read at a point of the PET is then the tissue that was
 * there. Volumes in `structures` stay those of the CT as scanned. Without a field the anatomy itself.
 */
export async function deformAnatomy(anatomy: CtAnatomy, { field }: Deformation): Promise<CtAnatomy> {
  if (field === undefined) return anatomy;
  const { ct, labels } = anatomy;
  const back = invertDeformation({ pull: identity, field });
  const moved = { grid: ct, ...(back.field === undefined ? {} : { field: back.field }) };
  return {
    ...anatomy,
    ct: await resample(ct, { ...moved, interpolation: 'linear', outside: AIR_HU }),
    labels: await resample(labels, { ...moved, interpolation: 'nearest', outside: 0 }),
  };
}
