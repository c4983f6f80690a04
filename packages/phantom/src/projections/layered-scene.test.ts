import { describe, expect, it } from 'vitest';
import { layeredPaths } from './layered-scene.ts';

const disc = (x: number, radius: number) => ({
  center: [x, 0, 0] as const,
  halfAxesMm: [radius, radius, 1e6] as const,
});

describe('a slice painted layer by layer', () => {
  const paths = layeredPaths(
    [
      { shape: disc(0, 100), parts: { soft: 1 } },
      { shape: disc(0, 40), parts: { bone: 0.35, soft: 0.65 } },
      { shape: disc(60, 10), parts: {} },
      { shape: disc(42, 6), parts: { iron: 1 } },
    ],
    ['soft', 'bone', 'iron'],
  );

  it('gives each ray what lies on top along it', () => {
    // Metal from 36 to 48 mm covers 4 of the marrow and 8 of soft tissue; the cavity of 20 mm lies behind it.
    const [soft, bone, iron] = paths([-500, 0, 0], [1, 0, 0]);
    expect(iron).toBeCloseTo(12, 9);
    expect(bone).toBeCloseTo(0.35 * 76, 9);
    expect(soft).toBeCloseTo(200 - 80 - 20 - (48 - 40) + 0.65 * 76, 9);
  });

  it('turns with the ray, and is empty beside the body', () => {
    const [soft, bone] = paths([0, 500, 0], [0, -1, 0]);
    expect(bone).toBeCloseTo(0.35 * 80, 9);
    expect(soft).toBeCloseTo(200 - 80 + 0.65 * 80, 9);
    expect(Array.from(paths([-500, 101, 0], [1, 0, 0]))).toEqual([0, 0, 0]);
  });
});
