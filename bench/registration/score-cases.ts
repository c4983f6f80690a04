// Simulated misalignments of PET against CT with known truth, for the calibration and the test of the registration score.
import { toMoving } from '@photopeak/analysis';
import {
  identity,
  type Mat4,
  multiply,
  transformPoint,
  translation,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { type PetctPhantom, petctPhantom } from '@photopeak/phantom';

/** Numbers in 0 … 1, the same for the same seed (SplitMix32). */
export function numbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
  };
}

/** A part of the body that moved by itself between CT and PET: all of it in the middle, nothing beyond the reach. */
interface Bump {
  readonly at: Vec3;
  readonly reachMm: Vec3;
  readonly shiftMm: Vec3;
}

export interface ScoreCase {
  readonly seed: number;
  readonly ct: Volume;
  readonly pet: Volume;
  readonly ctFromPet: Mat4;
  /** How far each landmark of the PET lies from its place on the CT, as judged: LPS mm. */
  readonly truth: readonly { readonly name: string; readonly shift: Vec3 }[];
  /** Where the tissue at a point of the CT lies on this PET, LPS mm. */
  toPet(point: Vec3): Vec3;
}

const STYLES = ['ge', 'siemens', 'philips'] as const;
const CASES_OF_A_STUDY = 5;

/** 1 in the middle half and 0 from the edge on, smooth between: a part that moves as a whole. */
function window(t: number): number {
  const outside = Math.min(1, Math.max(0, 2 * Math.abs(t) - 1));
  return 1 - outside * outside * (3 - 2 * outside);
}

function displacement(bumps: readonly Bump[], [x, y, z]: Vec3): Vec3 {
  let [dx, dy, dz] = [0, 0, 0];
  for (const { at, reachMm, shiftMm } of bumps) {
    const w =
      window((x - at[0]) / reachMm[0]) * window((y - at[1]) / reachMm[1]) * window((z - at[2]) / reachMm[2]);
    dx += w * shiftMm[0];
    dy += w * shiftMm[1];
    dz += w * shiftMm[2];
  }
  return [dx, dy, dz];
}

/** The PET as it looks after tissue at p has moved to p + d(p'), p' its new place: the value at p' comes from p' − d(p'). */
function moved(pet: Volume<Float32Array>, bumps: readonly Bump[]): Volume<Float32Array> {
  const [nx, ny, nz] = pet.size;
  const data = pet.data.slice();
  for (const bump of bumps) {
    const from = data.slice();
    const range = ([0, 1, 2] as const).map((axis) => {
      const middle = (bump.at[axis] - pet.origin[axis]) / pet.spacingMm[axis];
      const reach = bump.reachMm[axis] / pet.spacingMm[axis];
      return [
        Math.max(1, Math.ceil(middle - reach)),
        Math.min(pet.size[axis] - 2, Math.floor(middle + reach)),
      ] as const;
    });
    for (let k = range[2]![0]; k <= range[2]![1]; k++)
      for (let j = range[1]![0]; j <= range[1]![1]; j++)
        for (let i = range[0]![0]; i <= range[0]![1]; i++) {
          const d = displacement(
            [bump],
            [
              pet.origin[0] + i * pet.spacingMm[0],
              pet.origin[1] + j * pet.spacingMm[1],
              pet.origin[2] + k * pet.spacingMm[2],
            ],
          );
          const x = Math.min(Math.max(i - d[0] / pet.spacingMm[0], 0), nx - 1.001);
          const y = Math.min(Math.max(j - d[1] / pet.spacingMm[1], 0), ny - 1.001);
          const z = Math.min(Math.max(k - d[2] / pet.spacingMm[2], 0), nz - 1.001);
          const [a, b, c] = [x | 0, y | 0, z | 0];
          const [u, v, w] = [x - a, y - b, z - c];
          const n = a + nx * (b + ny * c);
          const row = (m: number) => from[m]! * (1 - u) + from[m + 1]! * u;
          const plane = (m: number) => row(m) * (1 - v) + row(m + nx) * v;
          data[i + nx * (j + ny * k)] = plane(n) * (1 - w) + plane(n + nx * ny) * w;
        }
  }
  return { ...pet, data };
}

