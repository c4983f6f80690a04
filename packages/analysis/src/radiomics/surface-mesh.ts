/** Corners of a cube of eight voxel centres: x + 2 y + 4 z. Each face in the sense that turns left when seen from outside. */
const FACES = [
  [0, 4, 6, 2],
  [1, 3, 7, 5],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
] as const;

/** The edge between two corners, whichever comes first. */
const edgeOf = (a: number, b: number) => (a < b ? 8 * a + b : 8 * b + a);

/** Where an edge is cut, in half voxels from corner 0: between a voxel of the region and one outside. */
function cut(edge: number): readonly [number, number, number] {
  const [a, b] = [edge >> 3, edge & 7];
  return [(a & 1) + (b & 1), ((a >> 1) & 1) + ((b >> 1) & 1), (a >> 2) + (b >> 2)];
}

type Corner = readonly [number, number, number];

/** Six times the volume between a triangle and the origin; negative where its outside looks away from it. */
const signedVolume = (a: Corner, b: Corner, c: Corner) =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) +
  a[1] * (b[2] * c[0] - b[0] * c[2]) +
  a[2] * (b[0] * c[1] - b[1] * c[0]);

/**
 * A loop as triangles around one of its corners: that around which they enclose most of the region, as the tables of
 * marching cubes do. The loops run so that enclosed volume counts negative.
 */
function roomiestFan(loop: readonly Corner[]): number[] {
  const fans = loop.map((first, start) => {
    const rest = [...loop.slice(start + 1), ...loop.slice(0, start)];
    const triangles = rest.slice(1).map((corner, n) => [first, rest[n]!, corner] as const);
    return { triangles, volume: triangles.reduce((sum, [a, b, c]) => sum + signedVolume(a, b, c), 0) };
  });
  const best = fans.reduce((a, b) => (b.volume < a.volume ? b : a));
  return best.triangles.flat(2);
}

/**
 * The surface within a cube, as corners of triangles in half voxels. On each face the runs of corners that belong to the
 * region are cut off one by one, so that regions that touch by an edge stay apart and the surface is closed.
 */
function trianglesOf(inside: number): Int8Array {
  const next = new Map<number, number>();
  for (const face of FACES) {
    for (let n = 0; n < 4; n++) {
      const is = (m: number) => (inside >> face[(m + 8) % 4]!) & 1;
      if (!is(n) || is(n + 1)) continue;
      // The run of corners ends here; it began where the corner before was outside.
      let first = n;
      while (is(first - 1)) first--;
      const leaves = edgeOf(face[n]!, face[(n + 1) % 4]!);
      const enters = edgeOf(face[(first + 7) % 4]!, face[(first + 8) % 4]!);
      next.set(leaves, enters);
    }
  }
  const triangles: number[] = [];
  while (next.size > 0) {
    const loop: number[] = [];
    for (let at: number | undefined = next.keys().next().value; at !== undefined; ) {
      loop.push(at);
      const to: number | undefined = next.get(at);
      next.delete(at);
      at = to !== undefined && next.has(to) ? to : undefined;
    }
    triangles.push(...roomiestFan(loop.map(cut)));
  }
  return Int8Array.from(triangles);
}

const TRIANGLES = Array.from({ length: 256 }, (_, inside) => trianglesOf(inside));

export interface SurfaceMesh {
  /** Volume that the surface encloses, mm³. */
  readonly volumeMm3: number;
  /** mm². */
  readonly areaMm2: number;
  /** Corners of the surface, x, y, z in mm along the axes of the grid, each once. */
  readonly vertices: Float64Array;
  readonly lowMm: readonly [number, number, number];
  readonly highMm: readonly [number, number, number];
}

/**
 * The surface half-way between the voxel centres of a region and those around it (marching cubes at 0.5, as IBSI asks).
 * `isInside` tells of each voxel of a grid of `size`; beyond it nothing belongs to the region.
 */
export function surfaceMesh(
  size: readonly [number, number, number],
  spacingMm: readonly [number, number, number],
  isInside: (i: number, j: number, k: number) => boolean,
): SurfaceMesh {
  const [nx, ny, nz] = size;
  const [sx, sy, sz] = spacingMm.map((mm) => mm / 2) as [number, number, number];
  const belongs = (i: number, j: number, k: number) =>
    i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz && isInside(i, j, k);
  const seen = new Set<number>();
  const vertices: number[] = [];
  let volume = 0;
  let area = 0;
  const p = new Float64Array(9);
  for (let k = -1; k < nz; k++)
    for (let j = -1; j < ny; j++)
      for (let i = -1; i < nx; i++) {
        let inside = 0;
        for (let corner = 0; corner < 8; corner++)
          if (belongs(i + (corner & 1), j + ((corner >> 1) & 1), k + (corner >> 2))) inside |= 1 << corner;
        const triangles = TRIANGLES[inside]!;
        for (let t = 0; t < triangles.length; t += 9) {
          for (let v = 0; v < 9; v += 3) {
            const x = 2 * i + triangles[t + v]!;
            const y = 2 * j + triangles[t + v + 1]!;
            const z = 2 * k + triangles[t + v + 2]!;
            p[v] = x * sx;
            p[v + 1] = y * sy;
            p[v + 2] = z * sz;
            const key = x + 2 + (2 * nx + 4) * (y + 2 + (2 * ny + 4) * (z + 2));
            if (seen.has(key)) continue;
            seen.add(key);
            vertices.push(p[v]!, p[v + 1]!, p[v + 2]!);
          }
          const [ax, ay, az, bx, by, bz, cx, cy, cz] = p as unknown as readonly number[] & {
            length: 9;
          } as [number, number, number, number, number, number, number, number, number];
          volume += (ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)) / 6;
          const [ux, uy, uz] = [bx - ax, by - ay, bz - az];
          const [wx, wy, wz] = [cx - ax, cy - ay, cz - az];
          area += Math.hypot(uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx) / 2;
        }
      }
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  vertices.forEach((value, n) => {
    const axis = n % 3;
    low[axis] = Math.min(low[axis]!, value);
    high[axis] = Math.max(high[axis]!, value);
  });
  return {
    volumeMm3: Math.abs(volume),
    areaMm2: area,
    vertices: Float64Array.from(vertices),
    lowMm: low,
    highMm: high,
  };
}

/** The largest distance between two vertices, mm. */
export function largestDistance(vertices: Float64Array): number {
  const count = vertices.length / 3;
  const middle = [0, 1, 2].map((axis) => {
    let sum = 0;
    for (let n = 0; n < count; n++) sum += vertices[3 * n + axis]!;
    return sum / Math.max(1, count);
  });
  const radius = Float64Array.from({ length: count }, (_, n) =>
    Math.hypot(
      vertices[3 * n]! - middle[0]!,
      vertices[3 * n + 1]! - middle[1]!,
      vertices[3 * n + 2]! - middle[2]!,
    ),
  );
  const order = [...radius.keys()].sort((a, b) => radius[b]! - radius[a]!);
  let best = 0;
  for (let a = 0; a < count; a++) {
    const i = order[a]!;
    if (2 * radius[i]! <= best) break;
    for (let b = a + 1; b < count; b++) {
      const j = order[b]!;
      if (radius[i]! + radius[j]! <= best) break;
      best = Math.max(
        best,
        Math.hypot(
          vertices[3 * i]! - vertices[3 * j]!,
          vertices[3 * i + 1]! - vertices[3 * j + 1]!,
          vertices[3 * i + 2]! - vertices[3 * j + 2]!,
        ),
      );
    }
  }
  return best;
}
