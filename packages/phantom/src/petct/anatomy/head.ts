import { square } from '../../shared/exact-math.ts';
import { Texture } from '../../shared/texture.ts';
import { Profile, type ProfileRow } from '../profile.ts';
import {
  ellipsoid,
  inset,
  mirrored,
  type Shape,
  smoothCurve,
  type TubeNode,
  tube,
  where,
} from '../shapes.ts';
import type { Build } from './build.ts';
import type { Canvas } from './canvas.ts';

/** Outer table of the skull, z to half width, front, back. */
const cranium: readonly ProfileRow[] = [
  [486, 3, -6, 6, 0.12, 0.08],
  [481, 30, -40, 36, 0.12, 0.08],
  [470, 46, -63, 57, 0.12, 0.08],
  [452, 61, -80, 75, 0.12, 0.08],
  [428, 69, -89, 86, 0.12, 0.08],
  [402, 71, -93, 89, 0.12, 0.08],
  [378, 69, -90, 84, 0.12, 0.08],
  [356, 60, -70, 68, 0.12, 0.08],
  [338, 50, -40, 56, 0.12, 0.08],
];

/** Floor of the brain: high above the eyes, low in the posterior fossa. */
function skullBase(y: number): number {
  return y < 0 ? 384 - 0.2 * y : 384 - 0.45 * y;
}

function shrink(rows: readonly ProfileRow[], mm: number): ProfileRow[] {
  return rows.map(([z, half, front, back, ...square], n) => [
    n === rows.length - 1 ? z : z - mm,
    Math.max(1, half - mm),
    Math.min(-1, front + mm),
    Math.max(1, back - mm),
    ...square,
  ]);
}

function paintBrain(canvas: Canvas, build: Build): void {
  const folds = new Texture(build.random.fork('gyri'));
  const hull = new Profile(shrink(cranium, 9));
  const above = (shape: Shape, lift: number) => where(shape, (_x, y, z) => z > skullBase(y) + lift);
  canvas.paint('cerebrospinal-fluid', above(new Profile(shrink(cranium, 7)), 0));
  canvas.paint('grey-matter', above(hull, 2));
  // furrows: fluid where the folds change sign near the surface
  canvas.paint(
    'cerebrospinal-fluid',
    where(hull, (x, y, z) => {
      if (z < skullBase(y) + 10) return false;
      const depth = 1 - Math.sqrt(square(x / 66) + square(y / 82) + square((z - 420) / 60));
      return depth < 0.13 && Math.abs(folds.at(x / 9 + 40, y / 9, z / 9)) < 0.1;
    }),
  );
  // white matter: the hull drawn in by an amount that varies from fold to fold
  const core = new Profile(shrink(cranium, 16));
  canvas.paint(
    'white-matter',
    where(core, (x, y, z) => {
      if (z < skullBase(y) + 12) return false;
      const u = x / 58;
      const v = y / 74;
      const w = (z - 425) / 48;
      const depth = 1 - Math.sqrt(u * u + v * v + w * w);
      const fold = folds.at(x / 9, y / 9, z / 9) + 0.6 * folds.at(x / 5, y / 5, z / 5 + 31);
      return depth + 0.11 * fold > 0.1 && Math.abs(x) > 2.5;
    }),
  );
  canvas.paint(
    'cerebrospinal-fluid',
    where(hull, (x, y, z) => Math.abs(x) < 1.4 && z > 432 - 0.1 * y),
  );
  for (const side of [-1, 1]) {
    canvas.paint('grey-matter', ellipsoid([side * 13, 6, 412], [9, 14, 10]));
    canvas.paint('grey-matter', ellipsoid([side * 24, -12, 411], [8, 19, 12], [0, 0, side * 14]));
    canvas.paint('cerebrospinal-fluid', ellipsoid([side * 9, -10, 426], [4.5, 24, 7], [0, 0, side * -10]));
    canvas.paint('cerebrospinal-fluid', ellipsoid([side * 20, 30, 420], [5, 15, 7], [0, 0, side * 24]));
    canvas.paint('white-matter', ellipsoid([side * 22, 48, 371], [14, 14, 9]));
  }
  canvas.paint(
    'white-matter',
    tube([
      [0, 2, 398, 13],
      [0, 14, 376, 12],
      [0, 24, 356, 8],
    ]),
  );
}

