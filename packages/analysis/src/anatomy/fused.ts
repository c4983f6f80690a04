import { type Grid, type Mat4, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { labelsOnto, patientGrid, sampleOnto } from '../sampling/index.ts';
import type { CtAnatomy } from './segment-ct.ts';

/** SUV, HU and anatomy of one patient on one grid in the frame of the PET: cubic voxels along the patient's axes. */
export interface FusedAnatomy {
  readonly suv: Volume<Float32Array>;
  /** HU; air where the CT has no data. */
  readonly hu: Volume<Float32Array>;
  /** `ANATOMY_LABELS`; outside where the CT has no data. */
  readonly labels: Volume<Uint8Array>;
  /** `ORGAN_LABELS` where organs were segmented. */
  readonly organs?: Volume<Uint8Array>;
}

export interface FuseOptions {
  /** `ORGAN_LABELS` of the same CT. */
  readonly organs?: Volume<Uint8Array>;
  /** Maps a point of the PET to the CT (LPS mm), the `pull` of a registration with the PET as fixed image. */
  readonly ctFromPet?: Mat4;
  readonly spacingMm?: number;
}

export const FUSED_SPACING_MM = 4;
const MARGIN_MM = 16;

/** The part of the PET's patient grid in which the CT shows the body, or all of it where they do not meet. */
function bodyGrid(suv: Volume, anatomy: CtAnatomy, options: FuseOptions): Grid {
  const spacing = options.spacingMm ?? FUSED_SPACING_MM;
  const whole = patientGrid(suv, spacing);
  const coarse = patientGrid(suv, 4 * spacing);
  const body = labelsOnto(anatomy.labels, coarse, options.ctFromPet);
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const [nx, ny, nz] = coarse.size;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (body.data[n] === 0) continue;
        const at = toWorld(coarse, [i, j, k]);
        for (let axis = 0; axis < 3; axis++) {
          low[axis] = Math.min(low[axis]!, at[axis]!);
          high[axis] = Math.max(high[axis]!, at[axis]!);
        }
      }
  if (high[0] < low[0]) return whole;
  const margin = MARGIN_MM + 2 * spacing;
  const first = low.map((mm, axis) => Math.max(0, Math.floor((mm - margin - whole.origin[axis]!) / spacing)));
  const last = high.map((mm, axis) =>
    Math.min(whole.size[axis]! - 1, Math.ceil((mm + margin - whole.origin[axis]!) / spacing)),
  );
  return {
    ...whole,
    size: first.map((from, axis) => last[axis]! - from + 1) as unknown as Vec3,
    origin: toWorld(whole, first as unknown as Vec3),
  };
}

/** Brings the anatomy of a CT and a PET in SUV together. The PET's frame of reference is the frame of the result. */
export function fuse(anatomy: CtAnatomy, suv: Volume, options: FuseOptions = {}): FusedAnatomy {
  const grid = bodyGrid(suv, anatomy, options);
  const pull = options.ctFromPet === undefined ? {} : { pull: options.ctFromPet };
  return {
    suv: sampleOnto(suv, grid, { outside: 0 }),
    hu: sampleOnto(anatomy.ct, grid, { outside: -1000, ...pull }),
    labels: labelsOnto(anatomy.labels, grid, options.ctFromPet),
    ...(options.organs === undefined ? {} : { organs: labelsOnto(options.organs, grid, options.ctFromPet) }),
  };
}
