import type { Vec3 } from '@photopeak/imaging';
import { ellipsoid, type Shape, tube, where } from '../shapes.ts';
import type { Canvas } from './canvas.ts';

export interface Vertebra {
  readonly name: string;
  readonly center: Vec3;
  readonly heightMm: number;
}

/** Depth of the vertebral bodies' centres along the spine: neck and loin curve forward, chest and sacrum back. */
const curve: readonly (readonly [z: number, y: number])[] = [
  [350, 22],
  [300, 25],
  [255, 35],
  [200, 51],
  [130, 61],
  [60, 60],
  [0, 53],
  [-60, 42],
  [-120, 30],
  [-180, 24],
  [-230, 32],
  [-262, 46],
];

export function spineDepth(z: number): number {
  let n = 0;
  while (n + 2 < curve.length && curve[n + 1]![0] > z) n++;
  const [z0, y0] = curve[n]!;
  const [z1, y1] = curve[n + 1]!;
  const t = Math.min(1, Math.max(0, (z - z0) / (z1 - z0)));
  return y0 + (y1 - y0) * t;
}

/** C1 to L5 from above. The neck is drawn short; `Build.neckStretch` gives it the length that it has. */
export function vertebrae(): Vertebra[] {
  const result: Vertebra[] = [];
  let z = 346;
  const add = (name: string, pitch: number) => {
    const center = z - pitch / 2;
    result.push({ name, center: [0, spineDepth(center), center], heightMm: pitch * 0.8 });
    z -= pitch;
  };
  for (let n = 1; n <= 7; n++) add(`C${n}`, 13);
  for (let n = 1; n <= 12; n++) add(`T${n}`, 20.5 + n * 0.85);
  for (let n = 1; n <= 5; n++) add(`L${n}`, 34.5 + n * 0.4);
  return result;
}

/** Size of a vertebral body at a height. */
function bodyRadii(z: number): { side: number; depth: number } {
  const t = Math.min(1, Math.max(0, (346 - z) / 580));
  return { side: 9.5 + 15 * t, depth: 8 + 10.5 * t };
}

function vertebralBody({ center, heightMm }: Vertebra, shrinkMm: number): Shape {
  const { side, depth } = bodyRadii(center[2]);
  const a = side - shrinkMm;
  const b = depth - shrinkMm;
  const half = heightMm / 2 - shrinkMm;
  const [cx, cy, cz] = center;
  return {
    box: { low: [cx - a, cy - b, cz - half], high: [cx + a, cy + b, cz + half] },
    contains(x, y, z) {
      const w = (z - cz) / half;
      if (w < -1 || w > 1) return false;
      const waist = 0.88 + 0.12 * w * w;
      const u = (x - cx) / (a * waist);
      const v = (y - cy) / (b * waist);
      const back = v > 0.82;
      return !back && u * u + v * v <= 1;
    },
  };
}

/** Vertebrae with arches, processes and discs, and the canal with its cord. */
export function paintSpine(canvas: Canvas): Vertebra[] {
  const list = vertebrae();
  canvas.paint(
    'disc',
    list.map((v) => {
      const { side, depth } = bodyRadii(v.center[2]);
      return ellipsoid(
        [0, v.center[1], v.center[2] - v.heightMm * 0.62],
        [side * 0.98, depth * 0.98, v.heightMm * 0.3],
        [0, 0, 0],
        4,
      );
    }),
  );
  for (const v of list) {
    const [, y, z] = v.center;
    const { side, depth } = bodyRadii(z);
    const lumbar = z < -60;
    const neck = z > 255;
    const arch = 7.5 + side * 0.22;
    const canalY = y + depth + 5;
    canvas.paint(
      'cortical-bone',
      where(ellipsoid([0, canalY + 1, z - 2], [arch + 5, arch + 4, v.heightMm * 0.46]), (_x, py) => py > y),
    );
    for (const s of [-1, 1]) {
      const reach = neck ? 19 : lumbar ? 40 : 30;
      canvas.paint(
        'cortical-bone',
        tube([
          [s * arch, canalY + 2, z, 5],
          [s * reach, canalY + (neck ? -4 : lumbar ? 4 : 14), z + 1, neck ? 3.5 : 4.5],
        ]),
      );
      canvas.paint('cortical-bone', ellipsoid([s * (arch + 2), canalY + 5, z - v.heightMm / 2], [5, 5.5, 9]));
    }
    const slope = neck ? 6 : lumbar ? 5 : 18;
    const spinous = neck ? 22 : lumbar ? 30 : 27;
    canvas.paint(
      'cortical-bone',
      tube([
        [0, canalY + arch, z - 3, 3.6],
        [0, canalY + arch + spinous * 0.62, z - 3 - slope, lumbar ? 4.6 : 3.4],
      ]),
    );
    canvas.paint('cortical-bone', vertebralBody(v, 0));
    canvas.paint('spongy-bone', vertebralBody(v, 1.6));
  }
  const canal = list.map(({ center: [, y, z] }) => {
    const { side, depth } = bodyRadii(z);
    return [0, y + depth + 5, z, 6.2 + side * 0.13] as const;
  });
  const top = [0, 24, 372, 8] as const;
  const bottom = [0, 74, -290, 5] as const;
  canvas.paint('spinal-canal', tube([top, ...canal, [0, 66, -262, 7], bottom]));
  return list;
}
