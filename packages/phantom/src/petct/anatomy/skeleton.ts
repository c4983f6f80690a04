import { cos, PI, sin } from '../../shared/exact-math.ts';
import type { Profile } from '../profile.ts';
import { ellipsoid, inset, mirrored, smoothCurve, type TubeNode, tube, where } from '../shapes.ts';
import type { Build } from './build.ts';
import type { Canvas } from './canvas.ts';
import type { Outline } from './outline.ts';
import type { Vertebra } from './spine.ts';

const RIB_DROP = [34, 52, 66, 78, 88, 96, 100, 98, 88, 70, 40, 24] as const;
const RIB_END_DEGREES = [138, 146, 150, 150, 148, 144, 138, 130, 122, 114, 78, 56] as const;

/** A long bone: compact shell around marrow. */
function paintBone(
  canvas: Canvas,
  nodes: readonly TubeNode[],
  shellMm: number,
  marrow: 'spongy-bone' | 'yellow-marrow' = 'spongy-bone',
): void {
  canvas.paint('cortical-bone', tube(nodes));
  canvas.paint(marrow, tube(inset(nodes, shellMm)));
}

/** One rib of the right side as a tube along the chest wall, and its cartilage to the breastbone. */
function rib(cavity: Profile, vertebra: Vertebra, number: number): { bone: TubeNode[]; end: TubeNode } {
  const [, y, z] = vertebra.center;
  const drop = RIB_DROP[number - 1]!;
  const last = (RIB_END_DEGREES[number - 1]! * PI) / 180;
  const bone: TubeNode[] = [[-16, y + 12, z + 4, 4.5]];
  const steps = 22;
  for (let n = 0; n <= steps; n++) {
    const angle = 0.42 + ((last - 0.42) * n) / steps;
    const height = z - (drop * (1 - cos(angle))) / 2;
    const { halfWidth, front, back } = cavity.section(height);
    const middle = (front + back) / 2;
    // between ellipse and the squarer cross-section of the chest
    const c = cos(angle);
    const s = sin(angle);
    const stretch = 1 + 0.16 * 4 * c * c * s * s * (c > 0 ? 1 : 0.6);
    bone.push([
      -(halfWidth + 7) * s * stretch,
      middle + (back - middle + 7) * c * stretch,
      height,
      n < 2 ? 4.6 : 5.6,
    ]);
  }
  return { bone, end: bone.at(-1)! };
}

function paintChest(canvas: Canvas, outline: Outline, thoracic: readonly Vertebra[]): void {
  const { cavity } = outline;
  thoracic.forEach((vertebra, index) => {
    const number = index + 1;
    const { bone, end } = rib(cavity, vertebra, number);
    for (const flip of [false, true]) {
      const nodes = flip ? mirrored(bone) : bone;
      paintBone(canvas, nodes, 1.9);
      if (number > 10) continue;
      const height = number <= 7 ? 206 - number * 18 : 78 - (number - 7) * 12;
      const breastbone = cavity.section(height).front - 11;
      const x = number <= 7 ? 17 : 34 + (number - 8) * 16;
      const y = number <= 7 ? breastbone : cavity.section(height).front - 5;
      const cartilage: TubeNode[] = [
        end,
        [(end[0] - x) / 2, (end[1] + y) / 2 - 6, Math.min(end[2], height) - (number > 3 ? 6 : 0), 6],
        [-x, y, height, 6],
      ];
      const curve = smoothCurve(cartilage, 5);
      canvas.paint('cartilage', tube(flip ? mirrored(curve) : curve));
    }
  });
  const sternum = (x: number): TubeNode[] =>
    [214, 200, 180, 150, 120, 92, 72].map((z) => [
      z > 185 ? x * 2.2 : x,
      cavity.section(z).front - 12,
      z,
      7.5,
    ]);
  for (const x of [-9, -3, 3, 9]) canvas.paint('cortical-bone', tube(sternum(x)));
  for (const x of [-9, -3, 3, 9]) canvas.paint('spongy-bone', tube(inset(sternum(x), 1.6)));
}

function paintShoulders(canvas: Canvas, build: Build): void {
  for (const side of [-1, 1]) {
    const collar: TubeNode[] = smoothCurve(
      [
        [side * 22, -66, 214, 8],
        [side * 62, -52, 232, 6.5],
        [side * 105, -10, 246, 6],
        [side * 140, 20, 252, 7],
      ],
      4,
    );
    paintBone(canvas, collar, 2.4);
    canvas.paint(
      'cortical-bone',
      ellipsoid([side * 104, 88, 168], [40, 3.6, 66], [0, side * 14, side * -24]),
    );
    canvas.paint('spongy-bone', ellipsoid([side * 104, 88, 168], [37, 1.7, 62], [0, side * 14, side * -24]));
    paintBone(
      canvas,
      [
        [side * 82, 84, 206, 4],
        [side * 112, 72, 226, 5],
        [side * 148, 36, 250, 8],
      ],
      2,
    );
    canvas.paint('cortical-bone', ellipsoid([side * 128, 38, 222], [9, 15, 19]));
    canvas.paint('spongy-bone', ellipsoid([side * 127, 38, 222], [6.5, 12, 16]));
    const up = build.arms === 'up';
    const humerus: TubeNode[] = up
      ? [
          [side * 150, 26, 240, 22],
          [side * 158, 22, 262, 18],
          [side * 167, 8, 310, 12],
          [side * 171, -10, 400, 11],
          [side * 165, -26, 500, 13],
          [side * 158, -34, 560, 17],
        ]
      : [
          [side * 158, 26, 214, 22],
          [side * 172, 26, 196, 17],
          [side * 202, 30, 120, 12],
          [side * 218, 34, -40, 11],
          [side * 224, 30, -96, 16],
        ];
    paintBone(canvas, humerus, 4);
    if (!up) {
      paintBone(
        canvas,
        [
          [side * 214, 30, -104, 10],
          [side * 214, 0, -230, 7],
          [side * 210, -12, -326, 8],
        ],
        3,
      );
      paintBone(
        canvas,
        [
          [side * 236, 20, -108, 8],
          [side * 236, -6, -230, 7],
          [side * 230, -16, -326, 9],
        ],
        3,
      );
    }
  }
}

