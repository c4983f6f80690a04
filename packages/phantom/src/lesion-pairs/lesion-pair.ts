import type { Vec3 } from '@photopeak/imaging';
import { exp, log, PI, sin } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';

export interface LesionPairOptions {
  readonly seed: number;
  /** Lesions at the first time point. Default 3 to 20, from the seed. */
  readonly lesions?: number;
  /** How far the known mapping is off, root mean square in mm. Default 0. */
  readonly residualMm?: number;
}

/** A lesion as the centres of its voxels. */
export interface SimulatedLesion {
  readonly id: string;
  readonly points: readonly Vec3[];
  readonly voxelMm: Vec3;
}

export interface LesionPair {
  readonly prior: readonly SimulatedLesion[];
  readonly current: readonly SimulatedLesion[];
  /** Where a registration puts a point of the prior study: the true place and the residual error. */
  readonly map: (point: Vec3) => Vec3;
  /** Ids that belong together, prior first. */
  readonly links: readonly (readonly [string, string])[];
  readonly newLesions: readonly string[];
  readonly resolved: readonly string[];
}

interface Ball {
  readonly center: Vec3;
  /** Semi-axes of an ellipsoid along the patient's axes. */
  readonly axes: Vec3;
}

/** Trunk in which the lesions lie. */
const LOW: Vec3 = [-160, -90, -430];
const HIGH: Vec3 = [160, 90, 430];
const PRIOR_VOXEL: Vec3 = [4, 4, 4];
const CURRENT_VOXEL: Vec3 = [4.07, 4.07, 3];
/** Between the surfaces of two lesions that are to be told apart. */
const GAP_MM = 4;
/** Radii, small ones more often. */
const SMALLEST_MM = 3;
const LARGEST_MM = 22;
/** Share of lesions that lie beside another one, as nodes do. */
const CLUSTERED = 0.5;
/** What becomes of a lesion, with its share. */
const FATES = [
  ['same', 0.62],
  ['resolved', 0.2],
  ['split', 0.1],
  ['merged', 0.08],
] as const;

const reach = ({ axes }: Ball): number => Math.max(...axes);
const apart = (a: Vec3, b: Vec3): number =>
  Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);

/**
 * Lesions of a patient at two time points as shapes alone, with the truth of which belong together: they grow, shrink,
 * move a little, go, split, merge, and new ones come. For measuring how well they are matched.
 */
export function lesionPair({ seed, lesions, residualMm = 0 }: LesionPairOptions): LesionPair {
  const random = Random.of('lesion-pair', seed);
  const count = lesions ?? random.integer(3, 20);
  const placed: Ball[] = [];
  const place = (stream: Random): Ball | undefined => {
    const radius = SMALLEST_MM * exp(stream.uniform() * log(LARGEST_MM / SMALLEST_MM));
    const axes = [0, 1, 2].map(() => radius * stream.between(0.75, 1.3)) as unknown as Vec3;
    for (let trial = 0; trial < 60; trial++) {
      const beside = placed.length > 0 && stream.uniform() < CLUSTERED ? stream.pick(placed) : undefined;
      const center = [0, 1, 2].map((axis) =>
        beside === undefined
          ? stream.between(LOW[axis]!, HIGH[axis]!)
          : beside.center[axis]! + stream.normal() * (reach(beside) + radius),
      ) as unknown as Vec3;
      const ball = { center, axes };
      if (placed.every((other) => apart(other.center, center) > reach(other) + reach(ball) + GAP_MM)) {
        placed.push(ball);
        return ball;
      }
    }
    return undefined;
  };

  const motion = smoothMotion(random.fork('motion'), 6);
  const residual = smoothMotion(random.fork('residual'), residualMm);
  const move = (point: Vec3): Vec3 => {
    const d = motion(point);
    return [point[0] + d[0] + 12, point[1] + d[1] - 7, point[2] + d[2] + 31];
  };
  const map = (point: Vec3): Vec3 => {
    const at = move(point);
    const d = residual(at);
    return [at[0] + d[0], at[1] + d[1], at[2] + d[2]];
  };

  const prior: SimulatedLesion[] = [];
  const current: SimulatedLesion[] = [];
  const links: (readonly [string, string])[] = [];
  const resolved: string[] = [];
  const addPrior = (ball: Ball): string => {
    const id = `p${prior.length + 1}`;
    prior.push({ id, points: voxels([ball], PRIOR_VOXEL), voxelMm: PRIOR_VOXEL });
    return id;
  };
  const addCurrent = (balls: readonly Ball[]): string => {
    const id = `c${current.length + 1}`;
    const moved = balls.map((ball) => ({ ...ball, center: move(ball.center) }));
    current.push({ id, points: voxels(moved, CURRENT_VOXEL), voxelMm: CURRENT_VOXEL });
    return id;
  };

  for (let n = 0; n < count; n++) {
    const stream = random.fork('lesion', n);
    const ball = place(stream);
    if (ball === undefined) continue;
    const fate = drawFate(stream, reach(ball));
    if (fate === 'merged') {
      const twin = beside(ball, stream);
      if (
        placed.some(
          (other) => other !== ball && apart(other.center, twin.center) < reach(other) + reach(twin) + GAP_MM,
        )
      ) {
        links.push([addPrior(ball), addCurrent([scaled(ball, 1.1)])]);
        continue;
      }
      placed.push(twin);
      const ids = [addPrior(ball), addPrior(twin)];
      const one = addCurrent([scaled(ball, 1.25), scaled(twin, 1.25), between(ball, twin)]);
      for (const id of ids) links.push([id, one]);
      continue;
    }
    const id = addPrior(ball);
    if (fate === 'resolved') resolved.push(id);
    else if (fate === 'split') {
      const side = ball.axes.indexOf(Math.max(...ball.axes));
      for (const sign of [-1, 1]) {
        const center = ball.center.map((mm, axis) =>
          axis === side ? mm + sign * 0.6 * ball.axes[axis]! : mm,
        ) as unknown as Vec3;
        links.push([id, addCurrent([{ center, axes: scaled(ball, 0.36).axes }])]);
      }
    } else {
      const grown = scaled(ball, Math.max(3.5 / reach(ball), stream.between(0.5, 1.6)));
      const center = grown.center.map((mm) => mm + stream.normal() * 0.12 * reach(ball)) as unknown as Vec3;
      links.push([id, addCurrent([{ ...grown, center }])]);
    }
  }
  const newLesions: string[] = [];
  for (let n = 0, wanted = random.integer(0, 6); n < wanted; n++) {
    const ball = place(random.fork('new', n));
    if (ball !== undefined) newLesions.push(addCurrent([ball]));
  }
  return { prior, current, map, links, newLesions, resolved };
}

