import { exp, square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import type { Anatomy, Build } from './anatomy/index.ts';
import { labelOf, tissues } from './tissues.ts';
import { type PhantomTracer, tracers } from './tracers.ts';
import type { DoseTruth } from './truth.ts';

const LN2 = Math.LN2;
/** The half-life of F-18 as written by scanners (6586.2 and 6588 both occur). */
const FDG = { mbqPerKg: [3.6, 5.4], halfLifeSeconds: 6588 } as const;
/** The scan ends at the thighs and elbows: what lies beyond is this part of the weight. */
const UNSEEN_PART = 0.17;
const STEP_MM = 12;
/** Weight at a later visit lies within this part of that at the first. */
const WEIGHT_CHANGE = 0.04;

/** Weight from the drawn body, dose and times from the seed and the visit; the age is that at the first visit. */
export function drawDose(
  seed: number,
  build: Build,
  anatomy: Anatomy,
  visit: number,
  tracer: PhantomTracer,
): DoseTruth {
  const first = Random.of('petct', seed, 'dose');
  const massKg = bodyMassKg(build, anatomy) / (1 - UNSEEN_PART);
  const dose = doseOf(first, build, Math.round(massKg), tracer);
  if (visit === 0) return dose;
  const random = first.fork('visit', visit);
  const later = doseOf(random, build, Math.round(random.around(massKg, WEIGHT_CHANGE)), tracer);
  return { ...later, ageYears: dose.ageYears };
}

function doseOf(random: Random, build: Build, weightKg: number, tracer: PhantomTracer): DoseTruth {
  const { mbqPerKg, halfLifeSeconds } = tracer === 'fdg' ? FDG : tracers[tracer];
  const injectedBq = Math.round(weightKg * random.between(mbqPerKg[0], mbqPerKg[1])) * 1e6;
  const uptakeSeconds = random.integer(55, 75) * 60 + random.integer(0, 59);
  const decayed = injectedBq * exp((-LN2 * uptakeSeconds) / halfLifeSeconds);
  return {
    weightKg,
    heightM: build.heightM,
    sex: build.sex,
    ageYears: random.integer(38, 79),
    injectedBq,
    halfLifeSeconds,
    uptakeSeconds,
    suvFactor: (weightKg * 1000) / decayed,
  };
}

/** Mass of the drawing from vertex to mid-thigh, density from HU, on a coarse raster. */
function bodyMassKg({ scale }: Build, { canvas }: Anatomy): number {
  const air = labelOf('air');
  let litres = 0;
  for (let z = -480; z <= 500; z += STEP_MM) {
    for (let y = -150; y <= 150; y += STEP_MM) {
      for (let x = -250; x <= 250; x += STEP_MM) {
        const label = canvas.labelAt(x, y, z);
        if (label !== air) litres += Math.min(1.6, 1 + tissues[label]!.hu / 1000);
      }
    }
  }
  return (litres * STEP_MM * square(STEP_MM) * scale[0] * scale[1] * scale[2]) / 1e6;
}
