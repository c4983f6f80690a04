import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';
import { widened } from './smooth.ts';

/** Dilation by a ball in a tile of whole rows (erosion: of what is outside the mask, inverted again). */
export interface BallTask {
  readonly source: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  /** Largest squared distance that counts as inside the ball, in mm². */
  readonly limitMm2: number;
  readonly erode: boolean;
  /** Voxels that the ball reaches along y and z. */
  readonly reach: readonly [number, number];
  readonly rows: readonly [number, number];
  readonly planes: readonly [number, number];
}

/** Numbers of the struct `BallRow` of kernels/ball.c: dy, dz, half. */
const ROW_NUMBERS = 3;

function wordsOf(nx: number): number {
  return Math.ceil(nx / 64);
}

/** Bytes of arena that `ball` takes for a tile read with its margins. */
export function ballBytes(
  [nx]: Vec3,
  readRows: number,
  readPlanes: number,
  reach: readonly [number, number],
  elementBytes: number,
): number {
  const rows = readRows * readPlanes;
  const ball = (2 * reach[0] + 1) * (2 * reach[1] + 1);
  return (
    rows * (nx * (2 + elementBytes) + wordsOf(nx) * 16) + (ball * ROW_NUMBERS + wordsOf(nx) * 4) * 4 + 4096
  );
}

/**
 * The rows of the ball in the order of how far they reach: dy, dz, voxels to both sides. Distances are rounded as
 * those of the distance transform are, so that both agree on which voxel is inside.
 */
function rowsOf({ size, spacingMm, limitMm2, reach }: BallTask): Int32Array {
  const [mmX, mmY, mmZ] = spacingMm;
  const limit = Math.fround(limitMm2);
  const rows: (readonly [number, number, number])[] = [];
  for (let dz = -reach[1]; dz <= reach[1]; dz++) {
    for (let dy = -reach[0]; dy <= reach[0]; dy++) {
      const isInside = (dx: number) => {
        const inRow = Math.fround((dx * mmX) ** 2);
        const inPlane = Math.fround(dy * dy * (mmY * mmY) + inRow);
        return Math.fround(dz * dz * (mmZ * mmZ) + inPlane) <= limit;
      };
      if (!isInside(0)) continue;
      let half = 0;
      while (half + 1 < size[0] && isInside(half + 1)) half++;
      rows.push([dy, dz, half]);
    }
  }
  return Int32Array.from(rows.sort((a, b) => a[2] - b[2]).flat());
}

export function ball(arena: Arena, task: BallTask): void {
  const [nx, ny, nz] = task.size;
  const rows = widened(task.rows, task.reach[0], ny);
  const planes = widened(task.planes, task.reach[1], nz);
  const box: Box = { start: [0, rows[0], planes[0]], size: [nx, rows[1] - rows[0], planes[1] - planes[0]] };
  const tile: Box = {
    start: [0, task.rows[0], task.planes[0]],
    size: [nx, task.rows[1] - task.rows[0], task.planes[1] - task.planes[0]],
  };
  const numbers = rowsOf(task);
  const rowBytes = wordsOf(nx) * 8;
  const ballRows = arena.take(numbers.byteLength);
  arena.view('int32', ballRows, numbers.length).set(numbers);
  const bits = arena.take(rowBytes * box.size[1] * box.size[2]);
  const grown = arena.take(rowBytes * tile.size[1] * tile.size[2]);
  const scratch = arena.take(rowBytes * 2);
  const mask = arena.fetchMask(task.source, box);
  const out = arena.take(boxCount(tile) + 8);
  arena.kernels.dilate_rows(
    mask,
    task.erode ? 1 : 0,
    nx,
    box.size[1],
    box.size[2],
    ballRows,
    numbers.length / ROW_NUMBERS,
    task.rows[0] - rows[0],
    task.rows[1] - rows[0],
    task.planes[0] - planes[0],
    task.planes[1] - planes[0],
    bits,
    grown,
    scratch,
    out,
  );
  arena.store(task.target, tile, out);
}
