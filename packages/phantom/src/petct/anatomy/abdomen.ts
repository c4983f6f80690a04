import type { Vec3 } from '@photopeak/imaging';
import { sin } from '../../shared/exact-math.ts';
import type { Random } from '../../shared/random.ts';
import type { Profile } from '../profile.ts';
import { ellipsoid, inset, smoothCurve, type TubeNode, tube, where } from '../shapes.ts';
import type { TissueName } from '../tissues.ts';
import type { Build, RemovableOrgan } from './build.ts';
import { Canvas } from './canvas.ts';
import type { Outline } from './outline.ts';
import { DIAPHRAGM_MM, diaphragm } from './thorax.ts';

/** Centre moved by up to `mm` along each axis. */
function shifted(random: Random, [x, y, z]: Vec3, mm: number): Vec3 {
  return [x + random.between(-mm, mm), y + random.between(-mm, mm), z + random.between(-mm, mm)];
}

function sized(random: Random, radii: Vec3, part: number): Vec3 {
  return radii.map((r) => random.around(r, part)) as unknown as Vec3;
}

function insideCavity(cavity: Profile, x: number, y: number, z: number): boolean {
  return z < diaphragm(x, y) - DIAPHRAGM_MM && cavity.contains(x * 1.03, y * 1.04, z);
}

/** Where an organ is drawn: an absent one on a sheet that nobody sees, so that all else is drawn the same. */
type SheetFor = (organ: RemovableOrgan) => Canvas;

function paintLiver(canvas: Canvas, cavity: Profile, random: Random): void {
  const tip = random.between(-160, -135);
  const thick = random.between(0.94, 1.1);
  const right = ellipsoid([-72, 0, -58], [84, 84 * thick, 108], [0, 0, 0]);
  canvas.paint(
    'liver',
    where(
      right,
      (x, y, z) =>
        z > tip + 0.34 * (x + 125) + 0.0024 * (x + 125) * (x + 125) + 0.0018 * (y + 20) * (y + 20) &&
        x < 34 &&
        insideCavity(cavity, x, y, z),
    ),
  );
  const left = ellipsoid([18, -50, -40], [random.between(66, 96), 36, 40], [0, 14, 0]);
  canvas.paint(
    'liver',
    where(left, (x, y, z) => insideCavity(cavity, x, y, z)),
  );
  canvas.paint('visceral-fat', ellipsoid([-18, -20, -104], [26, 16, 26], [0, 0, 20]), ['liver']);
  const vessels: TubeNode[][] = [
    [
      [-22, 4, -28, 7],
      [-58, 4, -22, 5],
      [-98, 12, -28, 3],
    ],
    [
      [-22, 4, -28, 7],
      [-48, -30, -26, 5],
      [-78, -56, -44, 2.6],
    ],
    [
      [-22, 4, -28, 6],
      [2, -28, -24, 4.5],
      [26, -48, -32, 2.6],
    ],
    [
      [-8, -4, -104, 7],
      [-34, -6, -84, 7],
      [-70, 8, -74, 5],
      [-104, 26, -82, 2.6],
    ],
    [
      [-34, -6, -84, 6],
      [-30, -34, -62, 5],
      [8, -50, -46, 3],
    ],
    [
      [-70, 8, -74, 4.5],
      [-92, -20, -66, 3],
      [-112, -36, -70, 2],
    ],
  ];
  for (const path of vessels) canvas.paint('liver-vessel', tube(smoothCurve(path, 4)), ['liver']);
  canvas.paint(
    'gallbladder',
    ellipsoid(shifted(random, [-52, -52, -112], 5), sized(random, [15, 17, 28], 0.15), [18, 0, 0]),
  );
}

function paintStomach(canvas: Canvas, random: Random): void {
  const full = random.between(0.75, 1.1);
  const path = smoothCurve(
    [
      [58, 14, -42, 36 * full],
      [68, -6, -72, 34 * full],
      [62, -38, -102, 28 * full],
      [30, -56, -124, 21 * full],
      [-6, -46, -128, 15],
      [-24, -34, -118, 11],
    ],
    5,
  );
  canvas.mark('stomach', tube(path));
  canvas.paint('stomach-wall', tube(path));
  const lumen = inset(path, 4.5);
  canvas.paint('stomach-content', tube(lumen));
  const level = random.between(-34, -18);
  canvas.paint(
    'bowel-gas',
    tube(lumen).map((part) => where(part, (_x, y) => y < level - 18)),
  );
}

