import { blurPlane, gaussianKernel, kernelPower } from '../shared/blur.ts';
import { log, PI, square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';

/** A disc of uniform tissue. */
export interface SpeckleDisc {
  readonly xPx: number;
  readonly yPx: number;
  readonly radiusPx: number;
  /** Mean squared echo against the tissue around, which has 1: 0.15 is a cyst, 3 is hyperechoic. */
  readonly echogenicity: number;
}

export interface SpecklePhantomOptions {
  readonly seed: number;
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  /** Of the point spread of the echo's amplitude: lateral (x) and axial (y) standard deviation, pixels. */
  readonly psfSigmaPx?: readonly [number, number];
  /** Decibels that the 255 steps of grey span. */
  readonly dynamicRangeDb?: number;
  /** Part of the scatterers' amplitude that is new in each frame: 0 is a still picture, 1 independent frames. */
  readonly decorrelation?: number;
  /** Default: eight of four echogenicities. */
  readonly discs?: readonly SpeckleDisc[];
  /** Instead of discs: mean squared echo of each place, pixels; asked for a little beyond the picture too. */
  readonly echogenicity?: (xPx: number, yPx: number) => number;
}

export interface SpecklePhantom {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Log-compressed envelope, 0 to 255; frame after frame, x fastest. */
  readonly grey: Uint8Array;
  readonly truth: {
    readonly discs: readonly SpeckleDisc[];
    /** grey = greyOfOne + greyPerNeper · ln(envelope); tissue of echogenicity 1 has a mean envelope of 1. */
    readonly greyPerNeper: number;
    readonly greyOfOne: number;
  };
}

/** Grey of an envelope of 1: bright enough that dark speckle of tissue is seen, dark enough that bright speckle is. */
const GREY_OF_ONE = 180;
const LN10 = log(10);

/** Cysts, hyperechoic discs, one nearly anechoic and one of little contrast, for 512 × 512 and larger. */
export const defaultDiscs: readonly SpeckleDisc[] = [
  { xPx: 90, yPx: 90, radiusPx: 40, echogenicity: 0.15 },
  { xPx: 90, yPx: 220, radiusPx: 28, echogenicity: 0.15 },
  { xPx: 90, yPx: 340, radiusPx: 34, echogenicity: 0.15 },
  { xPx: 250, yPx: 90, radiusPx: 40, echogenicity: 3 },
  { xPx: 250, yPx: 220, radiusPx: 28, echogenicity: 3 },
  { xPx: 250, yPx: 340, radiusPx: 34, echogenicity: 3 },
  { xPx: 410, yPx: 120, radiusPx: 34, echogenicity: 0.4 },
  { xPx: 410, yPx: 270, radiusPx: 30, echogenicity: 0.02 },
];

/**
 * Fully developed speckle of known tissue (Wagner et al., IEEE Trans. Sonics Ultrason. 1983): scatterers of circular
 * Gaussian amplitude, weighed by the root of the echogenicity, seen through a Gaussian point spread; the envelope is
 * Rayleigh distributed with a mean of √echogenicity, and is log-compressed to 8 bits. Nothing is attenuated or scan-converted.
 */
export function specklePhantom(options: SpecklePhantomOptions): SpecklePhantom {
  const { width = 512, height = 512, frames = 1, psfSigmaPx = [1.6, 1.2], dynamicRangeDb = 60 } = options;
  const { decorrelation = 1, echogenicity } = options;
  const discs = options.discs ?? (echogenicity === undefined ? defaultDiscs : []);
  const kernels = psfSigmaPx.map(gaussianKernel) as [Float64Array, Float64Array];
  const margin = Math.max(...kernels.map((half) => half.length));
  const [wide, high] = [width + 2 * margin, height + 2 * margin];
  const count = wide * high;
  const amplitude =
    echogenicity === undefined
      ? amplitudes(discs, wide, high, margin)
      : Float32Array.from({ length: count }, (_, n) =>
          Math.sqrt(echogenicity((n % wide) - margin, Math.floor(n / wide) - margin)),
        );
  // Mean of a Rayleigh envelope: √(π/2) of the standard deviation of its parts.
  const one = Math.sqrt((PI / 2) * kernelPower(kernels[0]) * kernelPower(kernels[1]));
  const greyPerNeper = 255 / ((dynamicRangeDb / 20) * LN10);
  const grey = new Uint8Array(width * height * frames);
  const random = Random.of('speckle', options.seed);
  const parts = [new Float32Array(count), new Float32Array(count)] as const;
  const fresh = new Float32Array(count);
  const seen = [new Float32Array(count), new Float32Array(count)] as const;
  const weighed = new Float32Array(count);
  const kept = Math.sqrt(1 - square(decorrelation));
  for (let frame = 0; frame < frames; frame++) {
    for (const [index, part] of parts.entries()) {
      if (frame === 0) random.fillNormal(part);
      else {
        random.fillNormal(fresh);
        for (let n = 0; n < count; n++) part[n] = kept * part[n]! + decorrelation * fresh[n]!;
      }
      for (let n = 0; n < count; n++) weighed[n] = part[n]! * amplitude[n]!;
      blurPlane(weighed, seen[index]!, wide, high, kernels[0], kernels[1], 0);
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const n = x + margin + wide * (y + margin);
        const power = (square(seen[0][n]!) + square(seen[1][n]!)) / square(one);
        const value = power > 0 ? GREY_OF_ONE + (greyPerNeper / 2) * log(power) : 0;
        grey[x + width * (y + height * frame)] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  return { width, height, frames, grey, truth: { discs, greyPerNeper, greyOfOne: GREY_OF_ONE } };
}

function amplitudes(discs: readonly SpeckleDisc[], wide: number, high: number, margin: number): Float32Array {
  const amplitude = new Float32Array(wide * high).fill(1);
  for (const { xPx, yPx, radiusPx, echogenicity } of discs) {
    const root = Math.sqrt(echogenicity);
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        if (square(x - margin - xPx) + square(y - margin - yPx) < square(radiusPx))
          amplitude[x + wide * y] = root;
      }
    }
  }
  return amplitude;
}
