import { boundingBox } from './boxes.ts';
import { emptyVolume } from './create.ts';
import { ballBytes } from './pool/operations/ball.ts';
import { widened } from './pool/operations/smooth.ts';
import { runPieces } from './pool/pool.ts';
import { Lease, PIECE_BYTES, ranges, stage, wholeSource } from './pool/staging.ts';
import type { Mask } from './volume.ts';
import { bytesPerVoxel, voxelType } from './voxels.ts';

export interface BallOptions {
  /** Radius of the ball in mm; a voxel belongs to it when its centre is no further away. */
  readonly radiusMm: number;
}

/** A voxel on the surface of the ball counts as inside despite rounding (relative to the radius). */
const ROUNDING = 1e-5;

/** The voxels no further than the radius from a voxel of the mask. */
export async function dilate(mask: Mask, options: BallOptions): Promise<Mask> {
  return ball(mask, options, false);
}

/** The voxels of the mask further than the radius from every voxel outside it; beyond the volume counts as inside. */
export async function erode(mask: Mask, options: BallOptions): Promise<Mask> {
  return ball(mask, options, true);
}

/** Erosion, then dilation: removes what the ball does not fit into. */
export async function opening(mask: Mask, options: BallOptions): Promise<Mask> {
  return dilate(await erode(mask, options), options);
}

/** Dilation, then erosion: closes what the ball does not fit into. */
export async function closing(mask: Mask, options: BallOptions): Promise<Mask> {
  return erode(await dilate(mask, options), options);
}

async function ball(mask: Mask, { radiusMm }: BallOptions, erode: boolean): Promise<Mask> {
  const result = emptyVolume(mask, 'uint8', '1');
  const { size, spacingMm } = mask;
  const radius = radiusMm * (1 + ROUNDING);
  const reach = [1, 2].map((axis) => Math.min(size[axis]!, Math.floor(radius / spacingMm[axis]!))) as [
    number,
    number,
  ];
  // Further away than the ball reaches there is nothing to dilate, and outside the mask nothing to erode.
  const within = boundingBox(mask);
  if (within === undefined) return result;
  const along = (axis: 1 | 2) => {
    const from = within.start[axis];
    return widened([from, from + within.size[axis]], erode ? 0 : reach[axis - 1]!, size[axis]);
  };
  const allRows = along(1);
  const allPlanes = along(2);
  const tallest = allRows[1] - allRows[0];
  const deepest = allPlanes[1] - allPlanes[0];
  const element = bytesPerVoxel(voxelType(mask.data));
  // Larger tiles read fewer margins twice; the arena is exceeded only by balls that reach across the volume.
  let height = tallest;
  let depth = deepest;
  const bytesOf = () =>
    ballBytes(
      size,
      Math.min(size[1], height + 2 * reach[0]),
      Math.min(size[2], depth + 2 * reach[1]),
      reach,
      element,
    );
  while (bytesOf() > PIECE_BYTES && (height > 2 * reach[0] + 1 || depth > 2 * reach[1] + 1)) {
    if (height - 2 * reach[0] >= depth - 2 * reach[1]) height = Math.ceil(height / 2);
    else depth = Math.ceil(depth / 2);
  }
  function* pieces() {
    for (const planes of ranges(deepest, deepest / depth).map((range) => moved(range, allPlanes[0]))) {
      for (const rows of ranges(tallest, tallest / height).map((range) => moved(range, allRows[0]))) {
        const y = widened(rows, reach[0], size[1]);
        const z = widened(planes, reach[1], size[2]);
        const box = { start: [0, y[0], z[0]], size: [size[0], y[1] - y[0], z[1] - z[0]] } as const;
        const lease = new Lease();
        yield {
          lease,
          task: {
            source: stage(mask, box, lease),
            target: wholeSource(result),
            size,
            spacingMm,
            limitMm2: radius * radius,
            erode,
            reach,
            rows,
            planes,
          },
          bytes: ballBytes(size, box.size[1], box.size[2], reach, element),
        };
      }
    }
  }
  await runPieces('ball', size[0] * tallest * deepest, pieces());
  return result;
}

function moved([from, to]: readonly [number, number], by: number): readonly [number, number] {
  return [from + by, to + by];
}

/** The voxels that are not in the mask. */
export function invertMask(mask: Mask): Mask {
  const result = emptyVolume(mask, 'uint8', '1');
  const { data } = mask;
  for (let index = 0; index < data.length; index++) result.data[index] = data[index] ? 0 : 1;
  return result;
}
