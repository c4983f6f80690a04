import type { Shape } from '../shapes.ts';
import { labelOf, type TissueName, tissues } from '../tissues.ts';

/** A shape with the tissue it is made of. Later parts cover earlier ones. */
export interface Part {
  readonly label: number;
  readonly shape: Shape;
  /** Non-zero at the labels that this part may cover; absent: all. */
  readonly over: Uint8Array | undefined;
}

const BIN_MM = 8;

/** Collects the parts of a body in painting order. */
export class Canvas {
  readonly parts: Part[] = [];
  /** Where an organ of several tissues lies; see `structures.ts`. */
  readonly marks = new Map<string, readonly Shape[]>();
  /** Parts by height, for points; made anew after painting. */
  #bins: Map<number, Part[]> | undefined;

  paint(tissue: TissueName, shapes: Shape | readonly Shape[], over?: readonly TissueName[]): void {
    this.#bins = undefined;
    let mask: Uint8Array | undefined;
    if (over !== undefined) {
      mask = new Uint8Array(tissues.length);
      for (const name of over) mask[labelOf(name)] = 1;
    }
    const label = labelOf(tissue);
    for (const shape of 'box' in shapes ? [shapes] : shapes) this.parts.push({ label, shape, over: mask });
  }

  /** Names the region of an organ whose tissues occur elsewhere too. */
  mark(organ: string, shapes: readonly Shape[]): void {
    this.marks.set(organ, shapes);
  }

  /** Label of the topmost part at a point. */
  labelAt(x: number, y: number, z: number): number {
    this.#bins ??= binned(this.parts);
    let label = 0;
    for (const part of this.#bins.get(Math.floor(z / BIN_MM)) ?? []) {
      const { low, high } = part.shape.box;
      if (x < low[0] || x > high[0] || y < low[1] || y > high[1] || z < low[2] || z > high[2]) continue;
      if (part.over !== undefined && part.over[label] === 0) continue;
      if (part.shape.contains(x, y, z)) label = part.label;
    }
    return label;
  }
}

function binned(parts: readonly Part[]): Map<number, Part[]> {
  const bins = new Map<number, Part[]>();
  for (const part of parts) {
    const last = Math.floor(part.shape.box.high[2] / BIN_MM);
    for (let bin = Math.floor(part.shape.box.low[2] / BIN_MM); bin <= last; bin++) {
      const list = bins.get(bin);
      if (list === undefined) bins.set(bin, [part]);
      else list.push(part);
    }
  }
  return bins;
}
