import { type Grid, toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS, type FusedAnatomy, type Landmarks } from '../anatomy/index.ts';
import { NEIGHBOURS, type Neighbour, type OrganZones } from './zones.ts';

/** What a region of uptake looks like and where it lies; lengths in mm, positions LPS in the frame of the PET. */
export interface Features {
  readonly volumeMl: number;
  readonly max: number;
  readonly mean: number;
  readonly peak: Vec3;
  readonly centroid: Vec3;
  /** Standard deviations along the principal axes, longest first, and the direction of the longest. */
  readonly axes: Vec3;
  readonly longAxis: Vec3;
  readonly heightMm: number;
  /** Shares of the voxels in each structure. */
  readonly share: {
    readonly brain: number;
    readonly heart: number;
    readonly liver: number;
    readonly bone: number;
    readonly lungRight: number;
    readonly lungLeft: number;
    readonly airways: number;
    readonly outside: number;
  };
  /** Of each organ that CT shows: share of the voxels inside, and distance from the hottest voxel in mm, 0 inside. */
  readonly organs: Partial<Record<Neighbour, { readonly share: number; readonly mm: number }>>;
  /** Mean HU within 5 mm of the peak. */
  readonly hu: number;
  /** Largest thickness of soft tissue within 8 mm of the peak. */
  readonly softDepth: number;
  /** Share of the directions from the centroid in which the structure is met within 45 mm. */
  readonly amidLung: { readonly right: number; readonly left: number };
  readonly amidLiver: number;
  /** The same for bone within 20 mm: a lesion that has replaced bone is still in it. */
  readonly amidBone: number;
  readonly toBone: number;
  readonly toLung: number;
  readonly toGas: number;
  /** Position of the centroid: left of the spine, in front of the front of the vertebrae, left of the body's middle. */
  readonly leftOfSpine: number;
  readonly beforeSpine: number;
  readonly leftOfMiddle: number;
  /** Above the lung apices, the right dome, the crotch; undefined where these are not seen. */
  readonly aboveApex: number | undefined;
  readonly aboveDome: number | undefined;
  readonly aboveCrotch: number | undefined;
  readonly aboveBottom: number;
  readonly belowTop: number;
  /** Mean uptake at the mirror image of the region across the body's middle, over the mean of the region. */
  readonly mirror: number;
}

/** Eigenvalues and the first eigenvector of a symmetric 3×3 matrix, by Jacobi rotations. */
function principalAxes(matrix: number[][]): { values: Vec3; first: Vec3 } {
  const a = matrix.map((row) => [...row]);
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 12; sweep++)
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      if (Math.abs(a[p]![q]!) < 1e-12) continue;
      const theta = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
      const c = Math.cos(theta);
      const s = Math.sin(theta);
      for (let n = 0; n < 3; n++) {
        const x = a[n]![p]!;
        const y = a[n]![q]!;
        a[n]![p] = c * x - s * y;
        a[n]![q] = s * x + c * y;
      }
      for (let n = 0; n < 3; n++) {
        const x = a[p]![n]!;
        const y = a[q]![n]!;
        a[p]![n] = c * x - s * y;
        a[q]![n] = s * x + c * y;
      }
      for (let n = 0; n < 3; n++) {
        const x = v[n]![p]!;
        const y = v[n]![q]!;
        v[n]![p] = c * x - s * y;
        v[n]![q] = s * x + c * y;
      }
    }
  const order = [0, 1, 2].sort((m, n) => a[n]![n]! - a[m]![m]!);
  return {
    values: order.map((n) => Math.max(0, a[n]![n]!)) as unknown as Vec3,
    first: [0, 1, 2].map((row) => v[row]![order[0]!]!) as unknown as Vec3,
  };
}

/** Reads the fused grid by position; `fallback` outside. */
function reader(grid: Grid) {
  const [nx, ny, nz] = grid.size;
  return (position: Vec3): number => {
    const [x, y, z] = toVoxel(grid, position).map(Math.round) as [number, number, number];
    return x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? -1 : x + nx * (y + ny * z);
  };
}