function paintFace(canvas: Canvas): void {
  const jaw: TubeNode[] = smoothCurve(
    [
      [-53, -2, 352, 7],
      [-51, -6, 326, 8],
      [-44, -38, 308, 8],
      [-26, -68, 302, 8],
      [0, -79, 300, 9],
    ],
    4,
  );
  const teeth = (z: number): TubeNode[] =>
    smoothCurve(
      [
        [-29, -42, z, 4.5],
        [-24, -62, z, 4.5],
        [-12, -77, z, 4],
        [0, -81, z, 3.6],
      ],
      4,
    );
  canvas.paint('cortical-bone', ellipsoid([0, -62, 336], [34, 26, 15]));
  canvas.paint('muscle', ellipsoid([0, -48, 330], [26, 30, 12]));
  for (const flip of [false, true]) {
    const side = flip ? 1 : -1;
    const nodes = flip ? mirrored(jaw) : jaw;
    canvas.paint('cortical-bone', tube(nodes));
    canvas.paint('spongy-bone', tube(inset(nodes, 3)));
    for (const z of [318, 328]) canvas.paint('cortical-bone', tube(flip ? mirrored(teeth(z)) : teeth(z)));
    canvas.paint(
      'cortical-bone',
      tube([
        [side * 34, -82, 362, 5],
        [side * 56, -62, 364, 5],
        [side * 66, -22, 368, 4],
      ]),
    );
    canvas.paint('cortical-bone', ellipsoid([side * 26, -66, 356], [16, 18, 18]));
    canvas.paint('sinus-air', ellipsoid([side * 26, -65, 356], [13.5, 15.5, 15.5]));
    canvas.paint('cortical-bone', ellipsoid([side * 33, -68, 386], [20, 24, 19]));
    canvas.paint('fat', ellipsoid([side * 33, -70, 386], [17, 25, 16.5]));
    canvas.paint('muscle', ellipsoid([side * 31, -58, 386], [4, 14, 10]));
    canvas.paint('eye', ellipsoid([side * 33, -80, 386], [12, 12, 12]));
    canvas.paint('spongy-bone', ellipsoid([side * 58, 26, 362], [11, 15, 16]));
    canvas.paint('sinus-air', ellipsoid([side * 60, 30, 358], [6, 9, 9]), ['spongy-bone']);
    canvas.paint('sinus-air', ellipsoid([side * 60, 8, 366], [9, 3.5, 3.5]));
  }
  canvas.paint('cortical-bone', ellipsoid([0, -66, 372], [12, 26, 16]));
  for (const side of [-1, 1]) {
    canvas.paint('sinus-air', ellipsoid([side * 5.5, -64, 374], [4, 22, 12]));
    canvas.paint('sinus-air', ellipsoid([side * 5, -74, 354], [3.6, 22, 12]));
  }
  canvas.paint('cortical-bone', ellipsoid([0, -18, 376], [15, 15, 12]));
  canvas.paint('sinus-air', ellipsoid([0, -19, 377], [12, 12, 9]));
  canvas.paint('sinus-air', ellipsoid([0, -84, 404], [13, 4.5, 8]));
}

/** Skull, brain, face, glands and the upper airway. */
export function paintHead(canvas: Canvas, build: Build): void {
  const outer = new Profile(cranium);
  canvas.paint(
    'cortical-bone',
    where(outer, (_x, y, z) => z > skullBase(y) - 7),
  );
  canvas.paint(
    'spongy-bone',
    where(new Profile(shrink(cranium, 2.2)), (_x, y, z) => z > skullBase(y) - 4),
  );
  canvas.paint(
    'cortical-bone',
    where(new Profile(shrink(cranium, 5)), (_x, y, z) => z > skullBase(y) - 4),
  );
  paintBrain(canvas, build);
  paintFace(canvas);
  const vary = build.random.fork('glands');
  for (const side of [-1, 1]) {
    const size = vary.between(0.88, 1.12);
    canvas.paint('salivary-gland', ellipsoid([side * 56, 10, 336], [10 * size, 15 * size, 21 * size]));
    canvas.paint('salivary-gland', ellipsoid([side * 29, -34, 300], [9 * size, 14 * size, 11 * size]));
    canvas.paint('thyroid', ellipsoid([side * 18, -14, 264], [8 * size, 9 * size, 21 * size]));
    canvas.paint('pharynx-wall', ellipsoid([side * 15, -20, 326], [6, 8, 11]));
    canvas.paint(
      'muscle',
      tube([
        [side * 50, 22, 340, 9],
        [side * 44, -8, 290, 10],
        [side * 24, -46, 234, 9],
      ]),
      ['fat'],
    );
    canvas.paint(
      'vein',
      tube([
        [side * 36, 6, 340, 5.5],
        [side * 33, -6, 290, 6.5],
        [side * 30, -22, 236, 7],
      ]),
    );
    canvas.paint(
      'aorta',
      tube([
        [side * 27, 4, 340, 3.6],
        [side * 24, -6, 290, 4],
        [side * 22, -10, 236, 4],
      ]),
    );
  }
  canvas.paint('thyroid', ellipsoid([0, -22, 258], [13, 4, 7]));
  const pharynx: TubeNode[] = [
    [0, -30, 362, 9],
    [0, -20, 340, 9],
    [0, -16, 312, 10],
    [0, -14, 290, 9],
    [0, -16, 274, 8.5],
  ];
  canvas.paint('pharynx-wall', tube(pharynx.map(([x, y, z, r]) => [x, y, z, r + 4])));
  canvas.paint(
    'cartilage',
    where(ellipsoid([0, -20, 280], [18, 19, 16]), (_x, y) => y < -14),
  );
  canvas.paint('muscle', ellipsoid([0, -17, 280], [14, 15, 17]));
  canvas.paint('airway', tube(pharynx.map(([x, y, z, r]) => [x, y, z, r * 0.72])));
}
