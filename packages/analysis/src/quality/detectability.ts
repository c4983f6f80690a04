import { noisePowerAt, type RadialNoisePower } from './noise-power.ts';
import type { TaskTransfer } from './task-transfer.ts';

export interface DetectionTask {
  /** A disc on a uniform background. */
  readonly diameterMm: number;
  /** In the unit of the image. */
  readonly contrast: number;
}

/** How the picture is looked at; with it the observer has an eye (NPWE). */
export interface Viewing {
  readonly distanceMm: number;
  /** mm on the screen for a mm in the patient. */
  readonly zoom: number;
}

/** Bessel function of the first kind and order 1 (Abramowitz and Stegun 9.4.4 and 9.4.6; error below 1e-7). */
function besselJ1(x: number): number {
  const polynomial = (t: number, coefficients: readonly number[]) =>
    coefficients.reduceRight((sum, c) => sum * t + c, 0);
  if (x <= 3) {
    const series = [0.5, -0.56249985, 0.21093573, -0.03954289, 0.00443319, -0.00031761, 0.00001109];
    return x * polynomial((x / 3) ** 2, series);
  }
  const t = 3 / x;
  const f = polynomial(
    t,
    [0.79788456, 0.00000156, 0.01659667, 0.00017105, -0.00249511, 0.00113653, -0.00020033],
  );
  const phase = polynomial(
    t,
    [-2.35619449, 0.12499612, 0.0000565, -0.00637879, 0.00074348, 0.00079824, -0.00029166],
  );
  return (f * Math.cos(x + phase)) / Math.sqrt(x);
}

/** Response of the eye at a frequency in cycles a degree: ρ^1.5·exp(−0.98·ρ^0.68) (Saunders and Samei 2006). */
function eye(perMm: number, { distanceMm, zoom }: Viewing): number {
  const cyclesPerDegree = (perMm * distanceMm * Math.PI) / (180 * zoom);
  return cyclesPerDegree ** 1.5 * Math.exp(-0.98 * cyclesPerDegree ** 0.68);
}

/**
 * Detectability index of a disc by an observer who matches the template but does not whiten the noise (NPW; with
 * `viewing` NPWE, through the eye), AAPM TG-233:
 * d'² = [∬W²T²E² du dv]² / ∬W²T²E⁴·NPS du dv, with W(f) = C·(d/2)·J₁(πdf)/f, T the task transfer at about that
 * contrast, E the eye or 1. Frequencies from 0 to Nyquist; the noise is taken as equal in all directions.
 */
export function detectability(
  task: DetectionTask,
  transfer: TaskTransfer,
  noise: RadialNoisePower,
  viewing?: Viewing,
): number {
  let signal = 0;
  let variance = 0;
  const step = transfer.frequencies[1]!;
  for (let at = 1; at < transfer.frequencies.length; at++) {
    const f = transfer.frequencies[at]!;
    const shape = (task.contrast * task.diameterMm * besselJ1(Math.PI * task.diameterMm * f)) / (2 * f);
    const template = (shape * transfer.values[at]!) ** 2;
    const seen = viewing === undefined ? 1 : eye(f, viewing) ** 2;
    const ring = 2 * Math.PI * f * step;
    signal += template * seen * ring;
    variance += template * seen * seen * noisePowerAt(noise, f) * ring;
  }
  return signal / Math.sqrt(variance);
}
