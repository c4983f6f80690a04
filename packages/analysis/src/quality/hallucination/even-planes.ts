import { createVolume, gridOf, type Vec3, type Volume } from '@photopeak/imaging';

/** Figures of a whole image are told well enough by this many of its planes. */
export const MOST_PLANES = 96;

/** Planes spread evenly over an image, at most `most`; the image itself where it has no more. Slices lie further apart in it. */
export function evenPlanes(volume: Volume, most = MOST_PLANES): Volume {
  const [nx, ny, nz] = volume.size;
  if (nz <= most) return volume;
  const area = nx * ny;
  const { data } = volume;
  const taken = new (data.constructor as new (length: number) => typeof data)(area * most);
  for (let n = 0; n < most; n++) {
    const k = Math.floor(((n + 0.5) * nz) / most);
    taken.set(data.subarray(k * area, (k + 1) * area), n * area);
  }
  const [dx, dy, dz] = volume.spacingMm;
  const spacingMm: Vec3 = [dx, dy, (dz * nz) / most];
  return createVolume({ ...gridOf(volume), size: [nx, ny, most], spacingMm }, taken, volume.unit);
}
