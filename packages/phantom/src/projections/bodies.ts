import {
  type Grid,
  type ProjectionGeometry,
  type Projections,
  rayThrough,
  type Vec3,
} from '@photopeak/imaging';

/** An ellipsoid, or with an infinite half axis along z an elliptic cylinder, that adds `value` (1/mm) inside. */
export interface Body {
  readonly center: Vec3;
  readonly halfAxesMm: Vec3;
  /** Turn about z. */
  readonly turnRad?: number;
  readonly value: number;
}

/** Quadratic form of a body along a ray: a t² + 2 b t + c < 0 inside. */
function chord(body: Body, from: Vec3, direction: Vec3): number {
  const { center, halfAxesMm } = body;
  const turn = body.turnRad ?? 0;
  const [c, s] = turn === 0 ? [1, 0] : [Math.cos(turn), Math.sin(turn)];
  const [x, y] = [from[0] - center[0], from[1] - center[1]];
  const px = (c * x + s * y) / halfAxesMm[0];
  const py = (c * y - s * x) / halfAxesMm[1];
  const pz = (from[2] - center[2]) / halfAxesMm[2];
  const dx = (c * direction[0] + s * direction[1]) / halfAxesMm[0];
  const dy = (c * direction[1] - s * direction[0]) / halfAxesMm[1];
  const dz = direction[2] / halfAxesMm[2];
  const a = dx * dx + dy * dy + dz * dz;
  const b = px * dx + py * dy + pz * dz;
  const within = b * b - a * (px * px + py * py + pz * pz - 1);
  return within > 0 ? (2 * Math.sqrt(within)) / a : 0;
}

/** Exact line integrals of each body's indicator (mm) for one ray, summed with its value. */
export function lineIntegral(bodies: readonly Body[], from: Vec3, direction: Vec3): number {
  return bodies.reduce((sum, body) => sum + body.value * chord(body, from, direction), 0);
}

/** Exact line integrals of bodies for every pixel, each the mean over `samples` × `samples` rays of the pixel. */
export function projectBodies(
  bodies: readonly Body[],
  geometry: ProjectionGeometry,
  samples = 1,
  integral: (from: Vec3, direction: Vec3) => number = (from, direction) =>
    lineIntegral(bodies, from, direction),
): Projections {
  const [columns, rows] = geometry.detectorSize;
  const data = new Float32Array(columns * rows * geometry.views.length);
  const offsets = Array.from({ length: samples }, (_, n) => (n + 0.5) / samples - 0.5);
  let at = 0;
  for (const view of geometry.views) {
    for (let v = 0; v < rows; v++) {
      for (let u = 0; u < columns; u++) {
        let sum = 0;
        for (const dv of offsets) {
          for (const du of offsets) {
            const { from, direction } = rayThrough(geometry, view, u + du, v + dv);
            sum += integral(from, direction);
          }
        }
        data[at++] = sum / samples ** 2;
      }
    }
  }
  return { geometry, data };
}

/** The bodies on voxels, each voxel the mean over `samples`³ points. */
export function paintBodies(bodies: readonly Body[], grid: Grid, samples = 2): Float32Array {
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  const offsets = Array.from({ length: samples }, (_, n) => (n + 0.5) / samples - 0.5);
  const places = (axis: 0 | 1 | 2) =>
    Array.from({ length: grid.size[axis] }, (_, index) =>
      offsets.map((offset) => grid.origin[axis] + grid.spacingMm[axis] * (index + offset)),
    );
  const [xs, ys, zs] = [places(0), places(1), places(2)];
  for (const { center, halfAxesMm, turnRad = 0, value } of bodies) {
    const [c, s] = [Math.cos(turnRad), Math.sin(turnRad)];
    const reach = Math.max(halfAxesMm[0], halfAxesMm[1]);
    const [hx, hy, hz] = grid.spacingMm;
    for (let k = 0; k < nz; k++) {
      if (Math.abs(grid.origin[2] + hz * k - center[2]) > halfAxesMm[2] + hz) continue;
      for (let j = 0; j < ny; j++) {
        if (Math.abs(grid.origin[1] + hy * j - center[1]) > reach + hy) continue;
        for (let i = 0; i < nx; i++) {
          if (Math.abs(grid.origin[0] + hx * i - center[0]) > reach + hx) continue;
          let inside = 0;
          for (const z of zs[k]!) {
            const w = ((z - center[2]) / halfAxesMm[2]) ** 2;
            for (const y of ys[j]!) {
              for (const x of xs[i]!) {
                const [px, py] = [x - center[0], y - center[1]];
                const a = (c * px + s * py) / halfAxesMm[0];
                const b = (c * py - s * px) / halfAxesMm[1];
                if (a * a + b * b + w < 1) inside++;
              }
            }
          }
          data[i + nx * (j + ny * k)]! += (value * inside) / samples ** 3;
        }
      }
    }
  }
  return data;
}
