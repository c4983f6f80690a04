import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';
import { expect, it } from 'vitest';
import { splitBasins } from './basins.ts';
import { candidatesAbove } from './candidates.ts';
import type { Judgement } from './model/judge.ts';
import type { Organ } from './physiology.ts';
import { type Piece, pieces } from './pieces.ts';
import { splitTouching } from './touching.ts';

const COUNT = 40;
const MM = 4;
const SMALLEST = 8;
/** A scanner of 6 mm. */
const SIGMA_MM = 2.55;

interface Ball {
  readonly centre: Vec3;
  readonly radiusMm: number;
  readonly suv: number;
  /** What uptake with its maximum in this ball is taken for. */
  readonly organ?: Organ;
}

/** Balls on a background of 1, blurred, and the piece of uptake that holds most of each. */
async function piecesOf(balls: readonly Ball[]) {
  const data = new Float32Array(COUNT ** 3).fill(1);
  const inBall = ({ centre, radiusMm }: Ball, at: Vec3) =>
    Math.hypot(...at.map((mm, axis) => mm - centre[axis]!)) <= radiusMm;
  const each = (visit: (n: number, at: Vec3) => void) => {
    for (let k = 0, n = 0; k < COUNT; k++)
      for (let j = 0; j < COUNT; j++) for (let i = 0; i < COUNT; i++, n++) visit(n, [i * MM, j * MM, k * MM]);
  };
  each((n, at) => {
    // Each voxel is the mean over 27 points in it.
    let sum = 0;
    for (const c of [-1, 0, 1])
      for (const b of [-1, 0, 1])
        for (const a of [-1, 0, 1]) {
          const point: Vec3 = [at[0] + (a * MM) / 3, at[1] + (b * MM) / 3, at[2] + (c * MM) / 3];
          sum += balls.find((ball) => inBall(ball, point))?.suv ?? 1;
        }
    data[n] = sum / 27;
  });
  const volume: Volume = await gaussian(
    {
      size: [COUNT, COUNT, COUNT],
      spacingMm: [MM, MM, MM],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      data,
      unit: 'g/ml{SUVbw}',
    },
    { sigmaMm: SIGMA_MM },
  );
  const judge = (_: Uint32Array, peak: number): Judgement => {
    const at: Vec3 = [peak % COUNT, Math.floor(peak / COUNT) % COUNT, Math.floor(peak / COUNT ** 2)];
    const own = balls.find((ball) => inBall(ball, at.map((n) => n * MM) as unknown as Vec3));
    const physiology =
      own?.organ === undefined ? undefined : { organ: own.organ, reason: 'by its place', confidence: 1 };
    return { features: {} as never, physiology, probability: undefined };
  };
  const found: Piece[] = [];
  for (const candidate of candidatesAbove(volume, 2.5, SMALLEST)) {
    const hills = pieces(volume, await splitBasins(volume, candidate, SMALLEST), judge);
    // CT shows no organ here: its shape in the PET alone has to tell.
    const without = { fused: { labels: volume } as never, zones: { toOrgan: {} } as never };
    found.push(...(await splitTouching(volume, hills, { ...without, smallest: SMALLEST, judge })));
  }
  return balls.map((ball) => {
    const own: number[] = [];
    each((n, at) => {
      if (inBall(ball, at)) own.push(n);
    });
    const shares = found.map(({ voxels }) => {
      const set = new Set(voxels);
      return own.filter((n) => set.has(n)).length / own.length;
    });
    const best = Math.max(...shares);
    return { piece: shares.indexOf(best), share: best };
  });
}

const pair = (first: number, second: number, ratio: number, gapMm: number): Ball[] => {
  const away = first + second + gapMm;
  return [
    { centre: [60, 78, 66], radiusMm: first, suv: 12 },
    { centre: [60 + 0.48 * away, 78 + 0.6 * away, 66 + 0.64 * away], radiusMm: second, suv: 12 * ratio },
  ];
};

it.each([
  [8, 8, 1],
  [11, 11, 1],
  [11, 11, 0.5],
  [11, 7, 1],
])(
  'lesions of %d and %d mm radius, the second at %d of the uptake, are two from a gap of 6 mm on',
  async (a, b, ratio) => {
    const [first, second] = await piecesOf(pair(a, b, ratio, 6));
    expect(first!.piece).not.toBe(second!.piece);
    expect(first!.share).toBeGreaterThan(0.85);
    expect(second!.share).toBeGreaterThan(0.85);
  },
);

it.each([
  [11, 11, 1],
  [14, 9, 1],
  [11, 11, 0.5],
])(
  'lesions of %d and %d mm radius that touch, the second at %d of the uptake, are two',
  async (a, b, ratio) => {
    const [first, second] = await piecesOf(pair(a, b, ratio, 0));
    expect(first!.piece).not.toBe(second!.piece);
    expect(first!.share).toBeGreaterThan(0.8);
    expect(second!.share).toBeGreaterThan(0.8);
  },
);

it('a long and a bent lesion are one each', async () => {
  const at = (x: number, y: number): Ball => ({ centre: [50 + x, 50 + y, 80], radiusMm: 9, suv: 10 });
  const long = await piecesOf(Array.from({ length: 7 }, (_, n) => at(7 * n, 0)));
  expect(new Set(long.map(({ piece }) => piece)).size).toBe(1);
  const bent = await piecesOf(
    Array.from({ length: 8 }, (_, n) => (n < 4 ? at(7 * n, 0) : at(21, 7 * (n - 3)))),
  );
  expect(new Set(bent.map(({ piece }) => piece)).size).toBe(1);
});

it.each([
  [8, 0.35],
  [9, 0.6],
  [11, 1],
])(
  'a lesion of %d mm radius at %d of the uptake of the bladder that it touches is found',
  async (mm, ratio) => {
    const bladder: Ball = { centre: [70, 78, 80], radiusMm: 30, suv: 18, organ: 'bladder' };
    const away = bladder.radiusMm + mm;
    const lesion: Ball = {
      centre: [70 + 0.6 * away, 78 + 0.64 * away, 80 - 0.48 * away],
      radiusMm: mm,
      suv: ratio * bladder.suv,
    };
    const [organ, found] = await piecesOf([bladder, lesion]);
    expect(found!.piece).not.toBe(organ!.piece);
    expect(found!.share).toBeGreaterThan(0.7);
    expect(organ!.share).toBeGreaterThan(0.95);
  },
);
