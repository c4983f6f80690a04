import type { Volume } from '@photopeak/imaging';
import {
  detrend,
  type FlatPatch,
  flatPatches,
  noisePower,
  noisePowerAt,
  patchAt,
  type RadialNoisePower,
  radialNoisePower,
} from '../../quality/index.ts';

/** What the noise of a CT says of the kernel it was reconstructed with. */
export interface KernelResponse {
  /** Share of the ramp filter that the kernel leaves at a frequency per mm; 1 at low ones. */
  readonly at: (perMm: number) => number;
  /** Nothing passes from here on, per mm. */
  readonly limitPerMm: number;
  /** Patches that told it; 0: there were too few, and a Hann window up to Nyquist is taken. */
  readonly patches: number;
  readonly noise: RadialNoisePower | undefined;
  /** Correlation of the noise of neighbouring slices. */
  readonly sliceCorrelation: number;
}

const EDGES_PX = [32, 24, 16] as const;
const FEWEST_PATCHES = 12;
/** Anatomy that is left in patches lies below this frequency, where the kernel is taken as 1. */
const LEAST_PER_MM = 0.1;
const REFERENCE_PER_MM = [0.08, 0.18] as const;

/**
 * The response of the reconstruction kernel from the noise power spectrum of flat soft tissue: of filtered
 * back-projection NPS(f) ∝ f·|W(f)|² with W the kernel's share of the ramp (Riederer, Pelc and Chesler 1978).
 */
export function kernelResponse(ct: Volume, map: Volume, range: readonly [number, number]): KernelResponse {
  const [dx, dy] = ct.spacingMm;
  const limitPerMm = 0.5 / Math.max(dx, dy);
  for (const size of EDGES_PX) {
    const found = flatPatches(ct, { size, range, map }).sort((a, b) => a.spread - b.spread);
    // Anatomy adds power at low frequencies: only the flattest half is asked.
    const patches = found.slice(0, Math.ceil(found.length / 2));
    if (patches.length < FEWEST_PATCHES) continue;
    const noise = radialNoisePower(
      noisePower(
        patches.map(({ patch }) => patch),
        [dx, dy],
      ),
    );
    const { frequencies } = noise;
    const share = noise.values.map((value, bin) => value / frequencies[bin]!);
    const known = [...frequencies.keys()].filter(
      (bin) => frequencies[bin]! >= REFERENCE_PER_MM[0] && frequencies[bin]! <= REFERENCE_PER_MM[1],
    );
    const reference = known.reduce((sum, bin) => sum + share[bin]!, 0) / Math.max(1, known.length);
    if (!(reference > 0)) continue;
    return {
      at: (perMm) =>
        perMm < LEAST_PER_MM
          ? 1
          : Math.sqrt(Math.max(0, noisePowerAt({ frequencies, values: share }, perMm)) / reference),
      limitPerMm,
      patches: patches.length,
      noise,
      sliceCorrelation: correlation(ct, patches, size),
    };
  }
  return {
    at: (perMm) => (perMm < limitPerMm ? 0.5 + 0.5 * Math.cos((Math.PI * perMm) / limitPerMm) : 0),
    limitPerMm,
    patches: 0,
    noise: undefined,
    sliceCorrelation: 0,
  };
}

/** Of patches with those of the next slice, both less their trend. */
function correlation(ct: Volume, patches: readonly FlatPatch[], size: number): number {
  let both = 0;
  let own = 0;
  for (const { patch, at } of patches) {
    const [i, j, k] = at;
    if (k + 1 >= ct.size[2]) continue;
    const a = detrend(patch).values;
    const b = detrend(patchAt(ct, i, j, k + 1, size)).values;
    a.forEach((value, n) => {
      both += value * b[n]!;
      own += (value * value + b[n]! * b[n]!) / 2;
    });
  }
  return own > 0 ? Math.min(0.7, Math.max(0, both / own)) : 0;
}
