import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';
import { expect, it } from 'vitest';
import { splitBasins } from './basins.ts';
import { candidatesAbove } from './candidates.ts';
import { type Piece, pieces } from './pieces.ts';

const COUNT = 40;
const MM = 4;
const SMALLEST = 8;
/** A scanner of 6 mm. */
const SIGMA_MM = 2.55;

interface Ball {
  readonly centre: Vec3;
  readonly radiusMm: number;
  readonly suv: number;
}

/** Balls on a background of 1, blurred; nothing is an organ. */
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
  const nothing = () => ({ features: {} as never, physiology: undefined, probability: undefined });
  const found: Piece[] = [];
  for (const candidate of candidatesAbove(volume, 2.5, SMALLEST))
    found.push(...pieces(volume, await splitBasins(volume, candidate, SMALLEST), nothing));
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

it('lesions that touch are one: their blur leaves no valley', async () => {
  const [first, second] = await piecesOf(pair(11, 11, 1, 0));
  expect(first!.piece).toBe(second!.piece);
});
