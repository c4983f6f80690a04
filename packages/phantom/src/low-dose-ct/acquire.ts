import { exp, log } from '../shared/exact-math.ts';
import type { Random } from '../shared/random.ts';
import type { FanBeam } from './fan-beam.ts';

export interface Exposure {
  /** Photons that reach a detector through air behind the middle of the bowtie filter. */
  readonly photons: number;
  /** Standard deviation of the electronics' noise, in photons. */
  readonly electronic: number;
}

/** Thickness of the bowtie's water equivalent grows with the square of the distance from the middle, mm at 100 mm. */
const BOWTIE_MM = 32;
const WATER_PER_MM = 0.0195;
/** Below this mean the number of photons is drawn one by one, above as normal. */
const MOST_BY_COUNT = 40;
/** What the logarithm is taken of where electronics drown the signal. */
const LEAST_PHOTONS = 0.5;

/** Photons through air that reach the detector at u mm from the middle. */
function airPhotons(uMm: number, photons: number): number {
  return photons * exp(-WATER_PER_MM * BOWTIE_MM * (uMm / 100) * (uMm / 100));
}

/** The line integrals as a scan with this exposure measures them: Poisson photons, electronic noise, logarithm. */
export function acquire(
  integrals: Float32Array,
  fan: FanBeam,
  exposure: Exposure,
  random: Random,
): Float32Array {
  const air = Float64Array.from({ length: fan.detectors }, (_, d) =>
    airPhotons((d - (fan.detectors - 1) / 2) * fan.detectorMm, exposure.photons),
  );
  return integrals.map((integral, at) => {
    const open = air[at % fan.detectors]!;
    const count = poisson(open * exp(-integral), random) + exposure.electronic * random.normal();
    return log(open / Math.max(LEAST_PHOTONS, count));
  });
}

function poisson(mean: number, random: Random): number {
  if (mean > MOST_BY_COUNT) return Math.max(0, mean + Math.sqrt(mean) * random.normal());
  const limit = exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; count++) product *= random.uniform();
  return count;
}
