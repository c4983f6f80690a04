import { createVolume } from '@photopeak/imaging';
import { type SpecklePhantom, specklePhantom } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { edgeProfile, edgeWidthMm } from '../../quality/index.ts';
import { reduceSpeckle } from './reduce-speckle.ts';
import { speckleStatistics } from './speckle-statistics.ts';

const size = { width: 192, height: 192 };
const disc = { xPx: 70, yPx: 96, radiusPx: 36 };
const cyst = specklePhantom({ ...size, seed: 21, discs: [{ ...disc, echogenicity: 0.15 }] });

/** What a curved probe shows of uniform tissue: its beams go apart with depth, and what lies between them is interpolated. */
function fromCurvedProbe(options: {
  readonly seed: number;
  readonly dynamicRangeDb: number;
}): SpecklePhantom {
  const { width, height } = size;
  const seen = specklePhantom({ ...size, ...options, psfSigmaPx: [0.9, 1.2], discs: [] });
  const grey = Uint8Array.from(seen.grey, (_, n) => {
    const [x, y] = [n % width, Math.floor(n / width)];
    const beam = width / 2 + (x - width / 2) / (1.2 + (4 * y) / height);
    const left = Math.floor(beam);
    const at = left + width * y;
    return Math.round(seen.grey[at]! + (beam - left) * (seen.grey[at + 1]! - seen.grey[at]!));
  });
  return { ...seen, grey };
}

const linear = ({ truth }: SpecklePhantom, grey: Uint8Array) =>
  Float32Array.from(grey, (level) => Math.exp((level - truth.greyOfOne) / truth.greyPerNeper));

