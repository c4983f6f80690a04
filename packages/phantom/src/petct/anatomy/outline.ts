import { Profile, type ProfileRow } from '../profile.ts';
import { ellipsoid, mirrored, type Shape, type TubeNode, tube } from '../shapes.ts';
import type { Build } from './build.ts';
import type { Canvas } from './canvas.ts';

const SKIN_MM = 2;

/** Torso at a subcutaneous fat of 14 mm: z, half width, front, back, squareness. */
const torsoMale: readonly ProfileRow[] = [
  [292, 52, -20, 84],
  [276, 98, -32, 94],
  [260, 142, -50, 104, 0.3, 0.5],
  [240, 170, -72, 110, 0.35, 0.6],
  [205, 179, -94, 115, 0.4, 0.7],
  [150, 174, -108, 117, 0.4, 0.72],
  [70, 168, -115, 117, 0.35, 0.72],
  [0, 163, -115, 116, 0.3, 0.72],
  [-80, 159, -112, 113, 0.3, 0.72],
  [-150, 154, -108, 110, 0.35, 0.72],
  [-220, 160, -106, 110, 0.4, 0.72],
  [-290, 173, -104, 114, 0.4, 0.7],
  [-350, 180, -102, 118, 0.35, 0.65],
  [-392, 180, -97, 117, 0.3, 0.5],
  [-420, 160, -80, 100, 0.2, 0.3],
  [-440, 110, -46, 66, 0.1, 0.1],
  [-450, 60, -20, 40, 0, 0],
];

const head: readonly ProfileRow[] = [
  [492, 3, -6, 6, 0.1, 0.08],
  [488, 28, -38, 34, 0.1, 0.08],
  [478, 47, -62, 56, 0.1, 0.08],
  [460, 63, -82, 76, 0.1, 0.08],
  [432, 74, -95, 91, 0.1, 0.08],
  [402, 77, -99, 95, 0.1, 0.08],
  [378, 75, -97, 90, 0.1, 0.08],
  [352, 69, -96, 76, 0.1, 0.08],
  [330, 64, -95, 62, 0.1, 0.08],
  [310, 58, -93, 48, 0.1, 0.08],
  [296, 48, -90, 40, 0.1, 0.08],
  [286, 36, -80, 36, 0.1, 0.08],
];

const neck: readonly ProfileRow[] = [
  [362, 56, -26, 76, 0.1, 0.1],
  [330, 55, -32, 79, 0.1, 0.1],
  [305, 54, -37, 80, 0.1, 0.1],
  [280, 58, -40, 84, 0.1, 0.15],
  [255, 72, -42, 92, 0.15, 0.2],
  [236, 90, -46, 98, 0.2, 0.3],
];

/** Inner surface of the chest, belly and pelvis. */
const cavityRows: readonly ProfileRow[] = [
  [259, 44, 12, 50, 0.2, 0.2],
  [252, 64, -8, 60, 0.2, 0.2],
  [238, 84, -30, 72, 0.2, 0.3],
  [212, 106, -56, 82, 0.2, 0.4],
  [180, 120, -72, 87, 0.2, 0.5],
  [140, 129, -82, 89, 0.25, 0.5],
  [80, 136, -90, 89, 0.25, 0.5],
  [20, 139, -92, 87, 0.25, 0.5],
  [-40, 137, -92, 82, 0.25, 0.45],
  [-100, 132, -90, 73, 0.3, 0.4],
  [-160, 125, -87, 60, 0.35, 0.35],
  [-230, 124, -85, 54, 0.35, 0.3],
  [-270, 114, -84, 62, 0.3, 0.3],
  [-310, 94, -82, 76, 0.25, 0.3],
  [-350, 78, -80, 86, 0.2, 0.3],
  [-390, 60, -66, 88, 0.2, 0.2],
  [-418, 34, -40, 74, 0.1, 0.1],
];

/** The nested surfaces that the organs are fitted to. */
export interface Outline {
  readonly cavity: Profile;
  readonly head: Profile;
  /** Everything inside the skin lies in these shapes. */
  readonly skin: readonly Shape[];
}

function thinner(rows: readonly ProfileRow[], side: number, front: number, back: number): ProfileRow[] {
  return rows.map(([z, half, f, b, ...square]) => {
    const middle = (f + b) / 2;
    return [
      z,
      Math.max(2, half - side),
      Math.min(middle - 2, f + front),
      Math.max(middle + 2, b - back),
      ...square,
    ];
  });
}

function torsoRows(build: Build): ProfileRow[] {
  const extra = build.fatMm - 14;
  return torsoMale.map(([z, half, f, b, ...square]) => {
    const belly = z < 20 && z > -330 ? 1 : 0.45;
    let width = half;
    if (build.sex === 'F') width *= z > 120 ? 0.95 : z > -210 && z < -60 ? 0.96 : z < -260 ? 1.05 : 1;
    return [z, width + extra * 0.9, f - extra * belly, b + extra * 0.25, ...square];
  });
}