function turn(centre: Vec3, degrees: Vec3): Mat4 {
  const about = [0, 1, 2].map((axis) => {
    const a = (degrees[axis]! * Math.PI) / 180;
    const [c, s] = [Math.cos(a), Math.sin(a)];
    const [p, q] = [(axis + 1) % 3, (axis + 2) % 3];
    const m = [...identity];
    m[5 * p] = c;
    m[5 * q] = c;
    m[4 * p + q] = -s;
    m[4 * q + p] = s;
    return m as unknown as Mat4;
  });
  const back = centre.map((v) => -v) as unknown as Vec3;
  return multiply(
    translation(centre),
    multiply(about[2]!, multiply(about[1]!, multiply(about[0]!, translation(back)))),
  );
}

export const styleOf = (seed: number) => STYLES[seed % STYLES.length]!;

/** A study that differs in everything that the seed can say: scanner, sex, arms, contrast, noise, breathing. */
export async function phantomOf(seed: number): Promise<PetctPhantom> {
  const next = numbers(seed);
  return petctPhantom({
    seed,
    style: styleOf(seed),
    noise: 0.6 + 1.2 * next(),
    contrast: next() < 0.4,
    respiratoryMismatchMm: next() < 0.3 ? 0 : Math.round((next() * 2 - 0.8) * 14),
  });
}

/** The misalignments of one study, mild and strong, of all of the body and of parts of it; other ones for each `variant`. */
export function casesOf(seed: number, { ct, pet, truth }: PetctPhantom, variant = 0): ScoreCase[] {
  const next = numbers(seed + 500_000 + 1_000_003 * variant);
  const breathing = { pull: identity, field: truth.breathingField };
  const sign = () => next() * 2 - 1;
  const at = (name: string) => truth.landmarks.find((landmark) => landmark.name === name)!.petMm;
  const vector = (mm: number): Vec3 => {
    const v = [sign(), sign(), sign()];
    const length = Math.hypot(...v) || 1;
    return v.map((part) => (part / length) * mm) as unknown as Vec3;
  };
  return Array.from({ length: CASES_OF_A_STUDY }, (_, n) => {
    const bumps: Bump[] = [];
    // Nothing, all of the body, and each part that moves by itself.
    if (n === 2 || next() < 0.15)
      bumps.push({ at: at('head centre'), reachMm: [220, 220, 230], shiftMm: vector(16 * next()) });
    if (n === 3 || next() < 0.15)
      bumps.push({ at: at('heart apex'), reachMm: [95, 95, 95], shiftMm: vector(14 * next()) });
    if (n === 4 || next() < 0.15)
      bumps.push({ at: at('bladder centre'), reachMm: [260, 200, 170], shiftMm: vector(14 * next()) });
    const scale = n === 1 ? 14 : n === 0 ? 1.5 : next() < 0.5 ? 3 : 0;
    const ctFromPet = multiply(
      translation(vector(scale * next())),
      turn(at('liver centre'), n === 1 ? [1.5 * sign(), 1.5 * sign(), 2 * sign()] : [0, 0, 0]),
    );
    const back = inverseRigid(ctFromPet);
    // Where tissue lies after the bumps: p' − d(p') = p.
    const bumped = (point: Vec3): Vec3 => {
      let here = point;
      for (const bump of bumps) {
        const before = here;
        for (let turns = 0; turns < 30; turns++) {
          const d = displacement([bump], here);
          here = [before[0] + d[0], before[1] + d[1], before[2] + d[2]];
        }
      }
      return here;
    };
    const shifts = truth.landmarks.map(({ name, petMm, ctMm }) => {
      const here = bumped(petMm);
      const there = transformPoint(back, ctMm);
      return { name, shift: [here[0] - there[0], here[1] - there[1], here[2] - there[2]] as Vec3 };
    });
    return {
      seed,
      ct,
      pet: bumps.length === 0 ? pet : moved(pet, bumps),
      ctFromPet,
      truth: shifts,
      toPet: (point) => bumped(toMoving(breathing, [point])[0]!),
    };
  });
}

function inverseRigid(m: Mat4): Mat4 {
  const r = [0, 1, 2].map((row) => [0, 1, 2].map((column) => m[4 * column + row]!));
  const t = r.map((row) => -(row[0]! * m[3] + row[1]! * m[7] + row[2]! * m[11]));
  return [...r[0]!, t[0]!, ...r[1]!, t[1]!, ...r[2]!, t[2]!, 0, 0, 0, 1] as unknown as Mat4;
}