function sphere(grid: Grid, centre: Vec3, radiusMm: number, visit: (index: number) => void): void {
  const [nx, ny, nz] = grid.size;
  const middle = toVoxel(grid, centre);
  const reach = radiusMm / grid.spacingMm[0];
  for (let k = Math.max(0, Math.ceil(middle[2] - reach)); k <= Math.min(nz - 1, middle[2] + reach); k++)
    for (let j = Math.max(0, Math.ceil(middle[1] - reach)); j <= Math.min(ny - 1, middle[1] + reach); j++)
      for (let i = Math.max(0, Math.ceil(middle[0] - reach)); i <= Math.min(nx - 1, middle[0] + reach); i++)
        if (Math.hypot(i - middle[0], j - middle[1], k - middle[2]) <= reach) visit(i + nx * (j + ny * k));
}

const RAY_MM = 45;
const BONE_RAY_MM = 20;

/** Share of 26 directions in which a structure is met. */
function enclosure(grid: Grid, centre: Vec3, hit: (index: number) => boolean, reachMm = RAY_MM): number {
  const at = reader(grid);
  let met = 0;
  for (let c = -1; c <= 1; c++)
    for (let b = -1; b <= 1; b++)
      for (let a = -1; a <= 1; a++) {
        const length = Math.hypot(a, b, c);
        if (length === 0) continue;
        for (let mm = 0; mm <= reachMm; mm += grid.spacingMm[0]) {
          const s = mm / length;
          const index = at([centre[0] + a * s, centre[1] + b * s, centre[2] + c * s]);
          if (index < 0) break;
          if (hit(index)) {
            met++;
            break;
          }
        }
      }
  return met / 26;
}

const finite = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? 0 : value);

