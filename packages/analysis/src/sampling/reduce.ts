import { type Grid, toWorld, type Vec3, type Volume } from '@photopeak/imaging';

export interface ReduceOptions {
  /** Values at or below it are padding outside the scanner's field of view and count as `paddingValue`. */
  readonly paddingBelow?: number;
  readonly paddingValue?: number;
}

/** How many voxels along each axis are joined so that the spacing comes near, but not above, `targetMm`. */
function blockOf(grid: Grid, targetMm: number): Vec3 {
  return grid.spacingMm.map((mm, axis) =>
    Math.min(grid.size[axis]!, Math.max(1, Math.floor(targetMm / mm + 0.15))),
  ) as unknown as Vec3;
}

/**
 * Mean over whole blocks of voxels along the volume's own axes. A pyramid level and an anti-aliased overview in one
 * pass over the source, which is never copied; a volume that is coarse enough already is
 * given back as it is; voxels that do not fill a block at the far edge are left out.
 */
export function reduceBlocks(
  volume: Volume,
  targetMm: number,
  options: ReduceOptions = {},
): Volume<Float32Array> {
  const [fx, fy, fz] = blockOf(volume, targetMm);
  const size: Vec3 = [
    Math.floor(volume.size[0] / fx),
    Math.floor(volume.size[1] / fy),
    Math.floor(volume.size[2] / fz),
  ];
  const data = new Float32Array(size[0] * size[1] * size[2]);
  const below = options.paddingBelow ?? Number.NEGATIVE_INFINITY;
  const padding = options.paddingValue ?? 0;
  const source = volume.data;
  const [nx, ny] = volume.size;
  const row = new Float64Array(size[0]);
  const scale = 1 / (fx * fy * fz);
  let index = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      row.fill(0);
      for (let c = 0; c < fz; c++)
        for (let b = 0; b < fy; b++) {
          let at = nx * (j * fy + b + ny * (k * fz + c));
          for (let i = 0; i < size[0]; i++) {
            let sum = 0;
            for (let a = 0; a < fx; a++) {
              const value = source[at++]!;
              sum += value > below ? value : padding;
            }
            row[i]! += sum;
          }
        }
      for (let i = 0; i < size[0]; i++) data[index++] = row[i]! * scale;
    }
  return {
    size,
    spacingMm: [volume.spacingMm[0] * fx, volume.spacingMm[1] * fy, volume.spacingMm[2] * fz],
    origin: toWorld(volume, [(fx - 1) / 2, (fy - 1) / 2, (fz - 1) / 2]),
    direction: volume.direction,
    data,
    unit: volume.unit,
  };
}
