import type { Vec3 } from '@photopeak/imaging';

/**
 * A displacement in mm known at the nodes of an axis-aligned lattice and trilinear between them; constant beyond
 * its edge. The trilinear form is the definition, so a truth exported from here is exact, not a sampling.
 */
export class LatticeField {
  readonly size: Vec3;
  readonly origin: Vec3;
  readonly spacingMm: number;
  /** Interleaved x, y, z. */
  readonly data: Float32Array;
  /** Largest absolute component of any node. */
  readonly largestMm: number;

  constructor(
    bounds: { readonly low: Vec3; readonly high: Vec3 },
    spacingMm: number,
    displacement: (x: number, y: number, z: number) => Vec3,
  ) {
    this.spacingMm = spacingMm;
    this.origin = bounds.low;
    const count = (axis: 0 | 1 | 2) => Math.ceil((bounds.high[axis] - bounds.low[axis]) / spacingMm) + 1;
    this.size = [count(0), count(1), count(2)];
    const [nx, ny, nz] = this.size;
    this.data = new Float32Array(nx * ny * nz * 3);
    let largest = 0;
    let at = 0;
    for (let k = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++) {
          const d = displacement(
            this.origin[0] + i * spacingMm,
            this.origin[1] + j * spacingMm,
            this.origin[2] + k * spacingMm,
          );
          for (const component of d) {
            this.data[at++] = component;
            largest = Math.max(largest, Math.abs(component));
          }
        }
      }
    }
    this.largestMm = largest;
  }

  /** Writes the displacement at a point into `out`. */
  sample(x: number, y: number, z: number, out: Float64Array): void {
    const [nx, ny, nz] = this.size;
    const gx = Math.min(nx - 1.000001, Math.max(0, (x - this.origin[0]) / this.spacingMm));
    const gy = Math.min(ny - 1.000001, Math.max(0, (y - this.origin[1]) / this.spacingMm));
    const gz = Math.min(nz - 1.000001, Math.max(0, (z - this.origin[2]) / this.spacingMm));
    const i = Math.floor(gx);
    const j = Math.floor(gy);
    const k = Math.floor(gz);
    const fx = gx - i;
    const fy = gy - j;
    const fz = gz - k;
    const data = this.data;
    const row = nx * 3;
    const plane = row * ny;
    const base = i * 3 + j * row + k * plane;
    for (let c = 0; c < 3; c++) {
      const n = base + c;
      const a = data[n]! * (1 - fx) + data[n + 3]! * fx;
      const b = data[n + row]! * (1 - fx) + data[n + row + 3]! * fx;
      const d = data[n + plane]! * (1 - fx) + data[n + plane + 3]! * fx;
      const e = data[n + plane + row]! * (1 - fx) + data[n + plane + row + 3]! * fx;
      out[c] = (a * (1 - fy) + b * fy) * (1 - fz) + (d * (1 - fy) + e * fy) * fz;
    }
  }

  /** Smallest and largest displacement along each axis anywhere in a box: those of the nodes around it. */
  range(low: Vec3, high: Vec3): { readonly least: Vec3; readonly most: Vec3 } {
    const first = ([0, 1, 2] as const).map((axis) =>
      Math.min(
        this.size[axis] - 1,
        Math.max(0, Math.floor((low[axis] - this.origin[axis]) / this.spacingMm)),
      ),
    );
    const last = ([0, 1, 2] as const).map((axis) =>
      Math.min(
        this.size[axis] - 1,
        Math.max(0, Math.ceil((high[axis] - this.origin[axis]) / this.spacingMm)),
      ),
    );
    const least: [number, number, number] = [Infinity, Infinity, Infinity];
    const most: [number, number, number] = [-Infinity, -Infinity, -Infinity];
    for (let k = first[2]!; k <= last[2]!; k++) {
      for (let j = first[1]!; j <= last[1]!; j++) {
        for (let i = first[0]!; i <= last[0]!; i++) {
          const at = 3 * (i + this.size[0] * (j + this.size[1] * k));
          for (let axis = 0; axis < 3; axis++) {
            const value = this.data[at + axis]!;
            if (value < least[axis]!) least[axis] = value;
            if (value > most[axis]!) most[axis] = value;
          }
        }
      }
    }
    return { least, most };
  }
}
