import type { Vec3 } from '@photopeak/imaging';
import { square } from '../../shared/exact-math.ts';
import type { Random } from '../../shared/random.ts';
import type { Profile } from '../profile.ts';
import { ellipsoid, type Shape, smoothCurve, type TubeNode, tube, where } from '../shapes.ts';
import type { Build } from './build.ts';
import type { Canvas } from './canvas.ts';
import { type Fissures, HILUM } from './fissures.ts';
import type { Outline } from './outline.ts';
import { spineDepth } from './spine.ts';

/** Thickness of the diaphragm. */
export const DIAPHRAGM_MM = 2.2;

/** Height of the diaphragm: a right dome, a lower left dome and the saddle under the heart. */
export function diaphragm(x: number, y: number): number {
  const fall = (dy: number) => (dy < 0 ? 34 * (dy / 85) * (dy / 85) : 88 * (dy / 95) * (dy / 95));
  const right = 0 - 44 * ((x + 72) / 68) * ((x + 72) / 68) - fall(y + 8);
  const left = -13 - 44 * ((x - 72) / 68) * ((x - 72) / 68) - fall(y + 2);
  const middle = -13 - 28 * ((x - 8) / 60) * ((x - 8) / 60) - fall(y + 20) * 1.2;
  return Math.max(right, left, middle);
}

/** Half width of the mediastinum between the lungs. */
function mediastinalGap(y: number, z: number): number {
  const high = z > 175 ? Math.min(1, (z - 175) / 40) : 0;
  const front = y < -40 ? Math.min(1, (-40 - y) / 25) : 0;
  const back = y > 20 ? Math.min(1, (y - 20) / 35) : 0;
  const middle = 27 + 7 * high;
  return middle + (6 - middle) * front + (21 - middle) * back * (1 - front);
}

function lung(cavity: Profile, side: -1 | 1): Shape {
  const low = cavity.box.low;
  const high = cavity.box.high;
  return {
    box: {
      low: [side < 0 ? low[0] : 0, low[1], -110],
      high: [side < 0 ? 0 : high[0], high[1], 257],
    },
    contains(x, y, z) {
      const middle = y < -40 ? 3 : 2;
      if (side * (x - middle) < mediastinalGap(y, z)) return false;
      // 4 mm of chest wall: the section is tested a little outside
      const grown = 1.03;
      return z > diaphragm(x, y) && cavity.contains(x * grown, y * grown - 0.2, z + 2);
    },
  };
}

interface Branch {
  readonly from: TubeNode;
  readonly to: TubeNode;
  readonly depth: number;
}

/** A tree that divides in two until its twigs are thin, steered away from where it has been. */
function grow(
  random: Random,
  from: Vec3,
  direction: Vec3,
  length: number,
  radius: number,
  depth: number,
): Branch[] {
  const norm = Math.sqrt(square(direction[0]) + square(direction[1]) + square(direction[2]));
  const unit = direction.map((value) => value / norm) as unknown as Vec3;
  const to: Vec3 = [from[0] + unit[0] * length, from[1] + unit[1] * length, from[2] + unit[2] * length];
  const branches: Branch[] = [{ from: [...from, radius], to: [...to, radius * 0.82], depth }];
  if (depth === 0) return branches;
  const axis: Vec3 = [random.normal(), random.normal(), random.normal()];
  for (const sign of [-1, 1]) {
    const spread = random.between(0.45, 0.75) * sign;
    const next: Vec3 = [
      unit[0] + axis[0] * spread * 0.6,
      unit[1] + axis[1] * spread * 0.6,
      unit[2] + axis[2] * spread * 0.6,
    ];
    const share = sign < 0 ? 0.86 : 0.72;
    branches.push(...grow(random, to, next, length * random.between(0.72, 0.92), radius * share, depth - 1));
  }
  return branches;
}

const LUNG = ['lung-right', 'lung-left'] as const;

/** A vessel thins out towards the edge of its lobe: this much room, and so many radii, lie between. */
const CLEARANCE_MM = 3;
const CLEARANCE_RADII = 2;
/** Pieces of a branch that are kept or left out, none longer than 5 mm. */
const PIECES = 8;

