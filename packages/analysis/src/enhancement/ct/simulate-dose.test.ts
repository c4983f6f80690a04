import { gaussian, statistics, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import { type SimulatedDose, simulateDose } from './simulate-dose.ts';

const SIZE = [96, 96, 6] as const;
const MM = [2, 2, 2.5] as const;

/** A disc of water with 10 HU of noise, filtered so that it has little power at low frequencies. */
const water = drawn(SIZE, MM, (x, y) => (Math.hypot(x, y) < 88 ? 0 : -1000));
let source: Volume<Int16Array>;
let quarter: SimulatedDose<Int16Array>;

const spread = (volume: Volume, from: Volume, radius: number) => {
  const mask = drawn(SIZE, MM, (x, y) => (Math.hypot(x, y) < radius ? 1 : 0));
  return statistics({ ...water, data: water.data.map((_, at) => volume.data[at]! - from.data[at]!) }, mask);
};

beforeAll(async () => {
  const white = { ...water, data: standardNormals(water.data.length, 21) };
  const narrow = await gaussian(white, { sigmaMm: [1, 1, 0] });
  const wide = await gaussian(white, { sigmaMm: [3, 3, 0] });
  const band = narrow.data.map((value, at) => value - 0.9 * wide.data[at]!);
  const { sd } = statistics({ ...water, data: band });
  source = {
    ...water,
    data: Int16Array.from(water.data, (hu, at) => Math.round(hu + (10 / sd) * band[at]!)),
  };
  quarter = await simulateDose(source, { dose: 0.25, seed: 5, electronicPhotons: 0 });
});

describe('a lower dose of a CT', () => {
  it('has the noise that fewer photons make: √4 of it at a quarter of the dose', () => {
    const found = spread(quarter.volume, water, 70).sd / spread(source, water, 70).sd;
    expect(Math.abs(found / 2 - 1)).toBeLessThan(0.1);
    expect(quarter.patches).toBeGreaterThan(10);
    expect(Math.abs(spread(quarter.volume, source, 70).mean)).toBeLessThan(1);
  });

  it('draws the same noise for the same seed, another for another, and more for less dose', async () => {
    const again = await simulateDose(source, { dose: 0.25, seed: 5, electronicPhotons: 0 });
    expect(again.volume.data).toEqual(quarter.volume.data);
    expect(again.volume.data).toBeInstanceOf(Int16Array);
    const tenth = await simulateDose(source, { dose: 0.1, seed: 6 });
    expect(spread(tenth.volume, source, 70).sd).toBeGreaterThan(1.4 * spread(quarter.volume, source, 70).sd);
  });

  it.each([0, 1, 1.5, Number.NaN])('is refused for a dose of %f', async (dose) => {
    await expect(simulateDose(source, { dose, seed: 1 })).rejects.toMatchObject({ code: 'ENHANCEMENT_DOSE' });
  });
});
