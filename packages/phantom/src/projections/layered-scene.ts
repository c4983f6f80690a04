import type { Vec3 } from '@photopeak/imaging';
import { cos, sin } from '../shared/exact-math.ts';
import type { Body } from './bodies.ts';

/** An elliptic cylinder along z of a mixture: the part of each material's full density; of nothing: a vacuum. */
export interface Layer<Material extends string> {
  readonly shape: Pick<Body, 'center' | 'halfAxesMm' | 'turnRad'>;
  readonly parts: Partial<Record<Material, number>>;
}

/** A slice painted layer by layer: each covers what lies below it, so that nothing has to be taken out by hand. */
export type LayeredScene<Material extends string> = readonly Layer<Material>[];

/** What a ray meets of each material, mm of its full density. The result is used again by the next call. */
export type RayPaths = (from: Vec3, direction: Vec3) => Float64Array;

/** Exact paths of rays in planes of constant z, in the order of `materials`. */
export function layeredPaths<Material extends string>(
  layers: LayeredScene<Material>,
  materials: readonly Material[],
): RayPaths {
  const ellipses = layers.map(({ shape: { center, halfAxesMm, turnRad = 0 } }) => {
    const [c, s] = [cos(turnRad), sin(turnRad)];
    const [a, b] = halfAxesMm;
    return { x: center[0], y: center[1], xx: c / a, xy: s / a, yx: -s / b, yy: c / b };
  });
  const parts = layers.map((layer) => materials.map((material) => layer.parts[material] ?? 0));
  const lengths = new Float64Array(materials.length);
  const crossed = new Int32Array(layers.length);
  const [enters, leaves] = [new Float64Array(layers.length), new Float64Array(layers.length)];
  const borders = new Float64Array(2 * layers.length);
  return (from, direction) => {
    const [fx, fy] = from;
    const [gx, gy] = direction;
    let count = 0;
    for (let n = 0; n < ellipses.length; n++) {
      const e = ellipses[n]!;
      const x = fx - e.x;
      const y = fy - e.y;
      const px = e.xx * x + e.xy * y;
      const py = e.yx * x + e.yy * y;
      const dx = e.xx * gx + e.xy * gy;
      const dy = e.yx * gx + e.yy * gy;
      const a = dx * dx + dy * dy;
      const b = px * dx + py * dy;
      const within = b * b - a * (px * px + py * py - 1);
      if (within <= 0) continue;
      const half = Math.sqrt(within) / a;
      enters[count] = -b / a - half;
      leaves[count] = -b / a + half;
      borders[2 * count] = enters[count]!;
      borders[2 * count + 1] = leaves[count]!;
      crossed[count++] = n;
    }
    lengths.fill(0);
    const sorted = borders.subarray(0, 2 * count).sort();
    for (let n = 1; n < sorted.length; n++) {
      const [start, end] = [sorted[n - 1]!, sorted[n]!];
      const middle = (start + end) / 2;
      let top = count - 1;
      while (top >= 0 && !(enters[top]! < middle && middle < leaves[top]!)) top--;
      if (top < 0) continue;
      const mixture = parts[crossed[top]!]!;
      for (let m = 0; m < lengths.length; m++) lengths[m]! += mixture[m]! * (end - start);
    }
    return lengths;
  };
}
