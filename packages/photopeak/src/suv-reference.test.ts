import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suvFactors } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, petAcquisition, scanFolder, writePart10 } from '@photopeak/dicom';
import { statistics } from '@photopeak/imaging';
import { suvReferenceObjects, suvReferenceScene } from '@photopeak/phantom';
import { toSuvInPlace } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Pixels are stored with so many digits that the true values come back to this. */
const QUANTISATION = 0.005;

describe('SUV of the reference objects, from file to voxel', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-suv-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const objects = suvReferenceObjects();

  it('covers every branch', () => {
    expect(objects.length).toBeGreaterThanOrEqual(50);
    expect(objects.filter(({ expected }) => expected.status === 'refused').length).toBeGreaterThanOrEqual(8);
  });

  it.each(objects.map((object) => [object.name, object] as const))('%s', async (name, object) => {
    const own = mkdtempSync(path.join(folder, 'object-'));
    object.instances().forEach((dataset, index) => {
      writeFileSync(path.join(own, `${index}.dcm`), writePart10({ dataset }));
    });
    const { instances, problems } = await scanFolder(own);
    expect(problems).toEqual([]);
    const series = groupSeries(instances);
    expect(series).toHaveLength(1);
    const [pet] = series;
    if (pet === undefined) throw new Error(name);
    const result = suvFactors(petAcquisition(pet));
    if (object.expected.status === 'refused') {
      expect(result).toMatchObject({ status: 'refused', code: object.expected.code });
      return;
    }
    expect(result.status, result.status === 'refused' ? result.reason : name).toBe('ok');
    if (result.status !== 'ok') return;
    const loaded = await loadSeriesVolume(pet);
    const suv = toSuvInPlace(pet, loaded, result);
    const { min, max } = statistics(suv);
    expect(max / suvReferenceScene.hot).toBeCloseTo(1, 2);
    expect(Math.abs(min - suvReferenceScene.cold)).toBeLessThan(QUANTISATION * suvReferenceScene.hot);
    const values = [...suv.data].sort((a, b) => a - b);
    expect(values[values.length >> 1]).toBeCloseTo(suvReferenceScene.background, 2);
  });
});
