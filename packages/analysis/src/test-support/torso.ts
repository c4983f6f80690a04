import {
  type Grid,
  gaussian,
  identity,
  type Mat4,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';

/** A ball of uptake in the torso, in its own frame. */
export interface Ball {
  readonly centre: Vec3;
  readonly radiusMm: number;
  readonly suv: number;
}

export interface TorsoOptions {
  readonly lesions?: readonly Ball[];
  /** Maps a point of the image to the torso; default identity. */
  readonly toTorso?: Mat4;
  /** Raises the liver and the domes by so many mm, as in expiration. */
  readonly domeMm?: number;
  readonly table?: boolean;
}

interface Tissue {
  readonly hu: number;
  readonly suv: number;
}

const tissues = {
  air: { hu: -1000, suv: 0 },
  fat: { hu: -100, suv: 0.3 },
  muscle: { hu: 50, suv: 0.6 },
  lung: { hu: -820, suv: 0.4 },
  gas: { hu: -990, suv: 0.05 },
  liver: { hu: 60, suv: 2.1 },
  heart: { hu: 42, suv: 1.6 },
  blood: { hu: 40, suv: 1.5 },
  kidney: { hu: 34, suv: 4.6 },
  urine: { hu: 4, suv: 22 },
  brain: { hu: 36, suv: 8 },
  dense: { hu: 700, suv: 0.5 },
  spongy: { hu: 230, suv: 0.9 },
  table: { hu: 150, suv: 0 },
} as const satisfies Record<string, Tissue>;

const inEllipsoid = (p: Vec3, c: Vec3, r: Vec3) =>
  ((p[0] - c[0]) / r[0]) ** 2 + ((p[1] - c[1]) / r[1]) ** 2 + ((p[2] - c[2]) / r[2]) ** 2 <= 1;
const inDisc = (p: Vec3, x: number, y: number, r: number) => (p[0] - x) ** 2 + (p[1] - y) ** 2 <= r * r;

/** The tissue at a point: LPS mm about the middle of the body, z = 0 near the diaphragm. */
function tissueAt(p: Vec3, dome: number): Tissue {
  const [x, y, z] = p;
  if (z > 290) {
    if (!inEllipsoid(p, [0, -10, 395], [80, 100, 115])) return tissues.air;
    if (inEllipsoid(p, [0, -5, 415], [62, 82, 78])) return tissues.brain;
    if (inEllipsoid(p, [0, -5, 415], [71, 91, 87])) return tissues.dense;
    if (inDisc(p, 0, 40, 9)) return tissues.spongy;
    return tissues.muscle;
  }
  if (z > 235) {
    if (inDisc(p, 0, 12, 9)) return tissues.gas;
    if (inDisc(p, 0, 45, 14)) return tissues.spongy;
    return inEllipsoid([x, y, 0], [0, 15, 0], [62, 62, 1]) ? tissues.muscle : tissues.air;
  }
  if (z < -330) {
    const leg = inDisc(p, -85, 0, 68) || inDisc(p, 85, 0, 68);
    if (inDisc(p, -85, 0, 14) || inDisc(p, 85, 0, 14)) return tissues.dense;
    return leg ? tissues.muscle : tissues.air;
  }
  const r = Math.hypot(x / 165, y / 110);
  if (r > 1) return tissues.air;
  if (inDisc(p, 0, 68, 17)) return inDisc(p, 0, 68, 13) ? tissues.spongy : tissues.dense;
  if (r > 0.9) return tissues.fat;
  if (r > 0.84 && z > -60 && z < 215 && Math.abs(((z + 400 - 0.15 * y) % 26) - 13) < 5) return tissues.dense;
  if (r > 0.83) return tissues.muscle;
  if (z > 120 && inDisc(p, 0, 22, 9)) return tissues.gas;
  if (z > -120 && z < 180 && inDisc(p, 24, 42, 12)) return tissues.blood;
  if (inEllipsoid(p, [32, -38, 62], [46, 40, 46])) return tissues.heart;
  if (inEllipsoid(p, [-72, 0, -55 + dome], [80, 78, 80])) return tissues.liver;
  if (inEllipsoid(p, [75, 20, -60 + dome], [60, 60, 70])) return tissues.muscle;
  for (const side of [-1, 1])
    if (inEllipsoid(p, [side * 78, 0, 80], [62, 78, 135]) && z > -60) return tissues.lung;
  if (z > 0) return tissues.muscle;
  for (const side of [-1, 1]) if (inEllipsoid(p, [side * 62, 58, -165], [22, 20, 45])) return tissues.kidney;
  if (inEllipsoid(p, [0, -35, -280], [32, 30, 26])) return tissues.urine;
  if (inEllipsoid(p, [40, -55, -170], [20, 16, 22])) return tissues.gas;
  return y > 35 || z < -240 ? tissues.muscle : tissues.fat;
}

/** The same number for the same voxel, about normally distributed. */
function noise(index: number): number {
  let h = Math.imul(index + 1, 0x9e3779b1);
  let sum = 0;
  for (let n = 0; n < 4; n++) {
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) + n;
    sum += ((h ^ (h >>> 13)) >>> 0) / 4294967296;
  }
  return (sum - 2) * 1.7;
}

function paint(
  grid: Grid,
  options: TorsoOptions,
  value: (tissue: Tissue, index: number) => number,
): Float32Array {
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  const toTorso = options.toTorso ?? identity;
  const dome = options.domeMm ?? 0;
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, index++) {
        const p = transformPoint(toTorso, toWorld(grid, [i, j, k]));
        const lesion = options.lesions?.find(
          (ball) =>
            Math.hypot(p[0] - ball.centre[0], p[1] - ball.centre[1], p[2] - ball.centre[2]) <= ball.radiusMm,
        );
        const onTable = options.table !== false && p[1] > 128 && p[1] < 138 && Math.abs(p[0]) < 210;
        const tissue =
          lesion !== undefined ? { hu: 45, suv: lesion.suv } : onTable ? tissues.table : tissueAt(p, dome);
        data[index] = value(tissue, index);
      }
  return data;
}

export async function torsoCt(grid: Grid, options: TorsoOptions = {}): Promise<Volume<Float32Array>> {
  const data = paint(grid, options, ({ hu }, index) => hu + 12 * noise(index));
  return { ...grid, data, unit: "[hnsf'U]" };
}

/** Uptake blurred to 6.5 mm and with mild noise, in SUV. */
export async function torsoPet(grid: Grid, options: TorsoOptions = {}): Promise<Volume<Float32Array>> {
  const sharp = { ...grid, data: paint(grid, options, ({ suv }) => suv), unit: 'g/ml{SUVbw}' };
  const blurred = await gaussian(sharp, { sigmaMm: 2.76 });
  const data = Float32Array.from(blurred.data, (suv, index) =>
    Math.max(0, suv + 0.05 * Math.sqrt(suv) * noise(index)),
  );
  return { ...blurred, data };
}

const straight = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/** A grid over part of the torso along its axes. */
export function torsoGrid(spacingMm: number, lowZ = -410, highZ = 520): Grid {
  const size: Vec3 = [
    Math.round(440 / spacingMm),
    Math.round(300 / spacingMm),
    Math.round((highZ - lowZ) / spacingMm),
  ];
  return {
    size,
    spacingMm: [spacingMm, spacingMm, spacingMm],
    origin: [-220 + spacingMm / 2, -150 + spacingMm / 2, lowZ + spacingMm / 2],
    direction: straight,
  };
}
