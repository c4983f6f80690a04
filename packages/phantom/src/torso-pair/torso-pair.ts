import { type Grid, PhotopeakError, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { LatticeField } from '../shared/lattice-field.ts';
import { Random } from '../shared/random.ts';
import { type TorsoAnatomy, torsoAnatomy, torsoTissues } from './anatomy.ts';
import { type TorsoPairKind, torsoImagers } from './images.ts';
import { torsoMotion } from './motion.ts';
import { type LabelAt, labelVolume, type PatternAt } from './paint.ts';

export interface TorsoPairOptions {
  readonly seed: number;
  /** What the images show: fixed CT (planning CT) or MR (T1), moving CT, cone-beam CT, PET, SPECT (bone) or MR (T1; T2 beside T1). */
  readonly pair: TorsoPairKind;
  /** Of the fixed and the moving image; default 128×128×96 voxels of 3 mm about the middle of the torso. */
  readonly grid?: Grid;
  /** Height by which breathing moves the domes; default 18. */
  readonly breathingMm?: number;
  /** Largest displacement of the smooth random part; default 6. */
  readonly randomMm?: number;
  /**
   * True: the ribs stay and what they enclose slides along them as it breathes, so that the displacement jumps at the wall
   * of the chest; landmarks then also lie in that wall. Default false: the displacement is smooth everywhere.
   */
  readonly slides?: boolean;
}

export interface TorsoLandmark {
  readonly organ: string;
  /** LPS mm in the fixed and in the moving image. */
  readonly fixedMm: Vec3;
  readonly movingMm: Vec3;
}

export interface TorsoPair {
  /** CT in HU, or MR. */
  readonly fixed: Volume<Float32Array>;
  /** The same torso after a known motion, with noise of its own: CT in HU, PET in SUVbw, SPECT in Bq/ml, MR. */
  readonly moving: Volume<Float32Array>;
  /** Points on the surfaces of organs in both images. */
  readonly landmarks: readonly TorsoLandmark[];
  /** The truth: a point of the fixed image → the same point of the body in the moving one. */
  toMoving(point: Vec3): Vec3;
  /** Labels of the fixed image, as `torsoTissues` orders them. */
  readonly labels: Volume<Uint8Array>;
}

const LANDMARKS_PER_ORGAN = 60;
/** Landmarks keep this distance from the edge of the images. */
const EDGE_MM = 12;
/** Nodes of the texture. */
const TEXTURE_MM = 8;
/** Of independent normal nodes with trilinear values between them: (2/3)^(3/2). */
const TEXTURE_SPREAD = 0.544;

export const torsoPairGrid: Grid = {
  size: [128, 128, 96],
  spacingMm: [3, 3, 3],
  origin: [-190.5, -190.5, -142.5],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** A smooth random pattern of the tissue with standard deviation 1. */
function texturePattern(random: Random, low: Vec3, high: Vec3): LatticeField {
  const reach = [-40, 40].map((mm, side) => (side === 0 ? low : high).map((v) => v + mm)) as unknown as [
    Vec3,
    Vec3,
  ];
  return new LatticeField({ low: reach[0], high: reach[1] }, TEXTURE_MM, () => [random.normal(), 0, 0]);
}

/** Points spread evenly over an ellipsoid's surface (golden angle), kept where the organ really ends there. */
function surfacePoints(anatomy: TorsoAnatomy, grid: Grid, random: Random): { organ: string; at: Vec3 }[] {
  const low = toWorld(grid, [0, 0, 0]);
  const high = toWorld(grid, grid.size.map((n) => n - 1) as unknown as Vec3);
  return anatomy.organs.flatMap((organ) => {
    const found: { organ: string; at: Vec3 }[] = [];
    for (let n = 0; n < 40 * LANDMARKS_PER_ORGAN && found.length < LANDMARKS_PER_ORGAN; n++) {
      const up = random.between(-1, 1);
      const x = random.normal();
      const y = random.normal();
      const ring = Math.sqrt(1 - up * up) / Math.max(1e-6, Math.hypot(x, y));
      const unit: Vec3 = [x * ring, y * ring, up];
      const along = (part: number) =>
        organ.centre.map((mm, axis) => mm + part * unit[axis]! * organ.radii[axis]!) as unknown as Vec3;
      const at = along(1);
      const isSeen =
        anatomy.labelAt(...along(0.96)) === organ.label && anatomy.labelAt(...along(1.04)) !== organ.label;
      const isInside = at.every(
        (mm, axis) => mm > low[axis]! + EDGE_MM + 20 && mm < high[axis]! - EDGE_MM - 20,
      );
      if (isSeen && isInside) found.push({ organ: torsoTissues[organ.label]!.name, at });
    }
    return found;
  });
}

/** Points in the ribs, within a centimetre of what slides. */
function wallPoints(anatomy: TorsoAnatomy, grid: Grid, random: Random): { organ: string; at: Vec3 }[] {
  const [low, high] = [EDGE_MM + 20, grid.size[2] * grid.spacingMm[2] - EDGE_MM - 20].map(
    (mm) => mm + grid.origin[2],
  ) as [number, number];
  const found: { organ: string; at: Vec3 }[] = [];
  for (let n = 0; n < 200 * LANDMARKS_PER_ORGAN && found.length < 2 * LANDMARKS_PER_ORGAN; n++) {
    const [x, y, z] = [random.between(-150, 150), random.between(-110, 110), random.between(low, high)];
    const isRib = torsoTissues[anatomy.labelAt(x, y, z)]!.name === 'bone' && !anatomy.insideWall(x, y);
    const inwards = 1 - 10 / Math.hypot(x, y);
    if (isRib && anatomy.insideWall(x * inwards, y * inwards))
      found.push({ organ: 'chest wall', at: [x, y, z] });
  }
  return found;
}

/**
 * Two images of one torso between which it breathed, bent and was shifted by a known amount, as two scanners show it. Every seed is another torso with another motion. The moving image shows the torso as drawn; the fixed
 * one shows at x what the torso has at x + field(x), so the truth is exact.
 */
export async function torsoPair(options: TorsoPairOptions): Promise<TorsoPair> {
  const grid = options.grid ?? torsoPairGrid;
  if (!Number.isSafeInteger(options.seed) || options.seed < 0) {
    throw new PhotopeakError('this is no seed of a phantom', {
      code: 'PHANTOM_OPTION_INVALID',
      expected: 'a whole number from 0',
      found: String(options.seed),
    });
  }
  const random = Random.of('torso-pair', options.seed);
  const anatomy = torsoAnatomy(random.fork('anatomy'));
  const high = toWorld(grid, grid.size.map((n) => n - 1) as unknown as Vec3);
  const motion = torsoMotion(
    random.fork('motion'),
    grid.origin,
    high,
    options.breathingMm ?? 18,
    options.randomMm,
    options.slides === true ? anatomy.insideWall : undefined,
  );
  const out = new Float64Array(3);
  const fixedLabel: LabelAt = (x, y, z) => {
    motion.move(x, y, z, out);
    return anatomy.labelAt(out[0]!, out[1]!, out[2]!);
  };
  const texture = texturePattern(random.fork('texture'), grid.origin, high);
  const value = new Float64Array(3);
  const pattern: PatternAt = (x, y, z) => {
    texture.sample(x, y, z, value);
    return value[0]! / TEXTURE_SPREAD;
  };
  const fixedPattern: PatternAt = (x, y, z) => {
    motion.move(x, y, z, out);
    return pattern(out[0]!, out[1]!, out[2]!);
  };
  const labels = labelVolume(grid, fixedLabel);
  const movingLabels = labelVolume(grid, anatomy.labelAt);
  const [fixedImage, movingImage] = torsoImagers[options.pair];
  return {
    fixed: await fixedImage(
      { grid, labels, labelAt: fixedLabel, pattern: fixedPattern },
      random.fork('fixed noise'),
    ),
    moving: await movingImage(
      { grid, labels: movingLabels, labelAt: anatomy.labelAt, pattern },
      random.fork('moving noise'),
    ),
    landmarks: [
      ...surfacePoints(anatomy, grid, random.fork('landmarks')),
      ...(options.slides === true ? wallPoints(anatomy, grid, random.fork('wall')) : []),
    ].map(({ organ, at }) => ({
      organ,
      movingMm: at,
      fixedMm: motion.toFixed(at),
    })),
    toMoving: motion.toMoving,
    labels: { ...grid, data: labels, unit: '1' },
  };
}