function drawFate(random: Random, radiusMm: number): (typeof FATES)[number][0] {
  let left = random.uniform();
  for (const [fate, share] of FATES) {
    left -= share;
    // A small lesion does not leave two that could be seen.
    if (left < 0) return fate === 'split' && radiusMm < 13 ? 'same' : fate;
  }
  return 'same';
}

const scaled = (ball: Ball, factor: number): Ball => ({
  ...ball,
  axes: ball.axes.map((mm) => mm * factor) as unknown as Vec3,
});

/** A second lesion that will grow together with the first. */
function beside(ball: Ball, random: Random): Ball {
  const twin = scaled(ball, random.between(0.7, 1));
  return {
    ...twin,
    center: [ball.center[0] + ball.axes[0] + twin.axes[0] + 5, ball.center[1], ball.center[2]],
  };
}

const between = (a: Ball, b: Ball): Ball => ({
  center: a.center.map((mm, axis) => (mm + b.center[axis]!) / 2) as unknown as Vec3,
  axes: [Math.abs(a.center[0] - b.center[0]) / 2, 0.5 * a.axes[1], 0.5 * a.axes[2]],
});

/** Centres of the voxels of a grid at the origin that lie in any of the ellipsoids. */
function voxels(balls: readonly Ball[], spacing: Vec3): Vec3[] {
  const found = new Map<string, Vec3>();
  for (const { center, axes } of balls) {
    const range = [0, 1, 2].map((axis) => [
      Math.ceil((center[axis]! - axes[axis]!) / spacing[axis]!),
      Math.floor((center[axis]! + axes[axis]!) / spacing[axis]!),
    ]);
    const nearest = center.map((mm, axis) => Math.round(mm / spacing[axis]!)) as unknown as Vec3;
    const add = (i: number, j: number, k: number) =>
      found.set(`${i} ${j} ${k}`, [i * spacing[0], j * spacing[1], k * spacing[2]]);
    for (let k = range[2]![0]!; k <= range[2]![1]!; k++) {
      for (let j = range[1]![0]!; j <= range[1]![1]!; j++) {
        for (let i = range[0]![0]!; i <= range[0]![1]!; i++) {
          const [x, y, z] = [i, j, k].map(
            (n, axis) => (n * spacing[axis]! - center[axis]!) / axes[axis]!,
          ) as unknown as Vec3;
          if (x * x + y * y + z * z <= 1) add(i, j, k);
        }
      }
    }
    add(...nearest);
  }
  return [...found.values()];
}

/** A smooth displacement of a given root mean square length: three waves along each axis, 250 to 500 mm long. */
function smoothMotion(random: Random, rmsMm: number): (point: Vec3) => Vec3 {
  const waves = Array.from({ length: 9 }, (_, n) => ({
    axis: n % 3,
    direction: [random.normal(), random.normal(), random.normal()] as Vec3,
    phase: random.between(0, 2 * PI),
    length: random.between(250, 500),
  }));
  // Three waves a component, each of mean square 1/2.
  const amplitude = rmsMm / Math.sqrt(9 / 2);
  return (point) => {
    const d: [number, number, number] = [0, 0, 0];
    for (const { axis, direction, phase, length } of waves) {
      const norm = Math.sqrt(direction[0] ** 2 + direction[1] ** 2 + direction[2] ** 2);
      const along = (point[0] * direction[0] + point[1] * direction[1] + point[2] * direction[2]) / norm;
      d[axis]! += amplitude * sin((2 * PI * along) / length + phase);
    }
    return d;
  };
}
