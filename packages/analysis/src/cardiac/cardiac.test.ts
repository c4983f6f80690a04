import { type Grid, resample, type Vec3, type Volume } from '@photopeak/imaging';
import { type CardiacPhantomOptions, cardiacPhantom, type VentricleTruth } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { cavityMl, fillingCurve } from './function.ts';
import {
  attenuationAlignment,
  buildNormalLimits,
  chooseNormals,
  decodeNormals,
  dilationRatio,
  encodeNormals,
  type MappedVentricle,
  mapVentricle,
  type NormalLimits,
  type PolarMap,
  perfusion,
  RINGS,
  SECTORS,
  SEGMENTS,
  segmentAt,
  simulatedNormals,
  ventricularFunction,
} from './index.ts';
import { findValvePlane } from './valve-plane.ts';
import { equalRings, shortAxes, type Ventricle, volumesMl, wallOfMuscle } from './ventricle.ts';

const degreesBetween = (a: Vec3, b: Vec3): number =>
  (Math.acos(Math.min(1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])) * 180) / Math.PI;

const normals = (modality: 'NM' | 'PT', sex: 'M' | 'F'): NormalLimits =>
  decodeNormals(
    chooseNormals(simulatedNormals, {
      modality,
      attenuationCorrected: true,
      sex,
      state: 'stress',
      tracer: '',
    })!,
  );

async function mapped(options: CardiacPhantomOptions): Promise<[MappedVentricle, VentricleTruth]> {
  const { stress, truth } = cardiacPhantom(options);
  return [await mapVentricle(stress.summed), truth.stress];
}

const ventricle: Ventricle = {
  centre: [0, 0, 0],
  ...shortAxes([0.7, -0.6, -Math.sqrt(1 - 0.85)]),
  radiusMm: 27,
  lengthMm: 55,
  basalMm: 20,
  basalTiltMm: [0, 0],
};

/** A map that is `value(share, degrees)` times normal. */
function drawn(value: (share: number, degrees: number) => number, limits: NormalLimits): PolarMap {
  const { areas, angles, lengthMm } = equalRings(ventricle, RINGS, 0);
  const all = SECTORS * areas.reduce((sum, area) => sum + area, 0);
  return {
    values: limits.mean.map(
      (mean, pixel) => mean * value((Math.floor(pixel / SECTORS) + 0.5) / RINGS, (pixel % SECTORS) * 10 + 5),
    ),
    areas: Float32Array.from(limits.mean, (_, pixel) => areas[Math.floor(pixel / SECTORS)]! / all),
    ringMm: lengthMm / RINGS,
    radiiMm: angles.map((angle) => ventricle.radiusMm * Math.sin(angle)),
  };
}

describe('the 17 segments', () => {
  it('lie where the heart association puts them', () => {
    const degrees = (value: number) => (value * Math.PI) / 180;
    expect(segmentAt(0.9, degrees(90))).toBe(1);
    expect(segmentAt(0.9, degrees(150))).toBe(2);
    expect(segmentAt(0.9, degrees(210))).toBe(3);
    expect(segmentAt(0.9, degrees(270))).toBe(4);
    expect(segmentAt(0.6, degrees(330))).toBe(11);
    expect(segmentAt(0.6, degrees(30))).toBe(12);
    expect(segmentAt(0.3, degrees(0))).toBe(16);
    expect(segmentAt(0.3, degrees(359))).toBe(16);
    expect(segmentAt(0.3, degrees(180))).toBe(14);
    expect(segmentAt(0.1, degrees(77))).toBe(17);
    expect(SEGMENTS.map(({ number }) => number)).toEqual(Array.from({ length: 17 }, (_, n) => n + 1));
    expect(SEGMENTS.find(({ number }) => number === 10)).toMatchObject({
      name: 'mid inferior',
      territory: 'RCA',
    });
  });
});

