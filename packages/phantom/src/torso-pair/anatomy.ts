import type { Vec3 } from '@photopeak/imaging';
import type { Random } from '../shared/random.ts';

/**
 * Labels of the torso and what each modality shows for them. `textureHu` is the standard deviation of what CT shows within
 * a tissue (vessels, fat between muscles), at a scale of about a centimetre; PET and SPECT show none of it. `uptake` is that of
 * FDG, `boneAgent` of SPECT, `t1` and `t2` the signal of MR.
 */
export const torsoTissues = [
  { name: 'air', hu: -1000, textureHu: 0, uptake: 0.02, boneAgent: 0.02, t1: 0.01, t2: 0.01 },
  { name: 'soft tissue', hu: 30, textureHu: 30, uptake: 0.6, boneAgent: 0.8, t1: 0.55, t2: 0.35 },
  { name: 'lung', hu: -820, textureHu: 50, uptake: 0.35, boneAgent: 0.35, t1: 0.08, t2: 0.07 },
  { name: 'heart', hu: 45, textureHu: 8, uptake: 3, boneAgent: 0.9, t1: 0.48, t2: 0.45 },
  { name: 'liver', hu: 60, textureHu: 12, uptake: 2.2, boneAgent: 0.7, t1: 0.68, t2: 0.3 },
  { name: 'spleen', hu: 50, textureHu: 8, uptake: 1.9, boneAgent: 0.7, t1: 0.42, t2: 0.55 },
  { name: 'bone', hu: 500, textureHu: 80, uptake: 0.9, boneAgent: 7, t1: 0.28, t2: 0.22 },
  { name: 'kidney', hu: 35, textureHu: 15, uptake: 5, boneAgent: 4, t1: 0.45, t2: 0.75 },
  { name: 'lesion', hu: 40, textureHu: 5, uptake: 7, boneAgent: 9, t1: 0.4, t2: 0.8 },
] as const;

const SOFT = 1;
const LUNG = 2;
const HEART = 3;
const LIVER = 4;
const SPLEEN = 5;
const BONE = 6;
const KIDNEY = 7;
const LESION = 8;

export interface Ellipsoid {
  readonly label: number;
  readonly centre: Vec3;
  readonly radii: Vec3;
}

export interface TorsoAnatomy {
  readonly body: Ellipsoid;
  /** Later ones lie over earlier ones. */
  readonly organs: readonly Ellipsoid[];
  readonly lesions: readonly Ellipsoid[];
  labelAt(x: number, y: number, z: number): number;
  /** Whether a point lies inside the ribs and in front of the spine: what slides there as one breathes. */
  insideWall(x: number, y: number): boolean;
}

const PLAN: readonly (readonly [number, Vec3, Vec3])[] = [
  [LUNG, [-70, 0, 60], [52, 62, 100]],
  [LUNG, [70, 0, 60], [52, 62, 100]],
  [HEART, [20, -35, 40], [38, 34, 42]],
  [LIVER, [-60, -5, -85], [70, 62, 45]],
  [SPLEEN, [75, 20, -80], [26, 20, 34]],
  [KIDNEY, [-55, 45, -125], [18, 18, 34]],
  [KIDNEY, [55, 45, -125], [18, 18, 34]],
];

const LESIONS: readonly (readonly [Vec3, number])[] = [
  [[-80, 10, 80], 9],
  [[60, -20, 100], 7],
  [[-40, -20, -90], 8],
  [[10, 30, -110], 9],
  [[0, -60, -30], 7],
  [[90, -10, 20], 8],
  [[-20, 70, 120], 8],
  [[-95, 0, -60], 7],
];

const inside = ({ centre, radii }: Ellipsoid, x: number, y: number, z: number) =>
  ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + ((z - centre[2]) / radii[2]) ** 2 <
  1;

const SPINE_Y = 75;
const SPINE_RADIUS = 16;
const RIB_STEP = 28;
/** From the lungs to the wall, and where the ribs begin. */
const PLEURA_MM = 3;
const WALL_MM = [133, 90] as const;

/** A torso in LPS mm about its middle: sizes and places of the organs differ by some per cent and mm with the seed. */
export function torsoAnatomy(random: Random): TorsoAnatomy {
  const vary = (label: number, centre: Vec3, radii: Vec3): Ellipsoid => ({
    label,
    centre: [
      centre[0] + random.between(-4, 4),
      centre[1] + random.between(-4, 4),
      centre[2] + random.between(-4, 4),
    ],
    radii: [random.around(radii[0], 0.06), random.around(radii[1], 0.06), random.around(radii[2], 0.06)],
  });
  const body = vary(SOFT, [0, 0, 0], [160, 110, 220]);
  const organs = PLAN.map(([label, centre, radii]) => vary(label, centre, radii));
  const lesions = LESIONS.map(([centre, radius]): Ellipsoid => {
    const r = random.around(radius, 0.2);
    return { ...vary(LESION, centre, [r, r, r]), radii: [r, r, r] };
  });
  const ribs = random.between(-8, 8);
  const outermost = (axis: 0 | 1) =>
    Math.max(
      ...organs
        .filter(({ label }) => label === LUNG)
        .map(({ centre, radii }) => Math.abs(centre[axis]) + radii[axis]),
    );
  const wallX = Math.min(WALL_MM[0], outermost(0) + PLEURA_MM);
  return {
    insideWall: (x, y) =>
      (x / wallX) ** 2 + (y / WALL_MM[1]) ** 2 < 1 && x * x + (y - SPINE_Y) ** 2 > (SPINE_RADIUS + 2) ** 2,
    body,
    organs,
    lesions,
    labelAt(x, y, z) {
      const r = ((x - body.centre[0]) / body.radii[0]) ** 2 + ((y - body.centre[1]) / body.radii[1]) ** 2;
      if (r + ((z - body.centre[2]) / body.radii[2]) ** 2 >= 1) return 0;
      for (const lesion of lesions) if (inside(lesion, x, y, z)) return LESION;
      if (x * x + (y - SPINE_Y) ** 2 < SPINE_RADIUS ** 2) {
        const place = (((z + ribs) % 32) + 32) % 32;
        return place < 6 ? SOFT : BONE;
      }
      if (Math.abs((x / 140) ** 2 + (y / 95) ** 2 - 1) < 0.09) {
        const level = z - ribs + 0.15 * Math.abs(x);
        const rib = Math.round(level / RIB_STEP);
        if (rib >= -3 && rib <= 5 && Math.abs(level - rib * RIB_STEP) < 4) return BONE;
      }
      for (let n = organs.length - 1; n >= 0; n--) if (inside(organs[n]!, x, y, z)) return organs[n]!.label;
      return SOFT;
    },
  };
}
