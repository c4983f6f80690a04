import type { Vec3, Volume } from '@photopeak/imaging';
import { type Block, basis, mirror, toCoefficients } from './bspline.ts';
import { type Region, voxelToPatient } from './region.ts';

/** Radius in mm of a sphere of 1 cm³. */
export const PEAK_RADIUS_MM = 6.2035;
/** Sample points along the diameter of the sphere. */
const SUPERSAMPLING = 12;
/** Voxels with the highest means around their own centre from which the sub-voxel search starts. */
const STARTS = 8;
const SMALLEST_STEP_VOXELS = 1 / 32;
const SPLINE_REACH = 2;

/** Names the definition, because other definitions give other numbers. */
export const PEAK_ALGORITHM = 'sphere-1cm3-highest-mean-subvoxel-cubic';

export interface SuvPeak {
  /** Highest mean over a sphere of 1 cm³, in the unit of the volume. */
  readonly value: number;
  /** Centre of that sphere, LPS mm. */
  readonly position: Vec3;
  readonly algorithm: typeof PEAK_ALGORITHM;
  /** The region is smaller than the sphere: the value says more about the surroundings than a peak should. */
  readonly smallerThanSphere: boolean;
  /** Part of the sphere lies beyond the edge of the volume, where the image was continued by mirroring. */
  readonly beyondVolume: boolean;
}

interface Kernel {
  readonly radius: Vec3;
  readonly weights: Float64Array;
}

function spherePoints(): Float64Array {
  const points: number[] = [];
  const step = (2 * PEAK_RADIUS_MM) / SUPERSAMPLING;
  for (let c = 0; c < SUPERSAMPLING; c++)
    for (let b = 0; b < SUPERSAMPLING; b++)
      for (let a = 0; a < SUPERSAMPLING; a++) {
        const x = (a + 0.5) * step - PEAK_RADIUS_MM;
        const y = (b + 0.5) * step - PEAK_RADIUS_MM;
        const z = (c + 0.5) * step - PEAK_RADIUS_MM;
        if (x * x + y * y + z * z <= PEAK_RADIUS_MM * PEAK_RADIUS_MM) points.push(x, y, z);
      }
  // The lattice has a slightly different second moment than the sphere (3/5 r²); scale it to be exact there.
  let moment = 0;
  for (const value of points) moment += value * value;
  const scale = Math.sqrt((0.6 * PEAK_RADIUS_MM * PEAK_RADIUS_MM * (points.length / 3)) / moment);
  return Float64Array.from(points, (value) => value * scale);
}

const POINTS = spherePoints();

/** Weights of the coefficients for the mean over the sphere whose centre is `offset` voxels from a voxel centre. */
function kernelFor(offset: Vec3, spacingMm: Vec3): Kernel {
  const radius = spacingMm.map(
    (mm) => Math.ceil(PEAK_RADIUS_MM / mm + 0.5) + SPLINE_REACH,
  ) as unknown as Vec3;
  const nx = 2 * radius[0] + 1;
  const ny = 2 * radius[1] + 1;
  const nz = 2 * radius[2] + 1;
  const weights = new Float64Array(nx * ny * nz);
  const wx = new Float64Array(4);
  const wy = new Float64Array(4);
  const wz = new Float64Array(4);
  const share = 3 / POINTS.length;
  for (let p = 0; p < POINTS.length; p += 3) {
    const x = POINTS[p]! / spacingMm[0] + offset[0];
    const y = POINTS[p + 1]! / spacingMm[1] + offset[1];
    const z = POINTS[p + 2]! / spacingMm[2] + offset[2];
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    const iz = Math.floor(z);
    basis(x - ix, wx);
    basis(y - iy, wy);
    basis(z - iz, wz);
    for (let c = 0; c < 4; c++)
      for (let b = 0; b < 4; b++) {
        const row = ix - 1 + radius[0] + nx * (iy - 1 + b + radius[1] + ny * (iz - 1 + c + radius[2]));
        const weight = share * wy[b]! * wz[c]!;
        for (let a = 0; a < 4; a++) weights[row + a]! += weight * wx[a]!;
      }
  }
  return { radius, weights };
}

function meanAt(block: Block, kernel: Kernel, x: number, y: number, z: number): number {
  const [nx, ny, nz] = block.size;
  const [rx, ry, rz] = kernel.radius;
  let sum = 0;
  let index = 0;
  for (let c = -rz; c <= rz; c++)
    for (let b = -ry; b <= ry; b++) {
      const row = nx * (mirror(y + b, ny) + ny * mirror(z + c, nz));
      if (x >= rx && x + rx < nx) {
        for (let a = -rx; a <= rx; a++) sum += kernel.weights[index++]! * block.data[row + x + a]!;
      } else {
        for (let a = -rx; a <= rx; a++)
          sum += kernel.weights[index++]! * block.data[row + mirror(x + a, nx)]!;
      }
    }
  return sum;
}