/** Keeps the branches of a tree in the lobe that its stem leads to; without fissures they go where they grow. */
function within(fissures: Fissures | undefined, stem: Vec3, branches: readonly Branch[]): Branch[] {
  if (fissures === undefined) return [...branches];
  const home = fissures.lobeAt(...stem);
  const isKept = ([x, y, z, radius]: TubeNode): boolean => {
    const clear = fissures.clearance(x, y, z);
    if (clear === Number.POSITIVE_INFINITY) return true;
    return fissures.lobeAt(x, y, z) === home && clear > CLEARANCE_MM + CLEARANCE_RADII * radius;
  };
  return branches.flatMap(({ from, to, depth }) => {
    const at = (t: number): TubeNode =>
      from.map((start, axis) => start + t * (to[axis]! - start)) as unknown as TubeNode;
    const kept: Branch[] = [];
    let begun: number | undefined;
    for (let n = 0; n <= PIECES; n++) {
      if (n < PIECES && isKept(at((n + 0.5) / PIECES))) begun ??= n;
      else if (begun !== undefined) {
        kept.push({ from: at(begun / PIECES), to: at(n / PIECES), depth });
        begun = undefined;
      }
    }
    return kept;
  });
}

/** Where the stem of a lobe's tree leads. */
const STEM_MM = 65;

function paintLungTrees(canvas: Canvas, random: Random, fissures: Fissures | undefined): void {
  // where lobar branches leave the hilum: direction and length
  const lobes: Record<'right' | 'left', readonly Vec3[]> = {
    right: [
      [-0.5, 0.1, 1],
      [-0.7, -0.6, 0.35],
      [-0.8, 0.7, 0.5],
      [-0.6, -0.75, -0.35],
      [-0.8, 0.1, -0.75],
      [-0.35, 0.55, -1],
    ],
    left: [
      [0.45, 0.1, 1],
      [0.7, -0.7, 0.4],
      [0.8, 0.6, 0.45],
      [0.75, -0.6, -0.35],
      [0.9, 0.15, -0.7],
      [0.45, 0.6, -1],
    ],
  };
  for (const side of ['right', 'left'] as const) {
    const sign = side === 'right' ? -1 : 1;
    const hilum = HILUM[side];
    lobes[side].forEach((direction, lobe) => {
      const stream = random.fork('lung-tree', side, lobe);
      const long = STEM_MM / Math.sqrt(direction.reduce((sum, value) => sum + square(value), 0));
      const stem = hilum.map((from, axis) => from + long * direction[axis]!) as unknown as Vec3;
      const kept = (branches: readonly Branch[]) => within(fissures, stem, branches);
      const artery = grow(stream.fork('artery'), hilum, direction, 36, 5.2, 6);
      canvas.paint(
        'lung-vessel',
        kept(artery).flatMap(({ from, to }) => tube([from, to])),
        LUNG,
      );
      const vein: Vec3 = [hilum[0] - sign * 4, hilum[1] - 16, hilum[2] - 22];
      const veins = grow(
        stream.fork('vein'),
        vein,
        [direction[0], direction[1] - 0.25, direction[2] * 0.8],
        38,
        4.2,
        5,
      );
      canvas.paint(
        'lung-vessel',
        kept(veins).flatMap(({ from, to }) => tube([from, to])),
        LUNG,
      );
      const start: Vec3 = [hilum[0], hilum[1] + 9, hilum[2] + 6];
      const bronchi = kept(grow(stream.fork('airway'), start, direction, 30, 4.4, 3));
      const over = [...LUNG, 'lung-vessel', 'airway-wall'] as const;
      canvas.paint(
        'airway-wall',
        bronchi.flatMap(({ from, to }) =>
          tube([
            [from[0], from[1], from[2], from[3] + 1.1],
            [to[0], to[1], to[2], to[3] + 1],
          ]),
        ),
        over,
      );
      canvas.paint(
        'airway',
        bronchi.flatMap(({ from, to }) => tube([from, to])),
        over,
      );
    });
  }
}

