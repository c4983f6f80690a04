import { PIXELS, type PolarMap } from './polar-map.ts';

/** When the parts of the ventricle contract, degrees of one beat (0 at the first gate). */
export interface PhaseAnalysis {
  /** Circular mean of the onset of contraction. */
  readonly meanDegrees: number;
  /** Standard deviation about it. */
  readonly sdDegrees: number;
  /** The shortest part of the beat in which 95 % of the pixels begin to contract. */
  readonly bandwidthDegrees: number;
  /** Of all pixels: in the others too little is taken up for a phase. */
  readonly share: number;
}

/** Fewer gates do not hold one harmonic with something left over. */
const FEWEST_GATES = 6;
/** Pixels with less uptake than this share of the highest have no phase of their own: scatter from their neighbours. */
const LEAST_UPTAKE = 0.35;
const IN_BANDWIDTH = 0.95;

/** From −180 up to 180. */
const wrapped = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) - 180;

/**
 * Phase analysis of gated maps (Chen et al., J Nucl Cardiol 2005): a thicker wall is brighter, so the first harmonic of each
 * pixel over the gates tells when it contracts; its onset is where that harmonic rises through its mean. Undefined
 * with fewer than six gates.
 */
export function phaseAnalysis(maps: readonly PolarMap[]): PhaseAnalysis | undefined {
  const gates = maps.length;
  if (gates < FEWEST_GATES) return undefined;
  const means = Float64Array.from({ length: PIXELS }, (_, pixel) =>
    maps.reduce((sum, { values }) => sum + values[pixel]! / gates, 0),
  );
  const least = LEAST_UPTAKE * Math.max(...means);
  const onsets: number[] = [];
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    if (means[pixel]! < least || means[pixel] === 0) continue;
    let cosine = 0;
    let sine = 0;
    maps.forEach(({ values }, gate) => {
      const angle = (2 * Math.PI * gate) / gates;
      cosine += values[pixel]! * Math.cos(angle);
      sine += values[pixel]! * Math.sin(angle);
    });
    // The harmonic is highest at its phase, and rises through the mean a quarter of a beat before.
    onsets.push((Math.atan2(sine, cosine) * 180) / Math.PI - 90);
  }
  if (onsets.length === 0) return undefined;
  const radians = onsets.map((degrees) => (degrees * Math.PI) / 180);
  const sum = (of: (angle: number) => number) => radians.reduce((total, angle) => total + of(angle), 0);
  const mean = (Math.atan2(sum(Math.sin), sum(Math.cos)) * 180) / Math.PI;
  const apart = onsets.map((degrees) => wrapped(degrees - mean));
  return {
    meanDegrees: (mean + 360) % 360,
    sdDegrees: Math.sqrt(apart.reduce((total, degrees) => total + degrees * degrees, 0) / apart.length),
    bandwidthDegrees: bandwidth(apart),
    share: onsets.length / PIXELS,
  };
}

function bandwidth(apart: readonly number[]): number {
  const sorted = [...apart].sort((a, b) => a - b);
  const held = Math.ceil(IN_BANDWIDTH * sorted.length) - 1;
  let narrowest = 360;
  for (let from = 0; from + held < sorted.length; from++)
    narrowest = Math.min(narrowest, sorted[from + held]! - sorted[from]!);
  return narrowest;
}
