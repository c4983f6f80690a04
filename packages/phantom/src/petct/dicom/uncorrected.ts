import type { Volume } from '@photopeak/imaging';
import { exp } from '../../shared/exact-math.ts';
import type { PetctPhantom } from '../phantom.ts';

/** Attenuation of 511 keV photons in water, per mm. */
const WATER_511_PER_MM = 0.0096;

/**
 * What PET looks like without attenuation correction: each voxel times the mean survival along four lines of
 * response through it (across, along, and the two diagonals), from the CT's water equivalents. Lungs and skin glow,
 * the middle of the body fades.
 */
export function withoutAttenuationCorrection({ ct, pet, truth }: PetctPhantom): Volume<Float32Array> {
  const [width, height, count] = pet.size;
  const pixels = width * height;
  const data = new Float32Array(pet.data.length);
  const water = new Float64Array(pixels);
  // the scanner's frame may be turned against CT; the shadow only needs the shift
  const shift = [truth.petToCtRigid[3], truth.petToCtRigid[7], truth.petToCtRigid[11]] as const;
  const moved = truth.petToCtRigid.some((value, n) => n % 5 === 0 && Math.abs(value - 1) > 1e-12);
  const offset = moved ? ([0, 0, 0] as const) : shift;
  const column = (i: number) =>
    Math.round((pet.origin[0] + i * pet.spacingMm[0] + offset[0] - ct.origin[0]) / ct.spacingMm[0]);
  const row = (j: number) =>
    Math.round((pet.origin[1] + j * pet.spacingMm[1] + offset[1] - ct.origin[1]) / ct.spacingMm[1]);
  for (let k = 0; k < count; k++) {
    const z = pet.origin[2] + k * pet.spacingMm[2] + offset[2];
    const slice = Math.min(ct.size[2] - 1, Math.max(0, Math.round((z - ct.origin[2]) / ct.spacingMm[2])));
    for (let j = 0; j < height; j++) {
      const cj = row(j);
      for (let i = 0; i < width; i++) {
        const ci = column(i);
        const inside = ci >= 0 && cj >= 0 && ci < ct.size[0] && cj < ct.size[1];
        const hu = inside ? ct.data[ci + ct.size[0] * (cj + ct.size[1] * slice)]! : -1000;
        // bone absorbs 511 keV photons little more than water does
        water[i + j * width] = hu < 0 ? Math.max(0, 1 + hu / 1000) : 1 + hu / 2000;
      }
    }
    const lines = lineSums(water, width, height);
    const mm = [pet.spacingMm[0], pet.spacingMm[1], Math.SQRT2 * pet.spacingMm[0]] as const;
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const survival =
          exp(-WATER_511_PER_MM * lines.rows[j]! * mm[0]) +
          exp(-WATER_511_PER_MM * lines.columns[i]! * mm[1]) +
          exp(-WATER_511_PER_MM * lines.falling[i - j + height - 1]! * mm[2]) +
          exp(-WATER_511_PER_MM * lines.rising[i + j]! * mm[2]);
        const n = i + j * width + k * pixels;
        data[n] = pet.data[n]! * 0.25 * survival;
      }
    }
  }
  return { ...pet, data };
}

function lineSums(plane: Float64Array, width: number, height: number) {
  const rows = new Float64Array(height);
  const columns = new Float64Array(width);
  const falling = new Float64Array(width + height);
  const rising = new Float64Array(width + height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const value = plane[i + j * width]!;
      rows[j]! += value;
      columns[i]! += value;
      falling[i - j + height - 1]! += value;
      rising[i + j]! += value;
    }
  }
  return { rows, columns, falling, rising };
}