function momentsOf(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

function region(values: Float32Array, from: number, to: number) {
  const kept = values.filter((_, n) => {
    const d = Math.hypot((n % size.width) - disc.xPx, Math.floor(n / size.width) - disc.yPx);
    return d >= from && d < to;
  });
  return momentsOf(kept);
}

function figures(values: Float32Array) {
  const [inside, outside] = [region(values, 0, disc.radiusPx - 6), region(values, disc.radiusPx + 6, 60)];
  const contrast = Math.abs(inside.mean - outside.mean) / Math.sqrt(inside.variance + outside.variance);
  return { contrast, means: [inside.mean, outside.mean] as const };
}

describe('the speckle of a picture', () => {
  it.each([40, 60, 90])('tells the log compression: %i dB', async (dynamicRangeDb) => {
    const phantom = specklePhantom({ ...size, seed: 22, dynamicRangeDb, discs: [] });
    const { dynamicRangeDb: fitted } = (await reduceSpeckle(phantom))!;
    expect(Math.abs(fitted / dynamicRangeDb - 1)).toBeLessThan(0.06);
  });

  it.each([45, 60, 80])('tells it as well where a scanner interpolated between beams: %i dB', async (dB) => {
    const probe = fromCurvedProbe({ seed: 25, dynamicRangeDb: dB });
    const { dynamicRangeDb, grey } = (await reduceSpeckle(probe))!;
    expect(Math.abs(dynamicRangeDb / dB - 1)).toBeLessThan(0.06);
    const mean = (values: Uint8Array) => linear(probe, values).reduce((sum, value) => sum + value, 0);
    expect(Math.abs(mean(grey) / mean(probe.grey) - 1)).toBeLessThan(0.01);
  });

  it('has the size of the point spread: 1.9σ for the logarithm of the envelope', () => {
    const { sizePx } = speckleStatistics(
      specklePhantom({ ...size, seed: 23, psfSigmaPx: [3, 1.5], discs: [] }),
    )!;
    expect(sizePx[0] / (1.9 * 3)).toBeCloseTo(1, 0);
    expect(sizePx[1] / (1.9 * 1.5)).toBeCloseTo(1, 0);
    expect(sizePx[0] / sizePx[1]).toBeGreaterThan(1.6);
  });

  it('is not told where there is hardly any tissue', async () => {
    const grey = new Uint8Array(192 * 192);
    expect(await reduceSpeckle({ ...size, grey })).toBeUndefined();
  });
});

describe('speckle reduction', () => {
  it('gives a cyst at least 2.5 times the contrast-to-noise, with its means and a sharp edge', async () => {
    const { grey } = (await reduceSpeckle(cyst))!;
    const [before, after] = [figures(linear(cyst, cyst.grey)), figures(linear(cyst, grey))];
    expect(after.contrast / before.contrast).toBeGreaterThan(2.5);
    for (const [n, mean] of after.means.entries()) {
      expect(Math.abs(mean / before.means[n]! - 1)).toBeLessThan(0.02);
    }
    const grid = { size: [192, 192, 1], spacingMm: [1, 1, 1], origin: [0, 0, 0] } as const;
    const volume = createVolume({ ...grid, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] }, linear(cyst, grey), '1');
    const width = edgeWidthMm(
      edgeProfile(volume, { column: disc.xPx, row: disc.yPx, radiusMm: disc.radiusPx, reachMm: 16 }),
    );
    // From 10 to 90 %: 1.5 times the width from 20 to 80 %.
    expect(width).toBeLessThan(1.53 * 4.5);
  });

  it('averages the picture itself where a pilot tells which places are alike, and nothing that the pilot claims', async () => {
    // It sees the picture at half its size.
    const inside = (n: number) =>
      Math.hypot((n % 96) - disc.xPx / 2, Math.floor(n / 96) - disc.yPx / 2) < disc.radiusPx / 2;
    // It knows where the cyst is, and is wrong about all echoes by 3 nepers.
    const pilot = async (logs: Float32Array) => logs.map((_, n) => (inside(n) ? -7 : -5));
    const { grey } = (await reduceSpeckle(cyst, { pilot }))!;
    const [before, after] = [figures(linear(cyst, cyst.grey)), figures(linear(cyst, grey))];
    expect(after.contrast / before.contrast).toBeGreaterThan(3);
    for (const [n, mean] of after.means.entries())
      expect(Math.abs(mean / before.means[n]! - 1)).toBeLessThan(0.02);
  });

  it('reaches as far as the speckle of each half of the picture asks', async () => {
    const probe = fromCurvedProbe({ seed: 26, dynamicRangeDb: 60 });
    const { grey } = (await reduceSpeckle(probe))!;
    const left = (from: number, to: number) => {
      const spread = (values: Uint8Array) => {
        const { mean, variance } = momentsOf(
          linear(probe, values.subarray(from * size.width, to * size.width)),
        );
        return Math.sqrt(variance) / mean;
      };
      return spread(grey) / spread(probe.grey);
    };
    expect(left(0, 60)).toBeLessThan(0.32);
    // By what the whole picture asks 0.5 of it is left there.
    expect(left(132, 192)).toBeLessThan(0.45);
  });

  it('does more the stronger, and nothing for an amount of 0', async () => {
    const contrast = async (options: Parameters<typeof reduceSpeckle>[1]) =>
      figures(linear(cyst, (await reduceSpeckle(cyst, options))!.grey)).contrast;
    const preserve = await contrast({ strength: 'preserve' });
    const strong = await contrast({ strength: 'strong' });
    expect(strong).toBeGreaterThan(1.2 * preserve);
    expect((await reduceSpeckle(cyst, { amount: 0 }))!.grey).toEqual(cyst.grey);
  });

  it('leaves what is masked alone, and neither sees nor smears it', async () => {
    const mask = new Uint8Array(192 * 192).fill(1);
    const grey = Uint8Array.from(cyst.grey);
    const isText = (n: number) => n % 192 >= 150 && n % 192 < 160 && Math.floor(n / 192) % 7 < 3;
    for (let n = 0; n < grey.length; n++) {
      if (!isText(n)) continue;
      mask[n] = 0;
      grey[n] = 255;
    }
    const { grey: result } = (await reduceSpeckle({ ...size, grey, mask }))!;
    const { grey: clean } = (await reduceSpeckle({ ...size, grey: cyst.grey, mask }))!;
    for (let n = 0; n < grey.length; n++) {
      if (mask[n] === 0) expect(result[n]).toBe(255);
      else expect(result[n]).toBe(clean[n]);
    }
  });

  it('does not make a still clip flicker', async () => {
    const frames = 3;
    const clip = specklePhantom({ ...size, seed: 24, frames, decorrelation: 0.05, discs: [] });
    const { grey } = (await reduceSpeckle(clip))!;
    const flicker = (values: Uint8Array) => {
      let sum = 0;
      const area = 192 * 192;
      for (let n = area; n < values.length; n++) sum += (values[n]! - values[n - area]!) ** 2;
      return Math.sqrt(sum / (values.length - area));
    };
    expect(flicker(grey)).toBeLessThan(0.7 * flicker(clip.grey));
  });
});
