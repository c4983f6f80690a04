import type { Mask, Volume } from '@photopeak/imaging';
import { eigen } from '../numbers/index.ts';
import { largestDistance, surfaceMesh } from './surface-mesh.ts';

/** Morphology of a region as the Image Biomarker Standardisation Initiative defines it; lengths in mm. */
export interface Shape {
  /** Enclosed by the surface half-way to the voxels around, mm³. */
  readonly volumeMm3: number;
  /** Number of voxels times the volume of one, mm³. */
  readonly voxelVolumeMm3: number;
  readonly surfaceAreaMm2: number;
  readonly surfaceToVolume: number;
  readonly compactness1: number;
  readonly compactness2: number;
  readonly sphericalDisproportion: number;
  readonly sphericity: number;
  readonly asphericity: number;
  /** Between the middle of the voxels and their middle weighted by intensity, mm. */
  readonly centreOfMassShiftMm: number;
  readonly maximumDiameterMm: number;
  readonly majorAxisMm: number;
  readonly minorAxisMm: number;
  readonly leastAxisMm: number;
  readonly elongation: number;
  readonly flatness: number;
  /** Share of the box along the axes of the grid. */
  readonly volumeDensityBox: number;
  readonly areaDensityBox: number;
  /** Share of the ellipsoid with the axes above. */
  readonly volumeDensityEllipsoid: number;
  /** Mean intensity times volume, unit of the image times mm³. */
  readonly integratedIntensity: number;
}

/** Of a region of at least one voxel. The mask lies on the grid of the volume. */
export function shape(volume: Volume, mask: Mask): Shape {
  const { size, spacingMm } = mask;
  const [nx, ny] = size;
  const centre = [0, 0, 0];
  const weighted = [0, 0, 0];
  let count = 0;
  let intensity = 0;
  const each = (visit: (at: readonly [number, number, number], value: number) => void) => {
    for (let n = 0; n < mask.data.length; n++) {
      if (mask.data[n] === 0) continue;
      const at = [
        (n % nx) * spacingMm[0],
        (Math.floor(n / nx) % ny) * spacingMm[1],
        Math.floor(n / (nx * ny)) * spacingMm[2],
      ] as const;
      visit(at, volume.data[n]!);
    }
  };
  each((at, value) => {
    count++;
    intensity += value;
    at.forEach((mm, axis) => {
      centre[axis]! += mm;
      weighted[axis]! += mm * value;
    });
  });
  centre.forEach((sum, axis) => {
    centre[axis] = sum / count;
    weighted[axis] = weighted[axis]! / intensity;
  });
  const covariance = [0, 0, 0, 0, 0, 0];
  each((at) => {
    const [x, y, z] = at.map((mm, axis) => mm - centre[axis]!) as [number, number, number];
    [x * x, x * y, x * z, y * y, y * z, z * z].forEach((product, n) => {
      covariance[n]! += product / Math.max(1, count - 1);
    });
  });
  const [xx, xy, xz, yy, yz, zz] = covariance as [number, number, number, number, number, number];
  const [major, minor, least] = eigen([xx, xy, xz, xy, yy, yz, xz, yz, zz], 3)
    .values.sort((a, b) => b - a)
    .map((value) => Math.sqrt(Math.max(0, value))) as [number, number, number];
  const mesh = surfaceMesh(size, spacingMm, (i, j, k) => mask.data[i + nx * (j + ny * k)] !== 0);
  const { volumeMm3: v, areaMm2: a } = mesh;
  const [width, depth, height] = [0, 1, 2].map((axis) => mesh.highMm[axis]! - mesh.lowMm[axis]!) as [
    number,
    number,
    number,
  ];
  const sphere = (36 * Math.PI * v * v) ** (1 / 3);
  return {
    volumeMm3: v,
    voxelVolumeMm3: count * spacingMm[0] * spacingMm[1] * spacingMm[2],
    surfaceAreaMm2: a,
    surfaceToVolume: a / v,
    compactness1: v / (Math.sqrt(Math.PI) * a ** 1.5),
    compactness2: (36 * Math.PI * v * v) / a ** 3,
    sphericalDisproportion: a / sphere,
    sphericity: sphere / a,
    asphericity: ((a ** 3 / (36 * Math.PI * v * v)) ** (1 / 3) || 1) - 1,
    centreOfMassShiftMm: Math.hypot(...centre.map((mm, axis) => mm - weighted[axis]!)),
    maximumDiameterMm: largestDistance(mesh.vertices),
    majorAxisMm: 4 * major,
    minorAxisMm: 4 * minor,
    leastAxisMm: 4 * least,
    elongation: minor / major,
    flatness: least / major,
    volumeDensityBox: v / (width * depth * height),
    areaDensityBox: a / (2 * (width * depth + width * height + depth * height)),
    volumeDensityEllipsoid: v / ((4 / 3) * Math.PI * 8 * major * minor * least),
    integratedIntensity: (intensity / count) * v,
  };
}
