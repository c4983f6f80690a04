import type { Grid, Vec3, Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { torsoCt, torsoGrid, torsoPet } from '../test-support/torso.ts';
import {
  ANATOMY_LABELS,
  type CtAnatomy,
  findLandmarks,
  fuse,
  placeBloodPoolReference,
  placeLiverReference,
  refineAnatomy,
  type StructureName,
  segmentCtAnatomy,
} from './index.ts';

const options = { spacingMm: 5 };
const volumeOf = (anatomy: CtAnatomy, name: StructureName) =>
  anatomy.structures.find((structure) => structure.name === name)!;

function labelAt(labels: Volume, position: Vec3): number {
  const [i, j, k] = position.map((mm, axis) =>
    Math.round((mm - labels.origin[axis]!) / labels.spacingMm[axis]!),
  );
  return labels.data[i! + labels.size[0] * (j! + labels.size[1] * k!)]!;
}

/** The same CT with its voxels stored in another order: axes (k, −i, j). */
function turned(ct: Volume<Float32Array>): Volume<Float32Array> {
  const [nx, ny, nz] = ct.size;
  const size: Vec3 = [nz, nx, ny];
  const data = new Float32Array(ct.data.length);
  for (let c = 0; c < ny; c++)
    for (let b = 0; b < nx; b++)
      for (let a = 0; a < nz; a++) data[a + nz * (b + nx * c)] = ct.data[nx - 1 - b + nx * (c + ny * a)]!;
  const grid: Grid = {
    size,
    spacingMm: [ct.spacingMm[2], ct.spacingMm[0], ct.spacingMm[1]],
    origin: [ct.origin[0] + (nx - 1) * ct.spacingMm[0], ct.origin[1], ct.origin[2]],
    direction: [0, -1, 0, 0, 0, 1, 1, 0, 0],
  };
  return { ...grid, data, unit: ct.unit };
}

describe('CT anatomy of a whole torso', () => {
  let ct: Volume<Float32Array>;
  let anatomy: CtAnatomy;
  beforeAll(async () => {
    ct = await torsoCt(torsoGrid(5));
    anatomy = await segmentCtAnatomy(ct, options);
  });

  it('finds every structure and knows right from left', () => {
    expect(labelAt(anatomy.labels, [-80, 0, 100])).toBe(ANATOMY_LABELS.lungRight);
    expect(labelAt(anatomy.labels, [85, 20, 110])).toBe(ANATOMY_LABELS.lungLeft);
    expect(labelAt(anatomy.labels, [0, 22, 180])).toBe(ANATOMY_LABELS.airways);
    expect(labelAt(anatomy.labels, [0, 82, 0])).toBe(ANATOMY_LABELS.bone);
    expect(labelAt(anatomy.labels, [-72, 0, -50])).toBe(ANATOMY_LABELS.body);
    for (const structure of anatomy.structures) expect(structure.present, structure.name).toBe(true);
  });

  it('leaves the table out and does not take bowel gas for lung', () => {
    expect(labelAt(anatomy.labels, [0, 133, 0])).not.toBe(ANATOMY_LABELS.body);
    expect(labelAt(anatomy.labels, [40, -55, -170])).toBe(ANATOMY_LABELS.body);
  });

  it('measures the lungs within a few percent of their painted volume', () => {
    let right = 0;
    for (let n = 0; n < ct.data.length; n++)
      if (ct.data[n]! > -880 && ct.data[n]! < -760 && n % ct.size[0] < 44) right++;
    const painted = (right * 125) / 1000;
    expect(Math.abs(volumeOf(anatomy, 'lungRight').volumeMl / painted - 1)).toBeLessThan(0.12);
  });

  it('gives the same answer however the voxels are stored', async () => {
    const other = await segmentCtAnatomy(turned(ct), options);
    expect(other.labels.size).toEqual(anatomy.labels.size);
    let differing = 0;
    for (let n = 0; n < other.labels.data.length; n++)
      if (other.labels.data[n] !== anatomy.labels.data[n]) differing++;
    expect(differing / other.labels.data.length).toBeLessThan(1e-3);
  });

  it('brings the labels to the grid of the CT', () => {
    const fine = refineAnatomy(ct, anatomy);
    expect(fine.size).toEqual(ct.size);
    expect(labelAt(fine, [-80, 0, 100])).toBe(ANATOMY_LABELS.lungRight);
    expect(labelAt(fine, [0, 0, -200])).toBe(ANATOMY_LABELS.body);
    expect(labelAt(fine, [-200, 0, -200])).toBe(ANATOMY_LABELS.outside);
  });

  it('places the liver sphere in the right lobe and the blood pool in the aorta', async () => {
    const fused = fuse(anatomy, await torsoPet(torsoGrid(5)));
    const marks = findLandmarks(fused);
    expect(marks.lungs!.domeZ).toBeGreaterThan(-20);
    const liver = await placeLiverReference(fused, marks);
    expect(liver.status).toBe('placed');
    if (liver.status !== 'placed') return;
    expect(liver.region.center[0]).toBeLessThan(-30);
    expect(liver.region.mean).toBeCloseTo(2.1, 1);
    expect(liver.region.withinBand).toBe(true);
    const blood = await placeBloodPoolReference(fused, marks);
    expect(blood.status).toBe('placed');
    if (blood.status !== 'placed') return;
    expect(Math.hypot(blood.region.center[0] - 24, blood.region.center[1] - 42)).toBeLessThan(10);
    expect(Math.abs(blood.region.mean - 1.5)).toBeLessThan(0.2);
  });
});

describe('CT anatomy of part of a body', () => {
  it('of the abdomen alone has neither lungs nor airways, and says so', async () => {
    const anatomy = await segmentCtAnatomy(await torsoCt(torsoGrid(5, -320, -90)), options);
    expect(volumeOf(anatomy, 'lungRight').present).toBe(false);
    expect(volumeOf(anatomy, 'lungLeft').findings).toEqual(['no lung in the field of view']);
    expect(volumeOf(anatomy, 'bone').present).toBe(true);
  });

  it('of the head alone refuses both reference regions with a reason', async () => {
    const grid = torsoGrid(5, 300, 520);
    const anatomy = await segmentCtAnatomy(await torsoCt(grid), options);
    expect(volumeOf(anatomy, 'lungRight').present).toBe(false);
    const fused = fuse(anatomy, await torsoPet(grid));
    const marks = findLandmarks(fused);
    const liver = await placeLiverReference(fused, marks);
    expect(liver.status === 'refused' && liver.reason).toContain('no region');
    const blood = await placeBloodPoolReference(fused, marks);
    expect(blood.status === 'refused' && blood.reason).toContain('chest');
  });

  it('refuses a CT without a body', async () => {
    const grid = torsoGrid(10, 600, 700);
    const ct = await torsoCt(grid, { table: false });
    await expect(segmentCtAnatomy(ct, options)).rejects.toMatchObject({ code: 'ANATOMY_NO_BODY' });
  });
});