/** Gut along a path: wall, content, and gas where the body lies highest (in front) in parts of it. */
function paintGut(
  canvas: Canvas,
  path: readonly TubeNode[],
  wall: TissueName,
  content: TissueName,
  wallMm: number,
  gas: (index: number) => number,
): void {
  const lumen = inset(path, wallMm);
  canvas.paint(wall, tube(path));
  canvas.paint(content, tube(lumen));
  tube(lumen).forEach((part, index) => {
    const filled = gas(index);
    if (filled <= 0) return;
    const front = part.box.low[1];
    const level = front + filled * (part.box.high[1] - front);
    canvas.paint(
      'bowel-gas',
      where(part, (_x, y) => y < level),
    );
  });
}

function paintColon(canvas: Canvas, random: Random): void {
  const at = (x: number, y: number, z: number, r: number): TubeNode => [
    x + random.between(-6, 6),
    y + random.between(-5, 5),
    z + random.between(-8, 8),
    random.around(r, 0.12),
  ];
  const path = smoothCurve(
    [
      at(-84, -18, -292, 24),
      at(-94, 0, -250, 26),
      at(-98, 8, -205, 24),
      at(-94, -4, -168, 23),
      at(-62, -58, -176, 21),
      at(-18, -72, -190, 20),
      at(34, -72, -184, 20),
      at(78, -48, -150, 20),
      at(102, 10, -112, 20),
      at(106, 26, -150, 18),
      at(104, 26, -210, 17),
      at(96, 14, -262, 17),
      at(76, 0, -300, 16),
      at(44, -14, -322, 16),
      at(16, 12, -318, 16),
      at(4, 46, -322, 18),
      [0, 66, -352, 20],
      [0, 64, -384, 15],
      [0, 58, -408, 9],
    ],
    7,
  );
  const haustra = path.map(
    ([x, y, z, r], n): TubeNode => [x, y, z, n < path.length - 12 ? r * (0.92 + 0.13 * sin(n * 1.9)) : r],
  );
  const gas = random.fork('gas');
  const share = haustra.map(() => (gas.uniform() < 0.45 ? gas.between(0.2, 0.7) : 0));
  paintGut(canvas, haustra, 'colon-wall', 'colon-content', 3, (n) => share[Math.floor(n / 4) * 4] ?? 0);
}

function paintSmallBowel(canvas: Canvas, random: Random): void {
  const nodes: TubeNode[] = [
    [-24, -34, -118, 11],
    [-46, -10, -134, 13],
    [-44, 0, -170, 13],
    [-12, -4, -186, 12],
    [26, -12, -150, 12],
  ];
  let across = 1;
  for (let layer = 0; layer < 3; layer++) {
    const depth = -62 + layer * 26;
    for (let row = 0; row < 5; row++) {
      const z = -206 - row * 23;
      const half = 70 - row * 5;
      for (let n = 0; n < 4; n++) {
        const x = across * (-half + (2 * half * n) / 3);
        nodes.push([
          x + random.between(-9, 9),
          depth + random.between(-10, 10),
          z + random.between(-11, 11),
          random.between(9.5, 13.5),
        ]);
      }
      across = -across;
    }
  }
  const gas = random.fork('gas');
  const path = smoothCurve(nodes, 5);
  const share = path.map(() => (gas.uniform() < 0.12 ? gas.between(0.2, 0.5) : 0));
  paintGut(canvas, path, 'bowel-wall', 'bowel-content', 2.6, (n) => share[Math.floor(n / 5) * 5] ?? 0);
}

function paintKidneys(random: Random, sheet: SheetFor): void {
  for (const side of [-1, 1] as const) {
    const here = sheet(side < 0 ? 'kidneyRight' : 'kidneyLeft');
    const center = shifted(random, [side * 60, 34, side < 0 ? -136 : -122], 5);
    const radii = sized(random, [25, 23, 53], 0.08);
    const tilt: Vec3 = [-14, side * -12, side * 24];
    const shell = ellipsoid(center, [radii[0] + 9, radii[1] + 9, radii[2] + 9], tilt);
    here.paint('visceral-fat', shell, ['visceral-fat', 'muscle', 'liver', 'spleen', 'bowel-content']);
    here.paint(side < 0 ? 'kidney-right' : 'kidney-left', ellipsoid(center, radii, tilt));
    const hilum: Vec3 = [center[0] - side * 13, center[1] - 6, center[2]];
    here.paint('visceral-fat', ellipsoid(hilum, [14, 9, 23], tilt));
    here.paint('renal-pelvis', ellipsoid(hilum, [9, 5, 14], tilt));
    for (const dz of [-26, -2, 22]) {
      here.paint(
        'renal-pelvis',
        tube([
          [hilum[0], hilum[1], hilum[2] + dz * 0.3, 3.6],
          [center[0] + side * 3, center[1], center[2] + dz, 4.4],
        ]),
      );
    }
    const ureter = smoothCurve(
      [
        [hilum[0] - side * 6, hilum[1] - 4, hilum[2] - 10, 3],
        [side * 36, 14, -190, 2.2],
        [side * 38, 10, -236, 2.2],
        [side * 46, 24, -290, 2.2],
        [side * 44, 18, -330, 2.2],
        [side * 18, -8, -358, 2.4],
      ],
      6,
    );
    here.paint('ureter', tube(ureter));
    const spots = random.integer(1, 2);
    for (let n = 0; n < spots; n++) {
      const start = random.integer(4, ureter.length - 6);
      here.paint('ureter-spot', tube(ureter.slice(start, start + 3).map(([x, y, z]) => [x, y, z, 3])));
    }
  }
}