function paintHeart(canvas: Canvas, build: Build, lit: boolean): void {
  const random = build.random.fork('heart');
  const s = random.between(0.92, 1.08);
  const wall = lit ? 'myocardium' : 'muscle';
  // the long axis runs to the left, forward and down; pericardial fat first, then chambers and walls
  const turn: Vec3 = [0, 38, -38];
  canvas.paint('mediastinum', ellipsoid([22, -38, 34], [72 * s, 50 * s, 52 * s], [0, 30, -30]), [
    ...LUNG,
    'lung-vessel',
    'mediastinum',
  ]);
  const chambers = [
    ellipsoid([8, -58, 22], [48 * s, 23 * s, 36 * s], [0, 30, -14]),
    ellipsoid([-28, -36, 44], [22 * s, 29 * s, 36 * s]),
    ellipsoid([10, 4, 62], [36 * s, 21 * s, 25 * s]),
  ];
  canvas.paint('blood-pool', chambers);
  const center: Vec3 = [42, -42, 24];
  const outer = ellipsoid(center, [52 * s, 34 * s, 34 * s], turn);
  const inner = ellipsoid([center[0] - 3, center[1] + 2, center[2] + 3], [43 * s, 24 * s, 24 * s], turn);
  // cut off at the valve plane, across the long axis
  const apical = (x: number, y: number, z: number) =>
    (x - center[0]) * 0.62 - (y - center[1]) * 0.49 - (z - center[2]) * 0.62 > -27 * s;
  canvas.mark('heart', [...chambers, where(outer, apical), inner]);
  canvas.paint(wall, where(outer, apical));
  canvas.paint('blood-pool', inner);
}

function paintGreatVessels(canvas: Canvas): void {
  const aorta: TubeNode[] = smoothCurve(
    [
      [8, -22, 72, 15],
      [-6, -34, 100, 16],
      [-10, -36, 132, 16],
      [2, -22, 160, 15],
      [20, 6, 166, 14],
      [27, 30, 146, 13.5],
      [26, spineDepth(100) - 24, 100, 13],
      [22, spineDepth(40) - 24, 40, 12.5],
      [14, spineDepth(-20) - 25, -20, 12],
      [8, spineDepth(-90) - 24, -90, 11],
      [6, spineDepth(-160) - 26, -160, 10],
      [5, spineDepth(-205) - 27, -205, 9.5],
    ],
    5,
  );
  const cavaBelow: TubeNode[] = smoothCurve(
    [
      [-22, -26, 40, 12],
      [-22, -10, 4, 13],
      [-22, 6, -40, 13],
      [-20, spineDepth(-120) - 25, -120, 12],
      [-18, spineDepth(-205) - 26, -205, 11],
    ],
    4,
  );
  const trunk: TubeNode[] = [
    [22, -52, 84, 14],
    [26, -42, 112, 14],
    [18, -24, 128, 13],
  ];
  canvas.paint('vein', tube(cavaBelow));
  canvas.paint(
    'vein',
    tube([
      [-28, -30, 150, 10],
      [-28, -30, 112, 10],
      [-26, -32, 72, 11],
    ]),
  );
  canvas.paint(
    'vein',
    tube([
      [-28, -30, 152, 9],
      [-8, -46, 178, 7.5],
      [28, -48, 204, 7],
      [52, -40, 224, 6],
    ]),
  );
  canvas.paint(
    'vein',
    tube([
      [-28, -30, 152, 9],
      [-32, -38, 196, 7.5],
      [-46, -38, 226, 6],
    ]),
  );
  canvas.paint('blood-pool', tube(trunk));
  canvas.paint(
    'blood-pool',
    tube([
      [18, -24, 128, 12],
      [-8, -8, 120, 10.5],
      [-42, 10, 112, 9],
    ]),
  );
  canvas.paint(
    'blood-pool',
    tube([
      [18, -24, 128, 12],
      [34, -4, 128, 10.5],
      [46, 12, 118, 8.5],
    ]),
  );
  canvas.paint(
    'blood-pool',
    tube([
      [-22, 2, 66, 8],
      [-44, 4, 80, 6],
    ]),
  );
  canvas.paint(
    'blood-pool',
    tube([
      [34, 6, 68, 8],
      [50, 8, 82, 6],
    ]),
  );
  canvas.mark('aorta', tube(aorta));
  canvas.paint('aorta', tube(aorta));
  for (const side of [-1, 1]) {
    canvas.paint(
      'aorta',
      tube([
        [side < 0 ? -6 : 18, -10, 162, 6],
        [side * 20, -12, 206, 5],
        [side * 22, -10, 236, 4],
      ]),
    );
    canvas.paint(
      'aorta',
      tube([
        [side < 0 ? -6 : 22, -4, 168, 5],
        [side * 34, 2, 220, 5],
        [side * 78, -14, 236, 4.5],
      ]),
    );
    canvas.paint(
      'aorta',
      tube([
        [5, spineDepth(-205) - 27, -205, 7],
        [side * 34, 20, -258, 6],
        [side * 60, -20, -318, 5.5],
        [side * 68, -66, -372, 4.5],
        [side * 74, -52, -480, 4],
        [side * 70, -40, -600, 4],
      ]),
    );
    canvas.paint(
      'vein',
      tube([
        [-18, spineDepth(-205) - 26, -205, 8],
        [side * 32, 30, -262, 7],
        [side * 54, -12, -318, 6.5],
        [side * 58, -62, -372, 6],
        [side * 66, -46, -480, 5],
        [side * 64, -34, -600, 5],
      ]),
    );
  }
}

