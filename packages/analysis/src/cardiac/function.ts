import type { Volume } from '@photopeak/imaging';
import { followVentricle } from './map-ventricle.ts';
import { type PolarMap, polarMap } from './polar-map.ts';
import { type Ventricle, volumesMl, wallOfMuscle } from './ventricle.ts';

/** Thickness of the wall that volumes rest on: that of a healthy ventricle at its largest, mm. */
export const WALL_MM = 10;

/** Volume of the cavity where the wall is 10 mm thick, ml. */
export function cavityMl(ventricle: Ventricle, wallMm = WALL_MM): number {
  return volumesMl(ventricle, wallMm).cavity;
}

export interface Dilation {
  readonly stressMl: number;
  readonly restMl: number;
  /** Cavity at stress over cavity at rest. */
  readonly ratio: number;
}

/** Of what the lengths of the two states differ by beyond what their radii say, so much is believed. */
const LENGTH_BELIEVED = 0.6;

/**
 * The ventricle at stress with a length, from apex to valve plane, that its own image and the ventricle at rest tell
 * together. A fit knows the radius to a tenth of a millimetre and the length to one or two, worse where the apex or the base
 * has lost its uptake; a ventricle that dilates grows less in length than in radius, about by its root.
 */
function steadied(stress: Ventricle, rest: Ventricle): Ventricle {
  const own = stress.lengthMm + stress.basalMm;
  const fromRest = (rest.lengthMm + rest.basalMm) * Math.sqrt(stress.radiusMm / rest.radiusMm);
  const factor = (fromRest + LENGTH_BELIEVED * (own - fromRest)) / own;
  return { ...stress, lengthMm: stress.lengthMm * factor, basalMm: stress.basalMm * factor };
}

/**
 * Transient ischaemic dilation ratio. The wall at rest is taken to be 10 mm thick, the wall at stress to hold the same
 * muscle: emission images do not show the inner surface itself.
 */
export function dilationRatio(stress: Ventricle, rest: Ventricle, wallMm = WALL_MM): Dilation {
  const { cavity: restMl, muscle } = volumesMl(rest, wallMm);
  const together = steadied(stress, rest);
  const stressMl = volumesMl(together, wallOfMuscle(together, muscle)).cavity;
  return { stressMl, restMl, ratio: stressMl / restMl };
}

export interface VentricularFunction {
  /** Volume of the cavity in each gate, ml. */
  readonly volumesMl: readonly number[];
  readonly endDiastolicMl: number;
  readonly endSystolicMl: number;
  /** Gate of the largest and the smallest volume, counted from 0. */
  readonly endDiastolicGate: number;
  readonly endSystolicGate: number;
  /** 0 to 1. */
  readonly ejectionFraction: number;
  readonly filling: FillingCurve;
  readonly maps: readonly PolarMap[];
}

/** From the volume curve as three harmonics; rates in end-diastolic volumes per beat. */
export interface FillingCurve {
  readonly peakEmptyingRate: number;
  readonly peakFillingRate: number;
  /** From the smallest volume to the steepest filling, as a share of the beat. */
  readonly timeToPeakFilling: number;
}

/**
 * Volumes of the cavity over the beat. The ventricle of each gate is fitted from that of the sum; the wall is 10 mm
 * thick where the cavity is largest and holds the same muscle in every gate (muscle does not shrink).
 */
export async function ventricularFunction(
  gates: readonly Volume[],
  summed: Ventricle,
  wallMm = WALL_MM,
): Promise<VentricularFunction> {
  const shapes: Ventricle[] = [];
  const maps: PolarMap[] = [];
  for (const gate of gates) {
    const { ventricle, cube } = await followVentricle(gate, summed);
    shapes.push(ventricle);
    maps.push(polarMap(cube, ventricle));
  }
  const atWall = shapes.map((shape) => volumesMl(shape, wallMm));
  const endDiastolicGate = indexOf(
    atWall.map(({ cavity }) => cavity),
    Math.max,
  );
  const { muscle } = atWall[endDiastolicGate]!;
  const volumes = shapes.map((shape) => volumesMl(shape, wallOfMuscle(shape, muscle)).cavity);
  const endSystolicGate = indexOf(volumes, Math.min);
  const endDiastolicMl = volumes[endDiastolicGate]!;
  const endSystolicMl = volumes[endSystolicGate]!;
  return {
    volumesMl: volumes,
    endDiastolicMl,
    endSystolicMl,
    endDiastolicGate,
    endSystolicGate,
    ejectionFraction: (endDiastolicMl - endSystolicMl) / endDiastolicMl,
    filling: fillingCurve(volumes),
    maps,
  };
}

const indexOf = (values: readonly number[], which: (...values: number[]) => number): number =>
  values.indexOf(which(...values));

const HARMONICS = 3;
const FINE_STEPS = 200;

/** Rates of a curve of volumes over one beat. */
export function fillingCurve(volumes: readonly number[]): FillingCurve {
  const count = volumes.length;
  const most = Math.max(...volumes);
  const terms = Array.from({ length: Math.min(HARMONICS, Math.floor((count - 1) / 2)) }, (_, n) => {
    const turn = (2 * Math.PI * (n + 1)) / count;
    let cosine = 0;
    let sine = 0;
    volumes.forEach((volume, gate) => {
      cosine += (2 / count) * volume * Math.cos(turn * gate);
      sine += (2 / count) * volume * Math.sin(turn * gate);
    });
    return { order: n + 1, cosine, sine };
  });
  const at = (phase: number) =>
    terms.reduce(
      (sum, { order, cosine, sine }) =>
        sum + cosine * Math.cos(2 * Math.PI * order * phase) + sine * Math.sin(2 * Math.PI * order * phase),
      0,
    );
  const rate = (phase: number) =>
    terms.reduce(
      (sum, { order, cosine, sine }) =>
        sum +
        2 *
          Math.PI *
          order *
          (sine * Math.cos(2 * Math.PI * order * phase) - cosine * Math.sin(2 * Math.PI * order * phase)),
      0,
    );
  const phases = Array.from({ length: FINE_STEPS }, (_, n) => n / FINE_STEPS);
  const smallest = phases.reduce((best, phase) => (at(phase) < at(best) ? phase : best), 0);
  const emptying = phases.reduce((best, phase) => (rate(phase) < rate(best) ? phase : best), 0);
  const filling = phases.reduce((best, phase) => (rate(phase) > rate(best) ? phase : best), 0);
  return {
    peakEmptyingRate: -rate(emptying) / most,
    peakFillingRate: rate(filling) / most,
    timeToPeakFilling: (filling - smallest + 1) % 1,
  };
}
