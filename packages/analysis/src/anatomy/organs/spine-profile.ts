import type { Trunk } from './trunk.ts';

/** From the front of a vertebra to the middle of its body, and how far from there its body is looked at. */
const NECK = { depthMm: 9, radiusMm: 6 } as const;
const TRUNK = { depthMm: 13, radiusMm: 8 } as const;
/** Endplates lie within this distance of the middle of their disc (one standard deviation). */
const ENDPLATE_MM = 3.5;
/** Slices around, among which the steps at a boundary stand out. */
const AROUND_MM = 40;
const LARGEST = 1.5;

/** Mean HU in the middle of the spine for every slice. */
function bodyProfile(trunk: Trunk): Float64Array {
  const { ct, labels, marks, spineX, spineFront } = trunk;
  const [nx, ny, nz] = labels.size;
  const mm = labels.spacingMm[0];
  const neckFrom = marks.lungs?.apexZ ?? Number.POSITIVE_INFINITY;
  return Float64Array.from({ length: nz }, (_, k) => {
    const { depthMm, radiusMm } = trunk.z(k) > neckFrom ? NECK : TRUNK;
    const reach = Math.ceil(radiusMm / mm);
    const i0 = Math.round((spineX[k]! - labels.origin[0]) / mm);
    const j0 = Math.round((spineFront[k]! + depthMm - labels.origin[1]) / mm);
    let sum = 0;
    let count = 0;
    for (let b = -reach; b <= reach; b++)
      for (let a = -reach; a <= reach; a++) {
        if (Math.hypot(a, b) * mm > radiusMm) continue;
        const [i, j] = [i0 + a, j0 + b];
        if (i < 0 || j < 0 || i >= nx || j >= ny) continue;
        sum += ct.data[i + nx * (j + ny * k)]!;
        count++;
      }
    return count === 0 ? 0 : sum / count;
  });
}

/**
 * How much each slice looks like the boundary of two vertebrae: 0 as inside a body, about 1 at a boundary, at most 1.5.
 * Bodies are even; at a boundary the HU rises into an endplate, falls into the disc, and the same in reverse. On thick
 * slices a thin disc drowns between its bright endplates, so it is not darkness that is looked for but steps.
 */
export function boundaryEvidence(trunk: Trunk): Float64Array {
  const profile = bodyProfile(trunk);
  const mm = trunk.labels.spacingMm[2];
  const reach = Math.ceil((3 * ENDPLATE_MM) / mm);
  const steps = profile.map((_, k) => {
    let sum = 0;
    // The step between two slices lies half a slice from each.
    for (let n = -reach; n < reach; n++) {
      const [a, b] = [profile[k + n], profile[k + n + 1]];
      if (a === undefined || b === undefined) continue;
      sum += Math.abs(b - a) * Math.exp(-0.5 * (((n + 0.5) * mm) / ENDPLATE_MM) ** 2);
    }
    return sum;
  });
  const around = Math.round(AROUND_MM / mm);
  return steps.map((value, k) => {
    const near = [...steps.subarray(Math.max(0, k - around), k + around + 1)].sort((a, b) => a - b);
    const high = near[Math.floor(0.9 * (near.length - 1))]!;
    const low = near[Math.floor(0.15 * (near.length - 1))]!;
    return Math.min(LARGEST, Math.max(0, (value - low) / Math.max(1, high - low)));
  });
}
