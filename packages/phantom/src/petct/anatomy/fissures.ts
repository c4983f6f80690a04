import type { Vec3 } from '@photopeak/imaging';
import { exp, PI, sin, square } from '../../shared/exact-math.ts';
import type { Random } from '../../shared/random.ts';

/**
 * How the fissures between the lobes look on CT: a thin sheet all over, a sheet with gaps in which the lobes are fused
 * and vessels cross, or no sheet at all, so that only the vessels tell where one lobe ends.
 */
export const fissureKinds = ['complete', 'incomplete', 'invisible'] as const;
export type FissureKind = (typeof fissureKinds)[number];

/** Names of the values of `PetctPhantom.lobes()`, at the index of their value. */
export const lobeNames = [
  'none',
  'lobeRightUpper',
  'lobeRightMiddle',
  'lobeRightLower',
  'lobeLeftUpper',
  'lobeLeftLower',
] as const;

type Side = 'right' | 'left';

/** Where the vessels of each lung leave the mediastinum. */
export const HILUM: Record<Side, Vec3> = { right: [-42, 14, 108], left: [42, 14, 116] };
/** So near to the hilum the lobes hang together and no sheet parts them. */
const ROOT_MM = 24;
/** Two layers of pleura, with what water lies between them, mm; and what that adds to lung, HU. */
const THICKNESS_MM = [0.25, 0.5] as const;
const SHEET_HU = 850;
/** About this part of an incomplete fissure is missing. */
const MISSING_PART = 0.45;

/** A surface z = f(x, y) through a lung, with its waves. */
class Sheet {
  readonly #waves: readonly {
    readonly kx: number;
    readonly ky: number;
    readonly at: number;
    readonly mm: number;
  }[];
  readonly #height: (x: number, y: number) => number;

  constructor(random: Random, wavesMm: number, height: (x: number, y: number) => number) {
    this.#height = height;
    this.#waves = Array.from({ length: 4 }, () => {
      const k = (2 * PI) / random.between(60, 140);
      const turn = random.between(0, 2 * PI);
      return {
        kx: k * sin(turn),
        ky: k * sin(turn + PI / 2),
        at: random.between(0, 2 * PI),
        mm: wavesMm * random.between(0.5, 1),
      };
    });
  }

  height(x: number, y: number): number {
    let z = this.#height(x, y);
    for (const { kx, ky, at, mm } of this.#waves) z += mm * sin(kx * x + ky * y + at);
    return z;
  }

  /** Distance above (positive) or below the sheet, mm; exact for a plane. */
  distance(x: number, y: number, z: number): number {
    const here = this.height(x, y);
    const dx = this.height(x + 1, y) - here;
    const dy = this.height(x, y + 1) - here;
    return (z - here) / Math.sqrt(1 + dx * dx + dy * dy);
  }
}

/** Where a fissure has gaps: a slow random wave over its surface below the quantile that is missing. */
function gaps(random: Random): (x: number, y: number) => boolean {
  const waves = Array.from({ length: 3 }, () => ({
    kx: random.between(0.02, 0.05),
    ky: random.between(0.02, 0.05),
    at: random.between(0, 2 * PI),
  }));
  const level = 1.5 * (2 * MISSING_PART - 1);
  return (x, y) =>
    waves.reduce((sum, { kx, ky, at }) => sum + sin(kx * x + at) * sin(ky * y + at * 3), 0) * 1.6 < level;
}

/** The fissures of one person in anatomical millimetres. */
export interface Fissures {
  /** Value of `lobeNames` at a point of a lung. */
  lobeAt(x: number, y: number, z: number): number;
  /** Distance to the nearest fissure that bounds the lobe there and parts it, mm; infinite where lobes are fused. */
  clearance(x: number, y: number, z: number): number;
  /** HU that the sheets add to lung, seen with a Gaussian spread of `sigmaMm`. */
  huAt(x: number, y: number, z: number, sigmaMm: number): number;
}

interface Wall {
  readonly sheet: Sheet;
  readonly isMissing: (x: number, y: number) => boolean;
}

/** Draws where the fissures lie: they vary by centimetres from person to person, are bent and twisted. */
export function drawFissures(random: Random, kind: FissureKind): Fissures {
  const oblique = (side: Side, meanHeight: number, meanSlope: number): Wall => {
    const stream = random.fork('oblique', side);
    const z0 = meanHeight + stream.between(-9, 9);
    const slope = meanSlope + stream.between(-0.14, 0.14);
    const twist = stream.between(-0.25, 0.25);
    const bend = stream.between(-9, 9);
    const aside = stream.between(-0.15, 0.15);
    const height = (x: number, y: number): number => {
      const u = (Math.abs(x) - 75) / 70;
      const v = (y - 14) / 70;
      return z0 + 70 * slope * v + 70 * twist * u * v + bend * (v * v - 0.5) + 70 * aside * u;
    };
    return { sheet: new Sheet(stream, 2.2, height), isMissing: gaps(stream.fork('gaps')) };
  };
  const right = oblique('right', 106, 1.1);
  const left = oblique('left', 112, 1.22);
  const stream = random.fork('horizontal');
  const [z0, forward, aside] = [
    106 + stream.between(-9, 9),
    stream.between(0, 0.3),
    stream.between(-0.1, 0.2),
  ];
  const horizontal: Wall = {
    sheet: new Sheet(
      stream,
      1.6,
      (x, y) => z0 + forward * (y - 14) - aside * (Math.abs(x) - 60) - 10 * square((Math.abs(x) - 75) / 60),
    ),
    isMissing: gaps(stream.fork('gaps')),
  };
  const thickness = random.between(...THICKNESS_MM);

  /** The sheets that bound the lobe at a point, with the distance to each. */
  const walls = (x: number, y: number, z: number): readonly (readonly [Wall, number])[] => {
    if (x >= 0) return [[left, left.sheet.distance(x, y, z)]];
    const below = right.sheet.distance(x, y, z);
    return below < 0
      ? [[right, below]]
      : [
          [right, below],
          [horizontal, horizontal.sheet.distance(x, y, z)],
        ];
  };
  const isRoot = (x: number, y: number, z: number): boolean => {
    const [hx, hy, hz] = HILUM[x < 0 ? 'right' : 'left'];
    return square(x - hx) + square(y - hy) + square(z - hz) < ROOT_MM * ROOT_MM;
  };
  const isFused = ({ isMissing }: Wall, x: number, y: number) => kind === 'incomplete' && isMissing(x, y);
  return {
    lobeAt(x, y, z) {
      if (x >= 0) return left.sheet.height(x, y) < z ? 4 : 5;
      if (right.sheet.height(x, y) >= z) return 3;
      return horizontal.sheet.height(x, y) < z ? 1 : 2;
    },
    clearance(x, y, z) {
      if (isRoot(x, y, z)) return Number.POSITIVE_INFINITY;
      let least = Number.POSITIVE_INFINITY;
      for (const [wall, mm] of walls(x, y, z))
        if (!isFused(wall, x, y)) least = Math.min(least, Math.abs(mm));
      return least;
    },
    huAt(x, y, z, sigmaMm) {
      if (kind === 'invisible' || isRoot(x, y, z)) return 0;
      let hu = 0;
      for (const [wall, mm] of walls(x, y, z)) {
        if (Math.abs(mm) > 4 * sigmaMm || isFused(wall, x, y)) continue;
        hu += ((SHEET_HU * thickness) / (sigmaMm * 2.5066)) * exp(-0.5 * square(mm / sigmaMm));
      }
      return hu;
    },
  };
}
