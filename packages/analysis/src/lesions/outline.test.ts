import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OutlineRule } from '../tracers/index.ts';
import { outlineFindings } from './outline.ts';

const COUNT = 44;
const MM = 2.5;
const RADIUS_MM = 11;
const SIGMA_MM = 2.55;
const SEEK = 2.5;

/** Balls on a background of 1, blurred as by a scanner of 6 mm. */
async function balls(...centres: readonly Vec3[]): Promise<Volume> {
  const size: Vec3 = [COUNT, COUNT, COUNT];
  const data = new Float32Array(COUNT ** 3).fill(1);
  for (let k = 0, n = 0; k < COUNT; k++)
    for (let j = 0; j < COUNT; j++)
      for (let i = 0; i < COUNT; i++, n++)
        if (centres.some((c) => Math.hypot(i * MM - c[0], j * MM - c[1], k * MM - c[2]) <= RADIUS_MM))
          data[n] = 16;
  const volume: Volume = {
    size,
    spacingMm: [MM, MM, MM],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    data,
    unit: 'g/ml{SUVbw}',
  };
  return gaussian(volume, { sigmaMm: SIGMA_MM });
}

const above = (volume: Volume, allowed: (n: number) => boolean = () => true) => {
  const voxels = Uint32Array.from(
    [...volume.data.keys()].filter((n) => volume.data[n]! >= SEEK && allowed(n)),
  );
  return { voxels, max: voxels.reduce((most, n) => Math.max(most, volume.data[n]!), 0) };
};
const ml = (voxels: Uint32Array) => (voxels.length * MM ** 3) / 1000;
const TRUE_ML = ((4 / 3) * Math.PI * RADIUS_MM ** 3) / 1000;

describe('a sphere of 22 mm and sixteen times its background', () => {
  let volume: Volume;
  beforeAll(async () => {
    volume = await balls([54, 54, 54]);
  });
  const outlined = async (rule: OutlineRule) => {
    const [one] = await outlineFindings(volume, [above(volume)], rule, SEEK);
    return one!;
  };

  it('is swollen by a fixed threshold', async () => {
    const { voxels, level } = await outlined({ kind: 'threshold' });
    expect(level).toBe(SEEK);
    expect(ml(voxels) / TRUE_ML).toBeGreaterThan(1.4);
  });

  it.each<OutlineRule>([
    { kind: 'relative', share: 0.5 },
    { kind: 'adapted', share: 0.41 },
    { kind: 'adapted', share: 0.5 },
    { kind: 'gradient' },
  ])('keeps its size by %o', async (rule) => {
    const { voxels, level } = await outlined(rule);
    expect(Math.abs(ml(voxels) / TRUE_ML - 1)).toBeLessThan(rule.kind === 'gradient' ? 0.23 : 0.17);
    for (const n of voxels) expect(volume.data[n]!).toBeGreaterThanOrEqual(level!);
  });
});

describe('two findings side by side', () => {
  it('never share a voxel, whatever the rule', async () => {
    const volume = await balls([41, 54, 54], [67, 54, 54]);
    const left = (n: number) => n % COUNT < COUNT / 2;
    const found = [above(volume, left), above(volume, (n) => !left(n))];
    for (const rule of [
      { kind: 'relative', share: 0.41 },
      { kind: 'adapted', share: 0.41 },
      { kind: 'gradient' },
    ] as const) {
      const [a, b] = await outlineFindings(volume, found, rule, SEEK);
      const first = new Set(a!.voxels);
      expect(b!.voxels.some((n) => first.has(n))).toBe(false);
      expect(Math.abs(ml(a!.voxels) / ml(b!.voxels) - 1)).toBeLessThan(0.25);
    }
  });
});

describe('a finding that hardly stands out', () => {
  it('stays at the voxels of its threshold where its outline would run away', async () => {
    const volume = await balls([54, 54, 54]);
    const faint = { ...volume, data: Float32Array.from(volume.data, (value) => 5 + value / 100) };
    const voxels = Uint32Array.from([...faint.data.keys()].filter((n) => faint.data[n]! >= 5.12));
    const found = [{ voxels, max: Math.max(...faint.data) }];
    const [kept] = await outlineFindings(faint, found, { kind: 'relative', share: 0.41 }, 5.12);
    expect(kept!.voxels).toEqual(voxels);
    expect(kept!.level).toBe(5.12);
  });
});
