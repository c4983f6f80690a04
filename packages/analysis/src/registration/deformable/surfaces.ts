import type { Mat4, Volume } from '@photopeak/imaging';
import type { CtAnatomy } from '../../anatomy/index.ts';
import type { RegionName } from '../measure-regions.ts';
import { type RegistrationScore, registrationScore } from '../registration-score.ts';
import type { Deformation } from './deformation.ts';
import { deformAnatomy } from './deformed-anatomy.ts';

/** The registration score of PET on CT under the linear registration, and with the deformation. */
export interface SurfaceEvidence {
  readonly linear: RegistrationScore;
  readonly deformed: RegistrationScore;
}

/** The worst region must come nearer by this much, mm: about twice the error of its estimate. */
const LEAST_GAIN_MM = 2;
/** No region may come off by more than this, mm, unless it stays within what is of no consequence. */
const MOST_LOSS_MM = 1.5;
const HARMLESS_MM = 3;
/** So many regions may no longer be judged: their halves may come to disagree by chance. */
const MOST_LOST = 1;

const mmOf = ({ regions }: RegistrationScore) => new Map(regions.map(({ name, mm }) => [name, mm]));

/**
 * Judges a deformation from CT to PET by edges that took no part in finding it: diaphragm, heart, skin and the parts of
 * the body, as `registrationScore` measures them.
 */
export async function surfacesUnder(
  ct: Volume,
  pet: Volume,
  anatomy: CtAnatomy,
  deformation: Deformation,
  ctFromPet: Mat4,
): Promise<SurfaceEvidence> {
  return {
    linear: await registrationScore(ct, pet, { anatomy, ctFromPet }),
    deformed: await registrationScore(ct, pet, {
      anatomy: await deformAnatomy(anatomy, deformation),
      ctFromPet,
    }),
  };
}

/**
 * What the surfaces say against a deformation: that one comes off, or, where little else speaks for the deformation
 * (`mustGain`), that the worst does not come nearer. Undefined where they say nothing against it.
 */
export function surfacesAgainst(
  { linear, deformed }: SurfaceEvidence,
  mustGain: boolean,
): string | undefined {
  const before = mmOf(linear);
  const after = mmOf(deformed);
  const both = [...before.keys()].filter((name) => after.has(name));
  if (both.length === 0) return 'no region of the body can be judged';
  const lost = [...before.keys()].filter((name) => !after.has(name));
  if (lost.length > MOST_LOST) return `${lost.join(', ')} can no longer be judged`;
  const worst = Math.max(...both.map((name) => before.get(name)!));
  const worstAfter = Math.max(...both.map((name) => after.get(name)!));
  // A region that could not be judged before is held against the worst of the others.
  const off = [...after]
    .map(([name, mm]): readonly [RegionName, number, number] => [name, before.get(name) ?? worst, mm])
    .find(([, was, is]) => is > HARMLESS_MM && is > was + MOST_LOSS_MM);
  if (off !== undefined) return `${off[0]} comes off, ${off[1].toFixed(1)} to ${off[2].toFixed(1)} mm`;
  if (mustGain && worst - worstAfter < LEAST_GAIN_MM) {
    return `the worst region does not come clearly nearer (${worst.toFixed(1)} to ${worstAfter.toFixed(1)} mm)`;
  }
  return undefined;
}
