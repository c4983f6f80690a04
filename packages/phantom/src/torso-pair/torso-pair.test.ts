import { type Grid, toVoxel, toWorld } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { type TorsoPairKind, torsoPair, torsoTissues } from './index.ts';

const grid: Grid = {
  size: [40, 40, 30],
  spacingMm: [9.6, 9.6, 9.6],
  origin: [-187, -187, -139],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('a torso that breathes', () => {
  it('knows where each point of the fixed image lies in the moving one', async () => {
    const { landmarks, toMoving } = await torsoPair({ seed: 3, pair: 'ct-ct', grid });
    expect(landmarks.length).toBeGreaterThan(300);
    let largest = 0;
    for (const { fixedMm, movingMm } of landmarks) {
      const [x, y, z] = toMoving(fixedMm);
      expect(Math.hypot(x - movingMm[0], y - movingMm[1], z - movingMm[2])).toBeLessThan(1e-3);
      largest = Math.max(largest, Math.abs(movingMm[2] - fixedMm[2]));
    }
    expect(largest).toBeGreaterThan(10);
  });

  it('shows in the fixed image what its labels say, and the same for the same seed', async () => {
    const [once, again] = [
      await torsoPair({ seed: 4, pair: 'pet-ct', grid }),
      await torsoPair({ seed: 4, pair: 'pet-ct', grid }),
    ];
    expect(again.fixed.data).toEqual(once.fixed.data);
    expect(again.moving.data).toEqual(once.moving.data);
    const lung = torsoTissues.findIndex(({ name }) => name === 'lung');
    let sum = 0;
    let count = 0;
    once.labels.data.forEach((label, n) => {
      const isInside = [1, -1, 40, -40, 1600, -1600].every((step) => once.labels.data[n + step] === lung);
      if (label !== lung || !isInside) return;
      sum += once.fixed.data[n]!;
      count++;
    });
    expect(Math.abs(sum / count - torsoTissues[lung]!.hu)).toBeLessThan(15);
  });

  it('looks the same to CT beside another partner, and of each modality what it shows', async () => {
    const inside = async (pair: TorsoPairKind, tissue: string) => {
      const { moving, toMoving, labels } = await torsoPair({
        seed: 6,
        pair,
        grid,
        breathingMm: 0,
        randomMm: 0,
      });
      const wanted = torsoTissues.findIndex(({ name }) => name === tissue);
      let sum = 0;
      let count = 0;
      labels.data.forEach((label, n) => {
        if (
          label !== wanted ||
          [1, -1, 40, -40, 1600, -1600].some((step) => labels.data[n + step] !== wanted)
        )
          return;
        const at = toVoxel(
          moving,
          toMoving(toWorld(labels, [n % 40, Math.floor(n / 40) % 40, Math.floor(n / 1600)])),
        );
        sum += moving.data[Math.round(at[0]) + 40 * (Math.round(at[1]) + 40 * Math.round(at[2]))]!;
        count++;
      });
      return sum / count;
    };
    expect(await inside('mr-ct', 'liver')).toBeGreaterThan(4 * (await inside('mr-ct', 'lung')));
    expect(await inside('mr-mr', 'liver')).toBeLessThan(0.7 * (await inside('mr-ct', 'liver')));
    expect(await inside('cbct-ct', 'liver')).toBeLessThan((await inside('ct-ct', 'liver')) - 15);
    const [one, other] = [
      await torsoPair({ seed: 7, pair: 'spect-ct', grid }),
      await torsoPair({ seed: 7, pair: 'ct-ct', grid }),
    ];
    expect(one.fixed.data).toEqual(other.fixed.data);
  });

  it('slides along the ribs on request: they stay, what they enclose breathes', async () => {
    const options = { seed: 8, pair: 'ct-ct', grid, randomMm: 0 } as const;
    const { landmarks, toMoving } = await torsoPair({ ...options, slides: true });
    const wall = landmarks.filter(({ organ }) => organ === 'chest wall');
    expect(wall.length).toBeGreaterThan(50);
    for (const { fixedMm, movingMm } of wall) {
      expect([0, 1, 2].map((axis) => movingMm[axis]! - fixedMm[axis]!)).toEqual([
        expect.closeTo(4, 3),
        expect.closeTo(-3, 3),
        expect.closeTo(2, 3),
      ]);
    }
    const inside = landmarks.filter(({ organ }) => organ !== 'chest wall');
    for (const { fixedMm, movingMm } of inside)
      expect(Math.abs(toMoving(fixedMm)[2] - movingMm[2])).toBeLessThan(1e-3);
    const breath = inside.map(({ fixedMm, movingMm }) => movingMm[2] - fixedMm[2] - 2);
    expect(Math.max(...breath)).toBeGreaterThan(10);
  });

  it('lies still on request, and refuses a seed that is none', async () => {
    const still = await torsoPair({ seed: 5, pair: 'ct-ct', grid, breathingMm: 0, randomMm: 0 });
    const [x, y, z] = still.toMoving([10, 20, 30]);
    expect([x - 10, y - 20, z - 30]).toEqual([4, -3, 2]);
    await expect(torsoPair({ seed: -1, pair: 'ct-ct', grid })).rejects.toMatchObject({
      code: 'PHANTOM_OPTION_INVALID',
    });
  });
});
