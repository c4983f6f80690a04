import { PIXELS, RINGS, SECTORS, sectorAngle } from './polar-map.ts';

export type Territory = 'LAD' | 'LCX' | 'RCA';
export type SegmentLevel = 'basal' | 'mid' | 'apical' | 'apex';

export interface Segment {
  /** 1 to 17. */
  readonly number: number;
  readonly name: string;
  readonly level: SegmentLevel;
  /** Sector around the axis in degrees from lateral (0) through anterior (90). */
  readonly fromDegrees: number;
  readonly toDegrees: number;
  readonly territory: Territory;
}

const SIX = [
  'anterior',
  'anteroseptal',
  'inferoseptal',
  'inferior',
  'inferolateral',
  'anterolateral',
] as const;
const FOUR = ['anterior', 'septal', 'inferior', 'lateral'] as const;
const TERRITORIES: Readonly<Record<Territory, readonly number[]>> = {
  LAD: [1, 2, 7, 8, 13, 14, 17],
  RCA: [3, 4, 9, 10, 15],
  LCX: [5, 6, 11, 12, 16],
};

const territoryOf = (number: number): Territory =>
  (Object.keys(TERRITORIES) as Territory[]).find((name) => TERRITORIES[name].includes(number))!;

const row = (level: SegmentLevel, first: number, names: readonly string[]): Segment[] => {
  const width = 360 / names.length;
  return names.map((name, n) => ({
    number: first + n,
    name: `${level} ${name}`,
    level,
    fromDegrees: 90 - width / 2 + n * width,
    toDegrees: 90 + width / 2 + n * width,
    territory: territoryOf(first + n),
  }));
};

/** The 17 segments of the American Heart Association (Cerqueira et al., Circulation 2002;105:539). */
export const SEGMENTS: readonly Segment[] = [
  ...row('basal', 1, SIX),
  ...row('mid', 7, SIX),
  ...row('apical', 13, FOUR),
  { number: 17, name: 'apex', level: 'apex', fromDegrees: 0, toDegrees: 360, territory: territoryOf(17) },
];

const LEVELS: readonly SegmentLevel[] = ['apex', 'apical', 'mid', 'basal'];

/** Segment number at a share of the arc length (0 apex, 1 valve plane) and an angle in radians. */
export function segmentAt(share: number, angle: number): number {
  const level = LEVELS[Math.min(3, Math.floor(share * 4))]!;
  const degrees = (angle * 180) / Math.PI;
  return SEGMENTS.find((segment) => {
    if (segment.level !== level) return false;
    const from = (((degrees - segment.fromDegrees) % 360) + 360) % 360;
    return from < segment.toDegrees - segment.fromDegrees;
  })!.number;
}

/** Segment number of every pixel of a polar map. */
export const SEGMENT_OF_PIXEL: Uint8Array = Uint8Array.from({ length: PIXELS }, (_, pixel) =>
  segmentAt((Math.floor(pixel / SECTORS) + 0.5) / RINGS, sectorAngle(pixel % SECTORS)),
);