export function featuresOf(
  pet: Volume,
  voxels: Uint32Array,
  peakIndex: number,
  fused: FusedAnatomy,
  marks: Landmarks,
  zones: OrganZones,
): Features {
  const [nx, ny] = pet.size;
  const positionOf = (index: number) =>
    toWorld(pet, [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))]);
  const at = reader(fused.labels);
  const peak = positionOf(peakIndex);
  const sum: [number, number, number] = [0, 0, 0];
  const products = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  const counts = { brain: 0, heart: 0, liver: 0, bone: 0, lungRight: 0, lungLeft: 0, airways: 0, outside: 0 };
  const inOrgan = new Map<Neighbour, number>();
  let total = 0;
  let lowZ = Infinity;
  let highZ = -Infinity;
  const stride = Math.max(1, Math.floor(voxels.length / 20_000));
  let used = 0;
  for (let n = 0; n < voxels.length; n++) total += pet.data[voxels[n]!]!;
  for (let n = 0; n < voxels.length; n += stride) {
    const position = positionOf(voxels[n]!);
    used++;
    lowZ = Math.min(lowZ, position[2]);
    highZ = Math.max(highZ, position[2]);
    for (let a = 0; a < 3; a++) {
      sum[a]! += position[a]!;
      for (let b = 0; b < 3; b++) products[a]![b]! += (position[a]! - peak[a]!) * (position[b]! - peak[b]!);
    }
    const index = at(position);
    if (index < 0) {
      counts.outside++;
      continue;
    }
    if (zones.brain !== undefined && zones.brain.data[index] !== 0) counts.brain++;
    if (zones.heart !== undefined && zones.heart.data[index] !== 0) counts.heart++;
    if (zones.liver !== undefined && zones.liver.data[index] !== 0) counts.liver++;
    for (const name of NEIGHBOURS)
      if (zones.toOrgan[name]?.[index] === 0) inOrgan.set(name, (inOrgan.get(name) ?? 0) + 1);
    switch (fused.labels.data[index]) {
      case ANATOMY_LABELS.outside:
        counts.outside++;
        break;
      case ANATOMY_LABELS.bone:
        counts.bone++;
        break;
      case ANATOMY_LABELS.lungRight:
        counts.lungRight++;
        break;
      case ANATOMY_LABELS.lungLeft:
        counts.lungLeft++;
        break;
      case ANATOMY_LABELS.airways:
        counts.airways++;
        break;
    }
  }
  const centroid = sum.map((value) => value / used) as unknown as Vec3;
  const covariance = products.map((row, a) =>
    row.map((value, b) => value / used - (centroid[a]! - peak[a]!) * (centroid[b]! - peak[b]!)),
  );
  const { values, first } = principalAxes(covariance);

  let hu = 0;
  let huCount = 0;
  sphere(fused.hu, peak, 5, (index) => {
    hu += fused.hu.data[index]!;
    huCount++;
  });
  let softDepth = 0;
  sphere(fused.hu, peak, 8, (index) => {
    softDepth = Math.max(softDepth, zones.softDepth[index]!);
  });
  const peakAt = at(peak);
  const k = Math.min(
    fused.labels.size[2] - 1,
    Math.max(0, Math.round((centroid[2] - fused.labels.origin[2]) / fused.labels.spacingMm[2])),
  );
  const middle = finite(marks.midX[k]);
  let mirrored = 0;
  for (let n = 0; n < voxels.length; n += stride) {
    const position = positionOf(voxels[n]!);
    const index = at([2 * middle - position[0], position[1], position[2]]);
    if (index >= 0) mirrored += fused.suv.data[index]!;
  }
  const near = (distances: Float32Array) => (peakAt < 0 ? Infinity : distances[peakAt]!);
  const mean = total / voxels.length;
  const share = Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count / used]),
  ) as unknown as Features['share'];
  return {
    volumeMl: (voxels.length * pet.spacingMm[0] * pet.spacingMm[1] * pet.spacingMm[2]) / 1000,
    max: pet.data[peakIndex]!,
    mean,
    peak,
    centroid,
    axes: values.map(Math.sqrt) as unknown as Vec3,
    longAxis: first,
    heightMm: highZ - lowZ,
    share,
    organs: Object.fromEntries(
      NEIGHBOURS.flatMap((name) => {
        const distances = zones.toOrgan[name];
        if (distances === undefined) return [];
        return [[name, { share: (inOrgan.get(name) ?? 0) / used, mm: near(distances) }] as const];
      }),
    ),
    hu: huCount > 0 ? hu / huCount : -1000,
    softDepth,
    amidLung: {
      right: enclosure(fused.labels, centroid, (n) => fused.labels.data[n] === ANATOMY_LABELS.lungRight),
      left: enclosure(fused.labels, centroid, (n) => fused.labels.data[n] === ANATOMY_LABELS.lungLeft),
    },
    amidLiver:
      zones.liver === undefined ? 0 : enclosure(fused.labels, centroid, (n) => zones.liver!.data[n] !== 0),
    amidBone: enclosure(
      fused.labels,
      centroid,
      (n) => fused.labels.data[n] === ANATOMY_LABELS.bone,
      BONE_RAY_MM,
    ),
    toBone: near(zones.toBone),
    toLung: near(zones.toLung),
    toGas: near(zones.toGas),
    leftOfSpine: centroid[0] - (marks.spineX[k] ?? Number.NaN),
    beforeSpine: (marks.spineFrontY[k] ?? Number.NaN) - centroid[1],
    leftOfMiddle: centroid[0] - middle,
    aboveApex: marks.lungs === undefined ? undefined : centroid[2] - marks.lungs.apexZ,
    aboveDome: marks.lungs === undefined ? undefined : centroid[2] - marks.lungs.domeZ,
    aboveCrotch: marks.crotchZ === undefined ? undefined : centroid[2] - marks.crotchZ,
    aboveBottom: centroid[2] - marks.bottomZ,
    belowTop: marks.topZ - centroid[2],
    mirror: mirrored / used / mean,
  };
}