/**
 * Lungs, airways, heart, great vessels and gullet; `heartLit` draws the left ventricle's wall as avid muscle,
 * `fissures` keep each vessel of the lungs in its lobe.
 */
export function paintThorax(
  canvas: Canvas,
  build: Build,
  outline: Outline,
  options: { readonly heartLit: boolean; readonly fissures?: Fissures | undefined },
): void {
  const { cavity } = outline;
  canvas.paint('visceral-fat', cavity);
  canvas.paint(
    'muscle',
    where(cavity, (x, y, z) => z > diaphragm(x, y) - DIAPHRAGM_MM),
  );
  canvas.paint(
    'mediastinum',
    where(cavity, (x, y, z) => z > diaphragm(x, y)),
  );
  canvas.paint('lung-right', lung(cavity, -1));
  canvas.paint('lung-left', lung(cavity, 1));
  paintLungTrees(canvas, build.random, options.fissures);
  paintHeart(canvas, build, options.heartLit);
  paintGreatVessels(canvas);
  const gullet: TubeNode[] = [
    [2, -2, 262, 6.5],
    [6, 22, 200, 7],
    [8, 32, 140, 7],
    [10, 30, 80, 7.5],
    [16, 20, 20, 8],
    [28, 8, -24, 8],
  ];
  canvas.paint('oesophagus', tube(gullet));
  canvas.paint(
    'airway',
    tube([
      [6, 22, 205, 2],
      [8, 32, 170, 2.4],
    ]),
  );
  const windpipe: TubeNode[] = [
    [0, -16, 276, 9],
    [0, -10, 240, 9],
    [0, 2, 190, 9],
    [0, 12, 142, 9.5],
  ];
  const bronchi: TubeNode[][] = [
    [
      [0, 12, 142, 8],
      [-24, 18, 124, 7],
      [-43, 23, 113, 6],
    ],
    [
      [0, 12, 142, 7.5],
      [28, 20, 126, 6.5],
      [43, 23, 120, 5.8],
    ],
  ];
  const paths = [windpipe, ...bronchi];
  for (const path of paths) canvas.paint('airway-wall', tube(path.map(([x, y, z, r]) => [x, y, z, r + 1.6])));
  const lumen = paths.flatMap((path) => tube(path));
  canvas.mark('airways', lumen);
  canvas.paint('airway', lumen);
}