/** The voxels around the region as B-spline coefficients, with the offset of the block in the volume. */
function coefficientsAround(volume: Volume, region: Region): { block: Block; low: Vec3 } {
  const margin = volume.spacingMm.map((mm) => Math.ceil(PEAK_RADIUS_MM / mm) + 12);
  const low = region.low.map((value, axis) => Math.max(0, value - margin[axis]!)) as unknown as Vec3;
  const high = region.high.map((value, axis) =>
    Math.min(volume.size[axis]! - 1, value + margin[axis]!),
  ) as unknown as Vec3;
  const size = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] as const;
  const data = new Float64Array(size[0] * size[1] * size[2]);
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++) {
      const from = low[0] + volume.size[0] * (low[1] + y + volume.size[1] * (low[2] + z));
      data.set(volume.data.subarray(from, from + size[0]), size[0] * (y + size[1] * z));
    }
  const block = { size, data };
  toCoefficients(block);
  return { block, low };
}

/** The highest voxel that the sphere around a point touches. No mean is higher: a spline overshoots at edges. */
function highestVoxel(volume: Volume, centre: Vec3): number {
  const [nx, ny] = volume.size;
  const range = (axis: 0 | 1 | 2): readonly [number, number] => {
    const reach = PEAK_RADIUS_MM / volume.spacingMm[axis] + 0.5;
    return [
      Math.max(0, Math.ceil(centre[axis] - reach)),
      Math.min(volume.size[axis] - 1, Math.floor(centre[axis] + reach)),
    ];
  };
  const [x, y, z] = [range(0), range(1), range(2)];
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = z[0]; k <= z[1]; k++)
    for (let j = y[0]; j <= y[1]; j++)
      for (let i = x[0]; i <= x[1]; i++) highest = Math.max(highest, volume.data[i + nx * (j + ny * k)]!);
  return highest;
}

/**
 * SUVpeak after PERCIST and the QIBA profile: the highest mean over a sphere of 1 cm³ (radius 6.2035 mm) whose
 * centre lies inside the region, at any sub-voxel position; the sphere itself may extend outside the region.
 *
 * The mean is the integral of the cubic B-spline that passes through the voxel values, so it does not depend on how
 * voxel cells cut the sphere: Gaussian blobs are met within 0.5 % of the analytic value for voxels up to 0.3 of
 * their full width at half maximum. It never exceeds the highest voxel that the sphere touches.
 */
export function suvPeak(volume: Volume, region: Region): SuvPeak {
  const { block, low } = coefficientsAround(volume, region);
  const [nx, ny] = volume.size;
  const inside = new Set(region.voxels);
  const centred = kernelFor([0, 0, 0], volume.spacingMm);
  const starts: { value: number; index: number }[] = [];
  for (const index of region.voxels) {
    const x = index % nx;
    const y = Math.floor(index / nx) % ny;
    const z = Math.floor(index / (nx * ny));
    const value = meanAt(block, centred, x - low[0], y - low[1], z - low[2]);
    if (starts.length === STARTS && value <= starts[STARTS - 1]!.value) continue;
    let place = starts.length;
    while (place > 0 && starts[place - 1]!.value < value) place--;
    starts.splice(place, 0, { value, index });
    if (starts.length > STARTS) starts.pop();
  }

  let best = { value: Number.NEGATIVE_INFINITY, x: 0, y: 0, z: 0 };
  const kernels = new Map<string, Kernel>();
  const evaluate = (x: number, y: number, z: number): number => {
    const vx = Math.round(x);
    const vy = Math.round(y);
    const vz = Math.round(z);
    if (vx < 0 || vy < 0 || vz < 0 || vx >= nx || vy >= ny || vz >= volume.size[2])
      return Number.NEGATIVE_INFINITY;
    if (!inside.has(vx + nx * (vy + ny * vz))) return Number.NEGATIVE_INFINITY;
    const key = `${x - vx},${y - vy},${z - vz}`;
    let kernel = kernels.get(key);
    if (kernel === undefined) {
      kernel = kernelFor([x - vx, y - vy, z - vz], volume.spacingMm);
      kernels.set(key, kernel);
    }
    return meanAt(block, kernel, vx - low[0], vy - low[1], vz - low[2]);
  };
  for (const start of starts) {
    const point = [
      start.index % nx,
      Math.floor(start.index / nx) % ny,
      Math.floor(start.index / (nx * ny)),
    ] as [number, number, number];
    let value = start.value;
    for (let step = 0.5; step >= SMALLEST_STEP_VOXELS; ) {
      let moved = false;
      for (let axis = 0; axis < 3; axis++)
        for (const sign of [step, -step]) {
          const trial: [number, number, number] = [...point];
          trial[axis] = trial[axis]! + sign;
          const found = evaluate(trial[0], trial[1], trial[2]);
          if (found > value) {
            value = found;
            point[axis] = trial[axis]!;
            moved = true;
          }
        }
      if (!moved) step /= 2;
      // Far below the leader and already near its own maximum: it cannot win.
      if (step < 0.5 && value < 0.98 * best.value) break;
    }
    if (value > best.value) best = { value, x: point[0], y: point[1], z: point[2] };
  }
  const centre: Vec3 = [best.x, best.y, best.z];
  return {
    value: Math.min(best.value, highestVoxel(volume, centre)),
    position: voxelToPatient(volume, centre),
    algorithm: PEAK_ALGORITHM,
    smallerThanSphere: region.volumeMl < 1,
    beyondVolume: centre.some((value, axis) => {
      const reach = PEAK_RADIUS_MM / volume.spacingMm[axis]!;
      return value - reach < -0.5 || value + reach > volume.size[axis]! - 0.5;
    }),
  };
}
