import type { Vec3, Volume } from '@photopeak/imaging';
import { type FindVentricleOptions, findWall } from './find-ventricle.ts';
import { heartCube } from './heart-cube.ts';
import { type PolarMap, polarMap } from './polar-map.ts';
import { type RefinedWall, refineWall } from './refine-wall.ts';
import { findValvePlane } from './valve-plane.ts';
import { shortAxes, type Ventricle } from './ventricle.ts';
import type { Candidate } from './wall-contrast.ts';

export interface MappedVentricle {
  readonly ventricle: Ventricle;
  readonly map: PolarMap;
  /** How much the wall stands out from cavity and surroundings, as a share of its value. */
  readonly contrast: number;
  /** Estimated resolution of the image, full width at half maximum, mm. */
  readonly fwhmMm: number;
  /** Root mean square distance of the wall that was seen from the half ellipsoid, mm. */
  readonly residualMm: number;
}

export interface MapOptions extends FindVentricleOptions {
  /** Where the patient's head is; the default is that of LPS. */
  readonly head?: Vec3;
}

/**
 * Finds the left ventricle in a reconstructed emission volume, in any orientation, and maps the uptake of its wall.
 * Throws `CARDIAC_VENTRICLE_NOT_FOUND`.
 */
export async function mapVentricle(volume: Volume, options: MapOptions = {}): Promise<MappedVentricle> {
  const found = await findWall(volume, options);
  const cube = await heartCube(volume, found);
  const refined = refineWall(cube, found);
  const ventricle = completed(cube, refined, options.head);
  return {
    ventricle,
    map: polarMap(cube, ventricle),
    contrast: found.contrast,
    fwhmMm: refined.fwhmMm,
    residualMm: refined.residualMm,
  };
}

/** The ventricle of a volume of the same heart, e.g. a gate, from that of another. */
export async function followVentricle(
  volume: Volume,
  from: Ventricle,
): Promise<{ readonly ventricle: Ventricle; readonly cube: Volume<Float32Array> }> {
  const cube = await heartCube(volume, from);
  return { ventricle: completed(cube, refineWall(cube, from), from.anterior), cube };
}

function completed(cube: Volume, wall: RefinedWall | Candidate, head?: Vec3): Ventricle {
  const { centre, axis, radiusMm, lengthMm } = wall;
  const open = { centre, ...shortAxes(axis, head), radiusMm, lengthMm };
  return { ...open, ...findValvePlane(cube, open) };
}