describe('the geometry of the ventricle', () => {
  it('divides the surface into rings that make up the whole', () => {
    // A sphere from the apex to its equator: r² for each radian around.
    const sphere = { ...ventricle, radiusMm: 30, lengthMm: 30, basalMm: 0 };
    const whole = equalRings(sphere, RINGS, 1).areas.reduce((sum, area) => sum + area, 0);
    expect(whole / 900).toBeCloseTo(1, 4);
    const { areas, lengthMm } = equalRings(ventricle, RINGS, 0);
    expect(lengthMm).toBeGreaterThan(75);
    expect(areas[0]!).toBeLessThan(areas[RINGS - 1]!);
  });

  it('believes a length that only the image at stress tells in part', () => {
    const factor = 1.05;
    const longer = { ...ventricle, lengthMm: factor * 55, basalMm: factor * 20 };
    const { muscle, cavity } = volumesMl(ventricle, 10);
    const asFitted = volumesMl(longer, wallOfMuscle(longer, muscle)).cavity / cavity;
    const { ratio } = dilationRatio(longer, ventricle);
    expect((ratio - 1) / (asFitted - 1)).toBeCloseTo(0.6, 1);
    expect(dilationRatio(ventricle, ventricle).ratio).toBeCloseTo(1, 9);
  });

  it('keeps the muscle when the cavity changes', () => {
    const { muscle } = volumesMl(ventricle, 10);
    expect(wallOfMuscle(ventricle, muscle)).toBeCloseTo(10, 6);
    expect(wallOfMuscle({ ...ventricle, radiusMm: 23 }, muscle)).toBeGreaterThan(11);
  });
});

describe('the comparison with normal limits', () => {
  const limits = normals('NM', 'M');

  it('finds nothing in a normal map, whatever its scale', () => {
    for (const scale of [1, 37.5]) {
      const result = perfusion(
        drawn(() => scale, limits),
        limits,
      );
      expect(result.level).toBeCloseTo(scale, 4);
      expect(result).toMatchObject({
        extent: 0,
        tpd: 0,
        summedScore: 0,
        severitySd: null,
        halfDepthExtent: 0,
      });
    }
  });

  it('follows the contour at half of the depth between the pixels', () => {
    for (const end of [0.4, 0.41, 0.42, 0.43]) {
      // An apex that lost 70 %, coming back over a fifth of the length: half of the loss at `end`.
      const loss = (share: number) => 0.7 * Math.min(1, Math.max(0, (end + 0.1 - share) / 0.2));
      const map = drawn((share) => 1 - loss(share), limits);
      const covered = map.areas.reduce((sum, area, pixel) => {
        const ring = Math.floor(pixel / SECTORS);
        return sum + area * Math.min(1, Math.max(0, end * RINGS - ring));
      }, 0);
      expect(Math.abs(perfusion(map, limits).halfDepthExtent - covered), String(end)).toBeLessThan(0.01);
    }
  });

  it('counts pixels, loss and segments of a sharp defect exactly where the image is sharp', () => {
    // Segment 7, the middle of the anterior wall, with a quarter of the uptake.
    const map = drawn(
      (share, degrees) => (segmentAt(share, (degrees * Math.PI) / 180) === 7 ? 0.25 : 1),
      limits,
    );
    const result = perfusion(map, limits, { fwhmMm: 1 });
    const area = map.areas.slice(12 * SECTORS, 18 * SECTORS).reduce((sum, one) => sum + one / 6, 0);
    expect(result.extent).toBeCloseTo(area, 6);
    expect(result.tpd).toBeCloseTo(area, 6);
    expect(result.summedScore).toBe(4);
    expect(result.segments[6]!.ofNormal).toBeCloseTo(0.25, 3);
    expect(result.territories.find(({ territory }) => territory === 'LAD')!.score).toBe(4);
    expect(result.territories.find(({ territory }) => territory === 'RCA')).toMatchObject({
      score: 0,
      extent: 0,
    });
  });

  it('takes less for less: a mild loss scores little', () => {
    const half = perfusion(
      drawn((share) => (share < 0.25 ? 0.55 : 1), limits),
      limits,
      { fwhmMm: 1 },
    );
    expect(half.segments[16]).toMatchObject({ segment: 17, score: 2 });
    expect(half.tpd).toBeLessThan(half.extent);
    const strict = perfusion(
      drawn((share) => (share < 0.25 ? 0.55 : 1), limits),
      limits,
      {
        fwhmMm: 1,
        scoreLimits: [0.9, 0.8, 0.7, 0.6],
      },
    );
    expect(strict.segments[16]!.score).toBe(4);
  });

  it('holds limits as text and chooses the set of the same kind', () => {
    const kind = {
      modality: 'NM',
      attenuationCorrected: true,
      sex: 'M',
      state: 'rest',
      tracer: 'x',
    } as const;
    const again = decodeNormals(encodeNormals(kind, limits));
    expect(Math.max(...again.mean.map((value, n) => Math.abs(value - limits.mean[n]!)))).toBeLessThan(1e-6);
    expect(chooseNormals(simulatedNormals, { ...kind, sex: 'F' })!.sex).toBe('F');
    expect(
      chooseNormals(simulatedNormals, { ...kind, modality: 'PT', attenuationCorrected: false }),
    ).toBeUndefined();
    expect(() => decodeNormals({ ...encodeNormals(kind, limits), mean: ['1 2 3'] })).toThrow(
      expect.objectContaining({ code: 'CARDIAC_NORMALS_INVALID' }),
    );
  });

  it('builds limits whose level does not depend on the level of the studies', () => {
    const maps = [1, 2, 3, 4, 5, 6].map((scale) =>
      drawn((_, degrees) => scale * (1 + 0.01 * Math.sin(degrees + scale)), limits),
    );
    const built = buildNormalLimits(maps);
    const ratio = built.mean.map((value, n) => value / limits.mean[n]!);
    expect(Math.max(...ratio) / Math.min(...ratio)).toBeLessThan(1.02);
    expect(Math.max(...built.sd)).toBeLessThan(0.03);
    expect(() => buildNormalLimits(maps.slice(0, 3))).toThrow(
      expect.objectContaining({ code: 'CARDIAC_NORMALS_TOO_FEW' }),
    );
  });
});