/** Skin, subcutaneous fat and muscle of trunk, head, arms and legs; the cavity is left for the organs. */
export function paintOutline(canvas: Canvas, build: Build): Outline {
  const { fatMm } = build;
  const torso = torsoRows(build);
  const limbs = [...arms(build), ...legs(build)];
  const breasts = build.sex === 'F' ? breastShapes(build) : [];

  const skin: Shape[] = [
    new Profile(torso),
    new Profile(head),
    new Profile(neck),
    ellipsoid([0, -98, 362], [13, 17, 22]),
    ...limbs.flatMap((limb) => tube(limb.nodes)),
    ...breasts.map(([center, r]) => ellipsoid([center, -92, 92], [r, 46, r * 0.95])),
  ];
  canvas.paint('skin', skin);
  canvas.paint('fat', [
    new Profile(thinner(torso, SKIN_MM, SKIN_MM, SKIN_MM)),
    new Profile(thinner(head, SKIN_MM, SKIN_MM, SKIN_MM)),
    new Profile(thinner(neck, SKIN_MM, SKIN_MM, SKIN_MM)),
    ...limbs.flatMap((limb) => tube(limb.nodes.map(([x, y, z, r]) => [x, y, z, r - SKIN_MM]))),
    ...breasts.map(([center, r]) =>
      ellipsoid([center, -92, 92], [r - SKIN_MM, 46 - SKIN_MM, r * 0.95 - SKIN_MM]),
    ),
  ]);
  canvas.paint(
    'breast-gland',
    breasts.map(([center, r]) => ellipsoid([center, -112, 90], [r * 0.5, 17, r * 0.45])),
  );
  const front = fatMm * 0.95 + SKIN_MM;
  const muscle = thinner(torso, fatMm * 0.9 + SKIN_MM, front, fatMm * 0.6 + SKIN_MM);
  canvas.paint('muscle', [
    new Profile(muscle),
    new Profile(thinner(neck, 9, 8, 9)),
    new Profile(thinner(head, 8, 9, 6).filter(([z]) => z < 380)),
    ...limbs.flatMap((limb) => tube(limb.nodes.map(([x, y, z, r]) => [x, y, z, r - limb.fatMm]))),
  ]);
  for (const side of [-1, 1]) {
    // fat between the shoulder blade and the chest, the armpit, and the cleft between the big muscles of the back
    canvas.paint('fat', ellipsoid([side * 142, 10, 188], [13, 34, 34], [0, 0, side * 8]), ['muscle']);
    canvas.paint('fat', ellipsoid([side * 124, -70, 178], [26, 4, 46], [0, 0, side * 28]), ['muscle']);
    canvas.paint('fat', ellipsoid([side * 40, 62, -420], [52, 7, 60], [0, 0, side * 20]), ['muscle']);
  }
  canvas.paint('fat', ellipsoid([0, 116, -372], [4, 34, 70]), ['muscle', 'fat', 'skin']);
  paintLegFat(canvas, build);
  return { cavity: new Profile(cavityRows), head: new Profile(head), skin };
}

interface Limb {
  readonly nodes: readonly TubeNode[];
  readonly fatMm: number;
}

function arms({ arms: position, fatMm }: Build): Limb[] {
  const right: TubeNode[] =
    position === 'up'
      ? [
          [-132, 28, 226, 50],
          [-158, 22, 268, 50],
          [-170, 6, 330, 45],
          [-172, -12, 410, 42],
          [-166, -26, 500, 39],
          [-158, -34, 560, 36],
        ]
      : [
          [-140, 26, 222, 52],
          [-184, 26, 206, 46],
          [-208, 30, 120, 42],
          [-222, 34, -40, 38],
          [-226, 22, -120, 37],
          [-226, -4, -230, 31],
          [-222, -14, -330, 24],
        ];
  const limbFat = 5 + fatMm * 0.3;
  return [right, mirrored(right)].map((nodes) => ({ nodes, fatMm: limbFat }));
}

function legs({ fatMm, sex }: Build): Limb[] {
  const wide = sex === 'F' ? 3 : 0;
  const right: TubeNode[] = [
    [-92, 6, -400, 84 + wide],
    [-94, 8, -450, 85 + wide],
    [-93, 6, -520, 80 + wide],
    [-92, 4, -600, 74],
  ];
  return [right, mirrored(right)].map((nodes) => ({ nodes, fatMm: fatMm * 0.6 + SKIN_MM }));
}

/** Fat planes between the muscle groups of the thigh. */
function paintLegFat(canvas: Canvas, _build: Build): void {
  for (const side of [-1, 1]) {
    canvas.paint('fat', ellipsoid([side * 66, -18, -505], [4, 38, 110], [0, 0, side * -32]), ['muscle']);
    canvas.paint('fat', ellipsoid([side * 88, 40, -505], [44, 4, 110], [0, 0, side * 8]), ['muscle']);
    canvas.paint('fat', ellipsoid([side * 122, 14, -505], [4, 36, 110], [0, 0, side * 24]), ['muscle']);
    canvas.paint('fat', ellipsoid([side * 62, -62, -380], [22, 16, 40]), ['muscle']);
  }
}

function breastShapes({ fatMm }: Build): readonly (readonly [number, number])[] {
  const radius = 56 + fatMm * 0.5;
  return [
    [-82, radius],
    [82, radius],
  ];
}
