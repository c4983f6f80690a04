import { ANATOMY_LABELS } from '../labels.ts';
import { sliceAt, type Trunk } from './trunk.ts';

/** The lowest slice above the fork of the windpipe and the middle of the windpipe there, LPS mm. */
export interface WindpipeFork {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

/** Mean position of the windpipe in the slices just above its fork, and the height of the fork. */
export function findFork(trunk: Trunk): WindpipeFork | undefined {
  const { labels } = trunk;
  const [nx, ny, nz] = labels.size;
  let lowest: { k: number; x: number; y: number } | undefined;
  // Throat and mouth are wide too; they lie above the lungs.
  const apex = trunk.marks.lungs === undefined ? nz - 1 : sliceAt(trunk, trunk.marks.lungs.apexZ);
  for (let k = apex; k >= 0; k--) {
    let count = 0;
    let [x, y] = [0, 0];
    let [left, right] = [nx, -1];
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        if (labels.data[i + nx * (j + ny * k)] !== ANATOMY_LABELS.airways) continue;
        count++;
        x += i;
        y += j;
        left = Math.min(left, i);
        right = Math.max(right, i);
      }
    if (count === 0) continue;
    // Below the fork the bronchi lie further apart than a windpipe is wide.
    if ((right - left) * labels.spacingMm[0] > 36) break;
    lowest = { k, x: trunk.x(x / count), y: trunk.y(y / count) };
  }
  return lowest;
}
