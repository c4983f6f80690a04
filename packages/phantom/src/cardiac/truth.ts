import type { Vec3 } from '@photopeak/imaging';
import { PI, sin } from '../shared/exact-math.ts';
import type { CardiacModality, DefectRequest } from './options.ts';
import { isInDefect } from './scene.ts';
import {
  cavityMl,
  Meridian,
  type ShortAxisFrame,
  shortAxisFrame,
  type VentricleShape,
  wallMl,
} from './ventricle.ts';

/** Truth of a heart in one state. */
export interface VentricleTruth extends ShortAxisFrame {
  readonly shape: VentricleShape;
  readonly cavityMl: number;
  readonly wallMl: number;
  readonly defects: readonly DefectRequest[];
  /** Share of the surface of the middle of the wall that the defects cover, 0 to 1. */
  readonly extent: number;
  /** Cavity in each gate, ml; empty where the heart stands still. */
  readonly gateCavitiesMl: readonly number[];
  readonly ejectionFraction: number | null;
}

export interface CardiacTruth {
  readonly schema: 'photopeak-cardiac-truth/1';
  readonly seed: number;
  readonly modality: CardiacModality;
  readonly sex: 'M' | 'F';
  readonly attenuationCorrected: boolean;
  readonly fwhmMm: number;
  readonly stress: VentricleTruth;
  readonly rest: VentricleTruth;
  /** Cavity at stress over cavity at rest. */
  readonly dilation: number;
  /** How far the heart of the CT lies from that of the emission, LPS mm. */
  readonly ctShiftMm: Vec3;
}

const ANGLES = 360;
const STEPS = 400;

/** Share of the surface of the middle of the wall that the defects cover. */
export function coveredShare(shape: VentricleShape, defects: readonly DefectRequest[]): number {
  if (defects.length === 0) return 0;
  const meridian = new Meridian(shape);
  let all = 0;
  let covered = 0;
  for (let n = 0; n < STEPS; n++) {
    const angle = ((n + 0.5) / STEPS) * meridian.lastAngle;
    const ring = sin(angle) * (meridian.share(angle + 1e-4) - meridian.share(angle - 1e-4));
    const share = meridian.share(angle);
    all += ring * ANGLES;
    for (let a = 0; a < ANGLES; a++) {
      const around = ((a + 0.5) / ANGLES) * 2 * PI;
      if (defects.some((defect) => isInDefect(defect, around, share))) covered += ring;
    }
  }
  return covered / all;
}

export function truthOf(
  shape: VentricleShape,
  defects: readonly DefectRequest[],
  gates: readonly VentricleShape[],
): VentricleTruth {
  const volumes = gates.map(cavityMl);
  const most = Math.max(...volumes);
  return {
    ...shortAxisFrame(shape.axis),
    shape,
    cavityMl: cavityMl(shape),
    wallMl: wallMl(shape),
    defects,
    extent: coveredShare(shape, defects),
    gateCavitiesMl: volumes,
    ejectionFraction: volumes.length === 0 ? null : (most - Math.min(...volumes)) / most,
  };
}
