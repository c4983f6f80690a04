import { emptyVolume, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareMasks } from '../agreement.ts';
import { ANATOMY_LABELS } from '../labels.ts';
import type { CtAnatomy } from '../segment-ct.ts';
import { drawLobes, LOBE_LABELS, type LobeName, type LungLobes, segmentLobes } from './index.ts';

/** Two lungs like half ellipsoids, LPS mm: middle of each, height of base and apex. */
const SIDES = { right: -70, left: 70 } as const;
const [BASE, APEX, HALF_DEPTH, HALF_WIDTH] = [0, 230, 85, 50];

function sideAt(x: number, y: number, z: number): 'right' | 'left' | undefined {
  if (z < BASE || z > APEX) return undefined;
  const narrow = 1 - 0.5 * ((z - BASE) / (APEX - BASE)) ** 2;
  for (const side of ['right', 'left'] as const)
    if (((x - SIDES[side]) / HALF_WIDTH) ** 2 + (y / HALF_DEPTH) ** 2 < narrow ** 2) return side;
  return undefined;
}

/** Height of the oblique fissures and of the horizontal one: bent, and off the place of an average person. */
const oblique = (x: number, y: number) =>
  85 + (x < 0 ? -6 : 8) + 0.95 * y + 0.1 * (Math.abs(x) - 70) + 5 * Math.sin(y / 30);
const horizontal = (x: number, y: number) => 108 + 0.1 * y + 4 * Math.cos(x / 25);

function lobeAt(x: number, y: number, z: number): LobeName | undefined {
  const side = sideAt(x, y, z);
  if (side === undefined) return undefined;
  const isLower = z < oblique(x, y);
  if (side === 'left') return isLower ? 'lobeLeftLower' : 'lobeLeftUpper';
  if (isLower) return 'lobeRightLower';
  return z > horizontal(x, y) ? 'lobeRightUpper' : 'lobeRightMiddle';
}

const SHEET_HU = 90;

/** A pseudorandom value in [−1, 1) of a voxel. */
function grain(n: number): number {
  let h = Math.imul(n ^ 0x5bd1e995, 2654435761);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 31 - 1;
}

/** A chest with noise of 20 HU; CT shows the fissures of the right lung as sheets of 90 HU, the left one's not at all. */
function chest(): { ct: Volume; anatomy: CtAnatomy; truth: Volume<Uint8Array> } {
  const grid = {
    size: [104, 76, 106],
    spacingMm: [2.4, 2.4, 2.4],
    origin: [-124, -91, -10],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const ct = emptyVolume(grid, 'float32', "[hnsf'U]");
  const labels = emptyVolume(grid, 'uint8', '1');
  const truth = emptyVolume(grid, 'uint8', '1');
  for (let k = 0, n = 0; k < 106; k++)
    for (let j = 0; j < 76; j++)
      for (let i = 0; i < 104; i++, n++) {
        const [x, y, z] = [-124 + 2.4 * i, -91 + 2.4 * j, -10 + 2.4 * k];
        const lobe = lobeAt(x, y, z);
        ct.data[n] = lobe === undefined ? 40 : -840 + 35 * grain(n);
        labels.data[n] = ANATOMY_LABELS.body;
        if (lobe === undefined) continue;
        truth.data[n] = LOBE_LABELS[lobe];
        labels.data[n] = x < 0 ? ANATOMY_LABELS.lungRight : ANATOMY_LABELS.lungLeft;
        if (x > 0) continue;
        const off = (z - oblique(x, y)) / 1.4;
        ct.data[n]! += SHEET_HU * Math.exp(-0.5 * (off / 1.2) ** 2);
        if (off > 0) ct.data[n]! += SHEET_HU * Math.exp(-0.5 * ((z - horizontal(x, y)) / 1.2) ** 2);
      }
  const structure = (name: 'lungRight' | 'lungLeft') =>
    ({ name, present: true, volumeMl: 1500, confidence: 1, findings: [] }) as const;
  const anatomy = { ct, labels, structures: [structure('lungRight'), structure('lungLeft')] };
  return { ct, anatomy: anatomy as CtAnatomy, truth: truth as Volume<Uint8Array> };
}

describe('lobes of the lungs', () => {
  const { ct, anatomy, truth } = chest();
  let lobes: LungLobes;
  let drawn: Volume<Uint8Array>;
  beforeAll(async () => {
    lobes = await segmentLobes(ct, anatomy);
    drawn = drawLobes(anatomy.labels, lobes);
  }, 300_000);

  it.each(['lobeRightUpper', 'lobeRightMiddle', 'lobeRightLower'] as const)(
    'are outlined where CT shows faint fissures: %s',
    async (name) => {
      const mask = (volume: Volume<Uint8Array>) => ({
        ...volume,
        data: volume.data.map((label) => Number(label === LOBE_LABELS[name])),
      });
      const { dice, meanSurfaceMm } = await compareMasks(mask(drawn), mask(truth));
      expect(dice).toBeGreaterThan(0.95);
      expect(meanSurfaceMm).toBeLessThan(1.5);
      expect(lobes.structures.find((one) => one.name === name)).toMatchObject({ present: true });
    },
  );

  it('are left out with the reason where it shows none, and take no voxel', () => {
    for (const name of ['lobeLeftUpper', 'lobeLeftLower'] as const) {
      const { findings, ...report } = lobes.structures.find((one) => one.name === name)!;
      expect(report).toEqual({ name, present: false, confidence: 0, volumeMl: 0 });
      expect(findings[0]).toMatch(/^left out, because CT does not show the oblique fissure of the left lung/);
      expect(drawn.data.includes(LOBE_LABELS[name])).toBe(false);
    }
  });

  it('are not sought on thick slices', async () => {
    const { structures, fissures } = await segmentLobes({ ...ct, spacingMm: [1, 1, 5] }, anatomy);
    expect(fissures).toEqual({});
    expect(structures.map(({ findings }) => findings[0])).toEqual(
      Array(5).fill('left out, because voxels of 5.0 mm are too thick for a fissure to be seen'),
    );
  });

  it('are left out where no whole lung is in the scan', async () => {
    const labels = { ...anatomy.labels, data: new Uint8Array(anatomy.labels.data.length) };
    const { structures } = await segmentLobes(ct, { ...anatomy, labels });
    expect(structures[0]).toMatchObject({ name: 'lobeRightUpper', present: false });
    expect(structures[0]!.findings).toEqual(['left out, because no whole right lung is in the scan']);
  });
});
