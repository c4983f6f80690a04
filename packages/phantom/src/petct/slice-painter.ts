import type { Grid } from '@photopeak/imaging';
import type { Part } from './anatomy/index.ts';
import type { PlacedLesion } from './lesions.ts';
import type { Mapping } from './mapping.ts';
import type { Box } from './shapes.ts';

/** The plane of a grid, without its third axis. */
export type Plane = Pick<Grid, 'size' | 'spacingMm' | 'origin'>;

interface PlacedPart extends Part {
  readonly scannerBox: Box;
}

/** Paints what an axial plane cuts: labels, anatomical positions, and how much of each pixel a lesion fills. */
export class SlicePainter {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
  /** Anatomical position of each pixel inside the body's box. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
  /** Share of the pixel filled by a lesion (0 to 1) and which one: its place in the list, from 1. */
  readonly lesionShare: Float32Array;
  readonly lesionIndex: Uint8Array;
  /** Pixel range that was filled by the last `paint`: first and last (exclusive) column and row. */
  readonly range = { i0: 0, i1: 0, j0: 0, j1: 0 };
  readonly #plane: Plane;
  readonly #mapping: Mapping;
  readonly #parts: readonly PlacedPart[];
  readonly #lesions: readonly (PlacedLesion & { readonly scannerBox: Box })[];
  readonly #rx: Float32Array;
  readonly #ry: Float32Array;
  readonly #rz: Float32Array;

  constructor(plane: Plane, mapping: Mapping, parts: readonly Part[], lesions: readonly PlacedLesion[]) {
    this.#plane = plane;
    this.#mapping = mapping;
    this.width = plane.size[0];
    this.height = plane.size[1];
    const count = this.width * this.height;
    this.labels = new Uint8Array(count);
    this.x = new Float32Array(count);
    this.y = new Float32Array(count);
    this.z = new Float32Array(count);
    this.lesionShare = new Float32Array(count);
    this.lesionIndex = new Uint8Array(count);
    this.#rx = new Float32Array(count);
    this.#ry = new Float32Array(count);
    this.#rz = new Float32Array(count);
    this.#parts = parts.map((part) => ({ ...part, scannerBox: mapping.scannerBox(part.shape.box) }));
    this.#lesions = lesions.map((lesion) => ({
      ...lesion,
      scannerBox: mapping.scannerBall(lesion.centerMm, lesion.radiusMm + 6),
    }));
  }

  /** Paints the plane at height `z`; `edgeMm` is the width over which a lesion's edge is softened. */
  paint(z: number, edgeMm: number): void {
    this.labels.fill(0);
    this.lesionShare.fill(0);
    const active = this.#parts.filter(({ scannerBox }) => scannerBox.low[2] <= z && scannerBox.high[2] >= z);
    this.#locate(z, active);
    for (const part of active) this.#paintPart(part);
    this.#lesions.forEach((lesion, index) => {
      const { low, high } = lesion.scannerBox;
      if (low[2] <= z && high[2] >= z) this.#paintLesion(lesion, index + 1, edgeMm);
    });
  }

  #pixels(box: Box): { i0: number; i1: number; j0: number; j1: number } {
    const { origin, spacingMm } = this.#plane;
    return {
      i0: Math.max(0, Math.ceil((box.low[0] - origin[0]) / spacingMm[0])),
      i1: Math.min(this.width, Math.floor((box.high[0] - origin[0]) / spacingMm[0]) + 1),
      j0: Math.max(0, Math.ceil((box.low[1] - origin[1]) / spacingMm[1])),
      j1: Math.min(this.height, Math.floor((box.high[1] - origin[1]) / spacingMm[1]) + 1),
    };
  }

  /** Positions of all pixels that any active part can reach. */
  #locate(z: number, active: readonly PlacedPart[]): void {
    const range = this.range;
    range.i0 = this.width;
    range.j0 = this.height;
    range.i1 = 0;
    range.j1 = 0;
    for (const { scannerBox } of active) {
      const box = this.#pixels(scannerBox);
      range.i0 = Math.min(range.i0, box.i0);
      range.i1 = Math.max(range.i1, box.i1);
      range.j0 = Math.min(range.j0, box.j0);
      range.j1 = Math.max(range.j1, box.j1);
    }
    const { origin, spacingMm } = this.#plane;
    const out = new Float64Array(3);
    for (let j = range.j0; j < range.j1; j++) {
      const y = origin[1] + j * spacingMm[1];
      for (let i = range.i0; i < range.i1; i++) {
        const n = i + j * this.width;
        this.#mapping.toReference(origin[0] + i * spacingMm[0], y, z, out);
        const rx = out[0]!;
        const ry = out[1]!;
        const rz = out[2]!;
        this.#rx[n] = rx;
        this.#ry[n] = ry;
        this.#rz[n] = rz;
        this.#mapping.toAnatomy(rx, ry, rz, out);
        this.x[n] = out[0]!;
        this.y[n] = out[1]!;
        this.z[n] = out[2]!;
      }
    }
  }

  #paintPart({ label, shape, over, scannerBox }: PlacedPart): void {
    const { i0, i1, j0, j1 } = this.#pixels(scannerBox);
    const { labels, x, y, z, width } = this;
    for (let j = j0; j < j1; j++) {
      for (let n = i0 + j * width, end = i1 + j * width; n < end; n++) {
        if (over !== undefined && over[labels[n]!] === 0) continue;
        if (shape.contains(x[n]!, y[n]!, z[n]!)) labels[n] = label;
      }
    }
  }

  #paintLesion(lesion: PlacedLesion & { readonly scannerBox: Box }, place: number, edgeMm: number): void {
    const { i0, i1, j0, j1 } = this.#pixels(lesion.scannerBox);
    const [cx, cy, cz] = lesion.centerMm;
    for (let j = j0; j < j1; j++) {
      for (let n = i0 + j * this.width, end = i1 + j * this.width; n < end; n++) {
        const dx = this.#rx[n]! - cx;
        const dy = this.#ry[n]! - cy;
        const dz = this.#rz[n]! - cz;
        const depth = (lesion.radiusMm - Math.sqrt(dx * dx + dy * dy + dz * dz)) / edgeMm + 0.5;
        const share = Math.min(depth, 1);
        if (share <= this.lesionShare[n]!) continue;
        this.lesionShare[n] = share;
        this.lesionIndex[n] = place;
      }
    }
  }
}