describe('a heart that nobody pointed at', () => {
  it('is found in SPECT with a large defect, a hot liver and hot bowel', async () => {
    const defect = { angleDegrees: 270, widthDegrees: 120, from: 0.2, to: 0.9, uptake: 0.2 };
    const [found, truth] = await mapped({ seed: 41, liver: 1.2, bowel: 1.6, defects: [defect] });
    expect(degreesBetween(found.ventricle.axis, truth.axis)).toBeLessThan(3);
    expect(Math.abs(found.ventricle.radiusMm - truth.shape.radiusMm)).toBeLessThan(1);
    const result = perfusion(found.map, normals('NM', 'M'), found);
    expect(Math.abs(result.halfDepthExtent - truth.extent)).toBeLessThan(0.03);
    expect(result.segments[9]!.score).toBe(4);
    // The anterior wall is healthy.
    for (const segment of [1, 7, 13]) expect(result.segments[segment - 1]!.score).toBe(0);
  });

  it('is found in PET, and its valve plane to three millimetres', async () => {
    const [found, truth] = await mapped({ seed: 42, modality: 'PT', sex: 'F' });
    expect(degreesBetween(found.ventricle.axis, truth.axis)).toBeLessThan(2);
    expect(Math.abs(found.ventricle.basalMm - truth.shape.basalMm)).toBeLessThan(3);
    expect(perfusion(found.map, normals('PT', 'F'), found).summedScore).toBe(0);
  });

  it('has a valve plane that may be tilted', async () => {
    const [found, truth] = await mapped({ seed: 46, valveTiltMm: [-3, 8] });
    const { basalMm, basalTiltMm } = found.ventricle;
    expect(Math.abs(basalMm - truth.shape.basalMm)).toBeLessThan(3);
    expect(Math.abs(basalTiltMm[0] + 3)).toBeLessThan(3);
    expect(Math.abs(basalTiltMm[1] - 8)).toBeLessThan(3);
  });

  it('has the same valve plane behind a defect that ends before the base', async () => {
    const heart = { seed: 44, counts: 12_000 };
    const { stress } = cardiacPhantom(heart);
    const { basalMm, basalTiltMm: _, ...wall } = (await mapVentricle(stress.summed)).ventricle;
    const ring = { angleDegrees: 0, widthDegrees: 360, from: 0.3, to: 0.7, uptake: 0.2 };
    const sick = cardiacPhantom({ ...heart, defects: [ring] }).stress.summed;
    expect(Math.abs(findValvePlane(sick, wall).basalMm - basalMm)).toBeLessThan(1.5);
  });

  it('gives the same map when the volume is stored turned', async () => {
    const { stress } = cardiacPhantom({
      seed: 43,
      defects: [{ angleDegrees: 30, widthDegrees: 90, from: 0.3, to: 0.8, uptake: 0.4 }],
    });
    const straight = await mapVentricle(stress.summed);
    const turned = await mapVentricle(await onTurnedGrid(stress.summed));
    const limits = normals('NM', 'M');
    const [a, b] = [perfusion(straight.map, limits, straight), perfusion(turned.map, limits, turned)];
    expect(degreesBetween(straight.ventricle.axis, turned.ventricle.axis)).toBeLessThan(1);
    expect(b.segments.map(({ score }) => score)).toEqual(a.segments.map(({ score }) => score));
    expect(Math.abs(b.tpd - a.tpd)).toBeLessThan(0.01);
  });

  it('is not found where there is none', async () => {
    const { ct } = cardiacPhantom({ seed: 1, voxelMm: 8, noise: 0 });
    const empty = { ...ct, data: new Float32Array(ct.data.length).fill(3), unit: '{counts}' };
    await expect(mapVentricle(empty)).rejects.toMatchObject({ code: 'CARDIAC_VENTRICLE_NOT_FOUND' });
  });
});

