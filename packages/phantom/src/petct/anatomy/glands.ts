import { ellipsoid, tube } from '../shapes.ts';
import type { Canvas } from './canvas.ts';
import { spineDepth } from './spine.ts';

/** Small glands and ganglia that FDG does not show and other tracers do. */
export function paintGlands(canvas: Canvas): void {
  canvas.paint('pituitary', ellipsoid([0, -17, 389], [6, 5, 4.5]));
  for (const side of [-1, 1]) {
    canvas.paint('lacrimal-gland', ellipsoid([side * 44, -76, 398], [5, 8, 6.5]));
    canvas.paint('adrenal-gland', [
      ...tube([
        [side * 30, 18, -68, 3.2],
        [side * 38, 34, -88, 2.6],
      ]),
      ...tube([
        [side * 30, 18, -68, 3.2],
        [side * 30, 36, -86, 2.6],
      ]),
    ]);
    // coeliac ganglia, in front of the crura beside the aorta
    canvas.paint(
      'ganglion',
      tube([
        [side * 15 + 6, spineDepth(-92) - 20, -92, 2.4],
        [side * 17 + 6, spineDepth(-104) - 17, -104, 2.8],
      ]),
    );
  }
}
