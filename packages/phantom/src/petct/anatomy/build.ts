import { Random } from '../../shared/random.ts';

export type Sex = 'M' | 'F';
export type ArmPosition = 'up' | 'down';

/**
 * Measures of one person. The anatomy is drawn for a 175 cm adult in anatomical millimetres (x to the left, y to
 * the back, z to the head, z = 0 at the top of the right diaphragm) and scaled to the person by `scale`.
 */
export interface Build {
  readonly sex: Sex;
  readonly arms: ArmPosition;
  readonly heightM: number;
  readonly scale: readonly [number, number, number];
  /** How much longer the neck is than in the drawing, whose cervical vertebrae are 13 mm apart. */
  readonly neckStretch: number;
  /** Thickness of the fat below the skin at the flank, mm. */
  readonly fatMm: number;
  readonly random: Random;
  readonly absent: ReadonlySet<RemovableOrgan>;
}

/** Organs that surgery takes out, and that a method must not invent. */
export const removableOrgans = ['spleen', 'kidneyRight', 'kidneyLeft', 'stomach', 'bladder'] as const;
export type RemovableOrgan = (typeof removableOrgans)[number];

/** Cervical vertebrae of adults are 16.4 to 18.6 mm apart, C1 to C7 together 115 to 130 mm. */
const NECK_STRETCH = [1.26, 1.43] as const;

/** Draws a person from the seed. */
export function drawBuild(
  seed: number,
  options: { sex?: Sex; arms?: ArmPosition; absent?: readonly RemovableOrgan[] },
): Build {
  const random = Random.of('petct', seed, 'build');
  const sex = options.sex ?? (random.uniform() < 0.5 ? 'M' : 'F');
  const heightM = Math.round(random.between(sex === 'M' ? 168 : 157, sex === 'M' ? 186 : 174)) / 100;
  const girth = random.between(0.94, 1.07);
  return {
    sex,
    arms: options.arms ?? 'up',
    heightM,
    scale: [girth, girth * random.between(0.97, 1.04), heightM / 1.75],
    neckStretch: random.fork('neck').between(...NECK_STRETCH),
    fatMm: random.between(sex === 'M' ? 9 : 13, sex === 'M' ? 24 : 28),
    random,
    absent: new Set(options.absent),
  };
}
