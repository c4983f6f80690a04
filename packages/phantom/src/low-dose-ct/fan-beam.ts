import { cos, PI, sin } from '../shared/exact-math.ts';

/** A full turn of an ideal fan-beam scanner with a flat detector, described on the line through the axis. */
export interface FanBeam {
  /** Source to axis, mm. */
  readonly sourceMm: number;
  readonly views: number;
  readonly detectors: number;
  /** Distance of neighbouring detectors, scaled to the axis, mm. */
  readonly detectorMm: number;
}

/** A square slice centred on the axis, x fastest. */
export interface Raster {
  readonly size: number;
  readonly pixelMm: number;
}

/** What the filter leaves of the ramp: `soft` as for the abdomen, `sharp` as for lung and bone. */
export type CtKernel = 'soft' | 'sharp';

/** Share of the ramp that is left at a frequency per mm. */
const responses: Readonly<Record<CtKernel, (perMm: number) => number>> = {
  soft: (f) => (f < 0.75 ? 0.5 + 0.5 * cos((PI * f) / 0.75) : 0),
  sharp: (f) => (f < 1.1 ? (0.5 + 0.5 * cos((PI * f) / 1.1)) * (1 + 1.1 * f * f) : 0),
};

/** Line integrals of `image` (per mm) for all views, detectors fastest; linear between the pixels of a line (Joseph). */
export function project(image: Float32Array, raster: Raster, fan: FanBeam): Float32Array {
  const { size, pixelMm } = raster;
  const centre = (size - 1) / 2;
  const sinogram = new Float32Array(fan.views * fan.detectors);
  for (let view = 0; view < fan.views; view++) {
    const angle = (2 * PI * view) / fan.views;
    const [c, s] = [cos(angle), sin(angle)];
    // The source stands at −D·(c, s); the detector through the axis runs along (−s, c).
    const sourceX = (-fan.sourceMm * c) / pixelMm + centre;
    const sourceY = (-fan.sourceMm * s) / pixelMm + centre;
    for (let d = 0; d < fan.detectors; d++) {
      const u = (d - (fan.detectors - 1) / 2) * fan.detectorMm;
      const dirX = fan.sourceMm * c - u * s;
      const dirY = fan.sourceMm * s + u * c;
      const alongX = Math.abs(dirX) > Math.abs(dirY);
      const [main, other] = alongX ? [dirX, dirY] : [dirY, dirX];
      const [fromMain, fromOther] = alongX ? [sourceX, sourceY] : [sourceY, sourceX];
      const slope = other / main;
      const [mainStep, otherStep] = alongX ? [1, size] : [size, 1];
      const first = fromOther - slope * fromMain;
      // Only where the line is between the first and the last pixel across.
      const a = -first / slope;
      const b = (size - 1 - first) / slope;
      const low = slope === 0 ? 0 : Math.max(0, Math.ceil(Math.min(a, b)));
      const high = slope === 0 ? size - 1 : Math.min(size - 1, Math.floor(Math.max(a, b)));
      let sum = 0;
      for (let n = low; n <= high; n++) {
        const at = first + slope * n;
        const base = Math.min(size - 2, at | 0);
        const part = at - base;
        const index = n * mainStep + base * otherStep;
        sum += image[index]! * (1 - part) + image[index + otherStep]! * part;
      }
      sinogram[view * fan.detectors + d] = sum * pixelMm * Math.sqrt(1 + slope * slope);
    }
  }
  return sinogram;
}

/** Taps of the filter by the cosine sum of its response, for lags 0 to `detectors` − 1. */
function filterTaps(fan: FanBeam, kernel: CtKernel): Float64Array {
  const { detectors, detectorMm } = fan;
  const period = 4 * detectors;
  const step = 1 / (period * detectorMm);
  const table = Float64Array.from({ length: period }, (_, n) => cos((2 * PI * n) / period));
  const response = Float64Array.from(
    { length: period / 2 + 1 },
    (_, n) => n * step * responses[kernel](n * step),
  );
  return Float64Array.from({ length: detectors }, (_, lag) => {
    let sum = 0;
    for (let n = 1; n <= period / 2; n++)
      sum += response[n]! * table[(n * lag) % period]! * (n === period / 2 ? 1 : 2);
    // Per sample of the detector; half, as every ray is seen twice in a full turn.
    return (sum * step * detectorMm) / 2;
  });
}

/** The views weighted and filtered for `backproject` (Kak and Slaney, section 3.4.2). */
export function filterViews(sinogram: Float32Array, fan: FanBeam, kernel: CtKernel): Float32Array {
  const { detectors, views } = fan;
  const taps = filterTaps(fan, kernel);
  const mirrored = new Float64Array(2 * detectors - 1);
  for (let lag = 0; lag < detectors; lag++) {
    mirrored[detectors - 1 + lag] = taps[lag]!;
    mirrored[detectors - 1 - lag] = taps[lag]!;
  }
  const weights = Float64Array.from({ length: detectors }, (_, d) => {
    const u = (d - (detectors - 1) / 2) * fan.detectorMm;
    return fan.sourceMm / Math.sqrt(fan.sourceMm * fan.sourceMm + u * u);
  });
  const filtered = new Float32Array(sinogram.length);
  const line = new Float64Array(detectors);
  for (let view = 0; view < views; view++) {
    const base = view * detectors;
    for (let d = 0; d < detectors; d++) line[d] = sinogram[base + d]! * weights[d]!;
    for (let d = 0; d < detectors; d++) {
      let sum = 0;
      const shift = detectors - 1 - d;
      for (let n = 0; n < detectors; n++) sum += line[n]! * mirrored[shift + n]!;
      filtered[base + d] = sum;
    }
  }
  return filtered;
}

/** Attenuation per mm of a slice from filtered views, of several scans at once. */
export function backproject(filtered: readonly Float32Array[], raster: Raster, fan: FanBeam): Float32Array[] {
  const { size, pixelMm } = raster;
  const images = filtered.map(() => new Float32Array(size * size));
  const centre = (size - 1) / 2;
  const middle = (fan.detectors - 1) / 2;
  for (let view = 0; view < fan.views; view++) {
    const angle = (2 * PI * view) / fan.views;
    const [c, s] = [cos(angle), sin(angle)];
    const base = view * fan.detectors;
    for (let j = 0; j < size; j++) {
      const y = (j - centre) * pixelMm;
      for (let i = 0, at = j * size; i < size; i++, at++) {
        const x = (i - centre) * pixelMm;
        const magnification = fan.sourceMm / (fan.sourceMm + x * c + y * s);
        const d = ((y * c - x * s) * magnification) / fan.detectorMm + middle;
        if (d < 0 || d >= fan.detectors - 1) continue;
        const low = d | 0;
        const part = d - low;
        const weight = magnification * magnification;
        for (let n = 0; n < filtered.length; n++) {
          const line = filtered[n]!;
          images[n]![at]! += weight * (line[base + low]! * (1 - part) + line[base + low + 1]! * part);
        }
      }
    }
  }
  const step = (2 * PI) / fan.views;
  for (const image of images) for (let at = 0; at < image.length; at++) image[at] = image[at]! * step;
  return images;
}