function paintPelvis(canvas: Canvas): void {
  // the iliac wings: a bowl that opens upward, cut away in front and, for the sacrum, behind
  const bowl = (thickness: number, cut: number) => ({
    box: { low: [-138, -64, -336], high: [138, 98, -206] } as const,
    contains(x: number, y: number, z: number) {
      const t = (z + 336) / 130;
      if (t < 0 || t > 1) return false;
      const width = 70 + 62 * t - 12 * t * t;
      const depth = 66 + 24 * t;
      const u = x / width;
      const v = (y - 16) / depth;
      const square = u * u + v * v;
      const half = thickness * (1.25 - 0.5 * Math.abs(t - 0.35));
      const ring = Math.abs(Math.sqrt(square) - 1) * width <= half;
      if (!ring || Math.abs(x) < 34 + cut) return false;
      const crest = -206 - cut - 26 * Math.min(1, ((y - 20) / 70) * ((y - 20) / 70));
      return y > -48 + 26 * (1 - t) + cut && z < crest;
    },
  });
  canvas.paint('cortical-bone', bowl(7.5, 0));
  canvas.paint('spongy-bone', bowl(5, 2));
  for (const side of [-1, 1]) {
    const socket = ellipsoid([side * 86, 6, -338], [34, 34, 34]);
    canvas.paint(
      'cortical-bone',
      where(socket, (x, y) => side * x < 92 || y > 20),
    );
    const inner = ellipsoid([side * 84, 6, -338], [31, 31, 31]);
    canvas.paint(
      'spongy-bone',
      where(inner, (x, y) => side * x < 90 || y > 24),
    );
    const pubis: TubeNode[] = [
      [side * 66, -14, -348, 11],
      [side * 38, -50, -362, 8],
      [side * 12, -62, -376, 10],
    ];
    const lower: TubeNode[] = [
      [side * 10, -58, -386, 8],
      [side * 28, -28, -410, 6],
      [side * 50, 20, -420, 9],
      [side * 60, 40, -408, 14],
      [side * 72, 34, -364, 15],
    ];
    for (const bone of [smoothCurve(pubis, 3), smoothCurve(lower, 3)]) paintBone(canvas, bone, 2.4);
    canvas.paint('cartilage', ellipsoid([side * 90, 5, -339], [27, 27, 27]));
    canvas.paint('cortical-bone', ellipsoid([side * 90, 5, -339], [24, 24, 24]));
    canvas.paint('spongy-bone', ellipsoid([side * 90, 5, -339], [21.8, 21.8, 21.8]));
    const neck: TubeNode[] = [
      [side * 94, 5, -343, 17],
      [side * 120, 8, -364, 16],
      [side * 132, 14, -372, 18],
    ];
    paintBone(canvas, neck, 2.6);
    const shaft: TubeNode[] = [
      [side * 126, 14, -380, 19],
      [side * 120, 12, -415, 16],
      [side * 112, 6, -480, 14],
      [side * 100, 2, -600, 14],
    ];
    paintBone(canvas, shaft, 5.5, 'yellow-marrow');
    canvas.paint('spongy-bone', ellipsoid([side * 127, 14, -374], [15, 15, 22]));
  }
  canvas.paint('cartilage', ellipsoid([0, -62, -380], [4, 8, 17]));
  for (const [shrink, tissue] of [
    [0, 'cortical-bone'],
    [2, 'spongy-bone'],
  ] as const) {
    canvas.paint(tissue, {
      box: { low: [-58, 24, -352], high: [58, 108, -240] },
      contains(x, y, z) {
        const t = (-240 - z) / 112;
        if (t < 0 || t > 1) return false;
        const half = (56 - 42 * t) * (1 - 0.25 * t) - shrink;
        const front = 30 + 62 * t - 22 * t * t + shrink + (x * x) / 260;
        const back = front + (44 - 26 * t) - 2 * shrink;
        return Math.abs(x) < half && y > front && y < back - (x * x) / 200;
      },
    });
  }
  canvas.paint(
    'cortical-bone',
    tube([
      [0, 84, -350, 6],
      [0, 84, -368, 5],
      [0, 74, -386, 4],
    ]),
  );
}

/** All bones below the skull except the spine. */
export function paintSkeleton(
  canvas: Canvas,
  build: Build,
  outline: Outline,
  spine: readonly Vertebra[],
): void {
  paintChest(
    canvas,
    outline,
    spine.filter(({ name }) => name.startsWith('T')),
  );
  paintShoulders(canvas, build);
  paintPelvis(canvas);
}
