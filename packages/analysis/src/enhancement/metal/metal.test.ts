import { createVolume, type Projections, type Volume } from '@photopeak/imaging';
import { measureScene, metalShare, pelvisScene, pelvisSpectrum, pelvisWaterPerMm } from '@photopeak/phantom';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  centeredGrid,
  correctWater,
  evenAngles,
  filteredBackprojection,
  parallelBeam,
  waterPolynomial,
} from '../../reconstruction/index.ts';
import { changedBeyondTrace } from './beyond-trace.ts';
import { findMetal } from './find-metal.ts';
import { joined, joinedPixels, spreadOut } from './joined-pixels.ts';
import { keptShare } from './kept-share.ts';
import { type ReducedSlices, reduceMetal } from './reduce-metal.ts';
import { bridged, metalTrace } from './trace.ts';

const EDGE = 96;
const grid = centeredGrid([EDGE, EDGE, 1], [4, 4, 2]);
const geometry = parallelBeam({
  anglesRad: evenAngles(135, Math.PI),
  detectorSize: [EDGE, 1],
  pixelMm: [4, 2],
});
/** Two implants of steel; a seed that is used nowhere else. */
const { withMetal, without } = pelvisScene(53);

describe('metal artifact reduction of a simulated hip implant', () => {
  let projections: Projections;
  let scanned: Volume<Float32Array>;
  let reference: Volume<Float32Array>;
  const metal = metalShare(withMetal, grid);

  beforeAll(async () => {
    const coefficients = waterPolynomial(pelvisSpectrum, 400, { perMm: pelvisWaterPerMm });
    const image = async (data: Float32Array) => {
      const measured = correctWater({ geometry, data }, coefficients);
      const volume = await filteredBackprojection(measured, grid, { unit: "[hnsf'U]" });
      for (let n = 0; n < volume.data.length; n++)
        volume.data[n] = 1000 * (volume.data[n]! / pelvisWaterPerMm - 1);
      return { measured, volume };
    };
    const scan = await image(measureScene(withMetal, geometry, { photons: 1e6, seed: 53 }));
    projections = scan.measured;
    scanned = scan.volume;
    reference = (await image(measureScene(without, geometry))).volume;
  });

  const error = ({ data }: Volume) => {
    let sum = 0;
    let count = 0;
    for (let n = 0; n < metal.length; n++) {
      if (reference.data[n]! < -300 || metal[n]! > 0 || metal[n - 1]! > 0 || metal[n + 1]! > 0) continue;
      sum += (data[n]! - reference.data[n]!) ** 2;
      count++;
    }
    return Math.sqrt(sum / count);
  };

  /** What errors grew by, where they grew. */
  const added = (volume: Volume, before: Volume) => {
    const grown = volume.data.map((value, n) => {
      const more = Math.abs(value - reference.data[n]!) - Math.abs(before.data[n]! - reference.data[n]!);
      return reference.data[n]! + Math.max(0, more);
    });
    return error({ ...volume, data: grown });
  };

  it('from the sinogram comes near to the scan without metal', async () => {
    const sinogram = { projections, waterPerMm: pelvisWaterPerMm };
    const { volume, metalVoxels } = await reduceMetal(scanned, { sinogram });
    expect(metalVoxels).toBeGreaterThan(20);
    expect(error(volume)).toBeLessThan(0.6 * error(scanned));
    const drawn = await reduceMetal(scanned, { sinogram: { ...sinogram, method: 'li' } });
    expect(error(volume)).toBeLessThan(error(drawn.volume));
  });

  it('from the image alone takes streaks away, keeps metal as it was, and gas that it does not shadow', async () => {
    const at = ([x, y]: readonly [number, number]) => EDGE * (EDGE / 2 + y) + EDGE / 2 + x;
    const gas = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => at([x, y - 6])));
    const shown = Float32Array.from(scanned.data, (value) => Math.min(3071, Math.max(-1024, value)));
    for (const n of gas) shown[n] = -1000;
    const image = { ...scanned, data: shown };
    const { volume, metal: found } = await reduceMetal(image);
    expect(error(volume)).toBeLessThan(0.75 * error(image));
    expect(added(volume, image)).toBeLessThan(0.16 * error(image));
    expect(found.data.includes(1)).toBe(true);
    for (const [n, isMetal] of found.data.entries()) {
      if (isMetal !== 0) expect(volume.data[n]).toBe(shown[n]);
    }
    for (const n of gas) expect(volume.data[n]).toBeLessThan(-600);
  });

  it('is a change in rays through metal; what was drawn into the image is none', async () => {
    const { volume, metal: found } = await reduceMetal(scanned);
    const power = ({ data }: Volume) =>
      Array.from(data, (value, n) => (found.data[n] === 0 ? (value - scanned.data[n]!) ** 2 : 0)).reduce(
        (sum, square) => sum + square,
        0,
      );
    const beyond = await changedBeyondTrace(scanned, volume);
    expect(power(beyond)).toBeLessThan(0.15 * power(volume));
    // 16 mm wide, in front of the bladder.
    const disc = scanned.data.map((_, n) =>
      Math.hypot((n % EDGE) - 48, Math.floor(n / EDGE) - 60) < 2 ? 100 : 0,
    );
    const drawn = { ...volume, data: volume.data.map((value, n) => value + disc[n]!) };
    const seen = await changedBeyondTrace(scanned, drawn);
    const middle = 48 + EDGE * 60;
    expect(seen.data[middle]! - beyond.data[middle]!).toBeGreaterThan(50);
    for (let n = 0; n < seen.data.length; n++)
      if (found.data[n] !== 0) expect(seen.data[n]).toBe(scanned.data[n]);
  });

  it('leaves a slice without metal as it is, to the last bit', async () => {
    const soft = { ...reference, data: reference.data.map((value) => Math.min(value, 1500)) };
    const untouched = await reduceMetal(soft);
    expect(untouched.metalVoxels).toBe(0);
    expect(untouched.volume.data).toEqual(soft.data);
  });

  it('asks for HU', async () => {
    await expect(reduceMetal({ ...scanned, unit: '/mm' })).rejects.toMatchObject({ code: 'METAL_UNIT' });
  });
});