describe('the CT of the attenuation correction', () => {
  it('tells how far its heart lies from that of the emission', async () => {
    const seen = (await mapped({ seed: 47 }))[0].ventricle;
    for (const shift of [
      [0, 0, 0],
      [0, -8, -9],
    ] as const) {
      const { ct } = cardiacPhantom({ seed: 47, ctShiftMm: shift });
      const found = attenuationAlignment(ct, seen)!;
      const missed = Math.hypot(...found.shiftMm.map((mm, axis) => mm - shift[axis]!));
      expect(missed, shift.join()).toBeLessThan(5);
    }
    const { ct } = cardiacPhantom({ seed: 47, ctShiftMm: [-12, 12, 8] });
    expect(attenuationAlignment(ct, seen)!.wallInLung).toBeGreaterThan(0.1);
    expect(attenuationAlignment({ ...ct, data: ct.data.map(() => 40) }, seen)).toBeUndefined();
  });
});

describe('volumes', () => {
  it('give the ratio of the cavities at stress and at rest', async () => {
    const { stress, rest, truth } = cardiacPhantom({ seed: 44, dilation: 1.2 });
    const [atStress, atRest] = [await mapVentricle(stress.summed), await mapVentricle(rest.summed)];
    const { ratio } = dilationRatio(atStress.ventricle, atRest.ventricle);
    expect(Math.abs(ratio / truth.dilation - 1)).toBeLessThan(0.04);
    expect(cavityMl(atRest.ventricle)).toBeGreaterThan(20);
  });

  it('give the ejection fraction of a beating heart', async () => {
    const { rest, truth } = cardiacPhantom({ seed: 45, ejectionFraction: 0.5, gates: 6, counts: 400 });
    const { ventricle: whole } = await mapVentricle(rest.summed);
    const beat = await ventricularFunction(rest.gates, whole);
    expect(Math.abs(beat.ejectionFraction - truth.rest.ejectionFraction!)).toBeLessThan(0.06);
    expect(beat.volumesMl).toHaveLength(6);
    expect([1, 2]).toContain(beat.endSystolicGate);
  });

  it('turn into rates of a curve', () => {
    // 100 ml ± 20 ml as one harmonic: the steepest place is 2π · 20 ml a beat.
    const volumes = Array.from({ length: 16 }, (_, gate) => 100 + 20 * Math.cos((2 * Math.PI * gate) / 16));
    const { peakEmptyingRate, peakFillingRate, timeToPeakFilling } = fillingCurve(volumes);
    expect(peakEmptyingRate).toBeCloseTo((2 * Math.PI * 20) / 120, 3);
    expect(peakFillingRate).toBeCloseTo((2 * Math.PI * 20) / 120, 3);
    expect(timeToPeakFilling).toBeCloseTo(0.25, 2);
  });
});

/** The same volume on voxels that are turned by 40° and 25°: nothing is lost but what resampling blurs. */
async function onTurnedGrid(volume: Volume<Float32Array>): Promise<Volume<Float32Array>> {
  const [a, b] = [(40 * Math.PI) / 180, (25 * Math.PI) / 180];
  const direction: Grid['direction'] = [
    Math.cos(a),
    -Math.sin(a) * Math.cos(b),
    Math.sin(a) * Math.sin(b),
    Math.sin(a),
    Math.cos(a) * Math.cos(b),
    -Math.cos(a) * Math.sin(b),
    0,
    Math.sin(b),
    Math.cos(b),
  ];
  const size: Vec3 = [64, 64, 64];
  const spacing = volume.spacingMm[0];
  const half = 31.5 * spacing;
  const origin = [0, 1, 2].map(
    (row) => -half * (direction[row * 3]! + direction[row * 3 + 1]! + direction[row * 3 + 2]!),
  ) as unknown as Vec3;
  return resample(volume, {
    grid: { size, spacingMm: volume.spacingMm, origin, direction },
    interpolation: 'cubic',
  });
}
