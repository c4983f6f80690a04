import type { Shape } from '../shapes.ts';
import { labelOf, type TissueName, tissues } from '../tissues.ts';

/** A shape with the tissue it is made of. Later parts cover earlier ones. */
export interface Part {
  readonly label: number;
  readonly shape: Shape;
  /** Non-zero at the labels that this part may cover; absent: all. */
  readonly over: Uint8Array | undefined;
}

/** Collects the parts of a body in painting order. */
export class Canvas {
  readonly parts: Part[] = [];

  paint(tissue: TissueName, shapes: Shape | readonly Shape[], over?: readonly TissueName[]): void {
    let mask: Uint8Array | undefined;
    if (over !== undefined) {
      mask = new Uint8Array(tissues.length);
      for (const name of over) mask[labelOf(name)] = 1;
    }
    const label = labelOf(tissue);
    for (const shape of 'box' in shapes ? [shapes] : shapes) this.parts.push({ label, shape, over: mask });
  }

  /** Label of the topmost part at a point. */
  labelAt(x: number, y: number, z: number): number {
    let label = 0;
    for (const part of this.parts) {
      const { low, high } = part.shape.box;
      if (x < low[0] || x > high[0] || y < low[1] || y > high[1] || z < low[2] || z > high[2]) continue;
      if (part.over !== undefined && part.over[label] === 0) continue;
      if (part.shape.contains(x, y, z)) label = part.label;
    }
    return label;
  }
}