describe('what slices show of streaks', () => {
  const at = centeredGrid([48, 48, 1], [2, 2, 2]);
  const wave = (period: number) =>
    Float32Array.from({ length: 48 * 48 }, (_, n) => 100 * Math.sin((2 * Math.PI * (n % 48)) / period));
  const tissue = new Uint8Array(48 * 48).fill(1);
  const share = async (shown: Float32Array, by: 'near' | 'slice') => {
    const kept = await keptShare({ ...at, data: shown, unit: "[hnsf'U]" }, wave(4), tissue, by);
    return kept[24 * 49]!;
  };

  it('is kept, half of it where they show half, and what they do not show or show reversed is not', async () => {
    expect(await share(wave(4), 'near')).toBeGreaterThan(0.95);
    expect(
      await share(
        wave(4).map((value) => value / 2),
        'slice',
      ),
    ).toBeCloseTo(0.5, 1);
    expect(await share(wave(7), 'near')).toBeLessThan(0.1);
    expect(
      await share(
        wave(4).map((value) => -value),
        'slice',
      ),
    ).toBe(0);
  });
});

describe('metal', () => {
  it('has a rim of two voxels, and teeth that touch it are none', async () => {
    const line = [0, 2100, 2200, 2300, 3071, 3071, 2300, 2200, 2100, 2100, 0];
    const row = { ...centeredGrid([11, 1, 1], [1, 1, 1]), data: Float32Array.from(line), unit: "[hnsf'U]" };
    expect(Array.from((await findMetal(row, 2500)).data)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  });
});

describe('the trace of metal', () => {
  it('is drawn straight between its ends, and level at the end of the detector', () => {
    const data = Float32Array.from([1, 9, 9, 4, 5, 7, 9, 9]);
    const trace = Uint8Array.from([0, 1, 1, 0, 0, 0, 1, 1]);
    expect(Array.from(bridged(data, trace, 8))).toEqual([1, 2, 3, 4, 5, 7, 7, 7]);
  });

  it('is every ray that passes a part of a voxel of metal', () => {
    const paths = { geometry, data: Float32Array.from([0, 0.5, 0.95, 5]) };
    expect(Array.from(metalTrace(paths, 3))).toEqual([0, 0, 1, 1]);
  });
});

describe('pixels joined for a network', () => {
  const fine = createVolume(centeredGrid([7, 6, 2], [0.4, 0.4, 2]), new Float32Array(84), '1');

  it('are means of whole blocks, at the border of what there is, until they are wide enough', () => {
    const data = fine.data.map((_, n) => n % 7);
    expect(joinedPixels(fine)).toBe(3);
    const { size, spacingMm, data: means } = joined({ ...fine, data }, 3);
    expect(size).toEqual([3, 2, 2]);
    expect(spacingMm[0]).toBeCloseTo(1.2);
    expect([...means.subarray(0, 3)]).toEqual([1, 4, 6]);
    expect(joinedPixels(centeredGrid([4, 4, 1], [1, 1, 1]))).toBe(1);
  });

  it('give back a slope as it was between their middles', () => {
    const data = fine.data.map((_, n) => n % 7);
    const back = spreadOut(joined({ ...fine, data }, 2), fine, 2);
    expect([...back.subarray(0, 5)]).toEqual([0.5, 1, 2, 3, 4]);
  });

  it('are what it is shown; what it finds left is taken from all pixels but those of metal', async () => {
    const place = centeredGrid([64, 64, 1], [0.6, 0.6, 2]);
    const data = new Float32Array(64 * 64).fill(20);
    for (let n = 0; n < 4; n++) data[32 + (n % 2) + 64 * (32 + (n >> 1))] = 3000;
    const shown: (readonly number[])[] = [];
    const refine = async ({ reduced, metal }: ReducedSlices) => {
      shown.push(reduced.size, metal.size);
      return { ...reduced, data: reduced.data.map(() => 5) };
    };
    const image = createVolume(place, data, "[hnsf'U]");
    const [plain, refined] = [await reduceMetal(image), await reduceMetal(image, { refine })];
    expect(shown).toEqual([
      [32, 32, 1],
      [32, 32, 1],
    ]);
    for (let n = 0; n < data.length; n++) {
      const isMetal = refined.metal.data[n] !== 0;
      expect(refined.volume.data[n]).toBeCloseTo(plain.volume.data[n]! - (isMetal ? 0 : 5), 3);
    }
  });
});