function paintPelvicOrgans(canvas: Canvas, build: Build, sheet: SheetFor): void {
  const random = build.random.fork('pelvis');
  const filling = random.between(0.8, 1.15);
  const bladder: Vec3 = [random.between(-4, 4), -40, -364];
  const radii: Vec3 = [38 * filling, 32 * filling, 27 * filling];
  if (build.sex === 'M') {
    canvas.paint('prostate', ellipsoid([0, -16, -400], sized(random, [22, 17, 18], 0.15)));
    for (const side of [-1, 1])
      canvas.paint('prostate', ellipsoid([side * 20, 12, -374], [18, 6, 6], [0, 0, side * -18]));
  } else {
    canvas.paint(
      'uterus',
      ellipsoid([random.between(-6, 6), 2, -340], sized(random, [27, 22, 32], 0.12), [-30, 0, 0]),
    );
    for (const side of [-1, 1]) canvas.paint('uterus', ellipsoid([side * 44, 14, -328], [13, 10, 15]));
  }
  sheet('bladder').paint('bladder-wall', ellipsoid(bladder, radii.map((r) => r + 3.5) as unknown as Vec3));
  sheet('bladder').paint('bladder', ellipsoid(bladder, radii));
}

/** Organs below the diaphragm. */
export function paintAbdomen(canvas: Canvas, build: Build, { cavity }: Outline): void {
  const random = build.random.fork('abdomen');
  const blank = new Canvas();
  const sheet: SheetFor = (organ) => (build.absent.has(organ) ? blank : canvas);
  for (const side of [-1, 1]) {
    const psoas: TubeNode[] = [
      [side * 28, 34, -84, 9],
      [side * 40, 28, -150, 17],
      [side * 50, 26, -215, 22],
      [side * 66, 2, -285, 22],
      [side * 82, -30, -335, 19],
      [side * 96, -16, -392, 14],
    ];
    canvas.paint('muscle', tube(psoas));
    canvas.paint('muscle', ellipsoid([side * 92, 14, -268], [14, 50, 50], [0, side * 16, side * -24]), [
      'visceral-fat',
    ]);
    canvas.paint('muscle', ellipsoid([side * 58, 64, -338], [24, 10, 26], [0, 0, side * -30]), [
      'visceral-fat',
    ]);
  }
  paintLiver(canvas, cavity, random.fork('liver'));
  const spleen = random.fork('spleen');
  sheet('spleen').paint(
    'spleen',
    where(
      ellipsoid(shifted(spleen, [100, 44, -62], 4), sized(spleen, [29, 42, 54], 0.12), [0, 16, -28]),
      (x, y, z) => insideCavity(cavity, x, y, z),
    ),
  );
  paintKidneys(random.fork('kidneys'), sheet);
  paintColon(canvas, random.fork('colon'));
  paintSmallBowel(canvas, random.fork('small-bowel'));
  canvas.paint(
    'pancreas',
    tube(
      smoothCurve(
        [
          [-34, -6, -132, 14],
          [-14, -14, -124, 12],
          [14, -14, -112, 11],
          [46, 8, -98, 10],
          [76, 30, -84, 8],
        ],
        5,
      ),
    ),
    ['visceral-fat', 'bowel-wall', 'bowel-content', 'bowel-gas', 'vein'],
  );
  paintStomach(sheet('stomach'), random.fork('stomach'));
  for (const side of [-1, 1]) {
    canvas.paint(
      'muscle',
      tube([
        [side * 30, 30, -66, 3.2],
        [side * 36, 36, -86, 3],
      ]),
      ['visceral-fat'],
    );
  }
  paintPelvicOrgans(canvas, build, sheet);
}
