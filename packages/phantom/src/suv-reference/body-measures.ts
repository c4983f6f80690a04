import { exp, log, square } from '../shared/exact-math.ts';

/** Who the reference objects are written for; one weight and size everywhere, so that factors can be compared. */
export interface Body {
  readonly weightKg: number;
  readonly heightM: number;
  readonly sex: 'M' | 'F' | 'O';
}

const bySex = ({ sex }: Body, male: number, female: number): number =>
  sex === 'M' ? male : sex === 'F' ? female : (male + female) / 2;

/** James, coefficient 120 for men: what SUV Type LBM stands for (PS3.3 C.8.9.1, DCM 126402). */
export function leanMass(body: Body): number {
  const { weightKg: w, heightM } = body;
  const ratio = square(w / (heightM * 100));
  return bySex(body, 1.1 * w - 120 * ratio, 1.07 * w - 148 * ratio);
}

/** James, coefficient 128 for men: SUV Type LBMJAMES128. */
export function leanMassJames128(body: Body): number {
  const { weightKg: w, heightM } = body;
  const ratio = square(w / (heightM * 100));
  return bySex(body, 1.1 * w - 128 * ratio, 1.07 * w - 148 * ratio);
}

/** Janmahasatian: SUV Type LBMJANMA. */
export function leanMassJanmahasatian(body: Body): number {
  const { weightKg: w, heightM } = body;
  const index = w / (heightM * heightM);
  return bySex(body, (9270 * w) / (6680 + 216 * index), (9270 * w) / (8780 + 244 * index));
}

/** Ideal body weight: SUV Type IBW. */
export function idealWeight(body: Body): number {
  const cm = body.heightM * 100;
  return bySex(body, 48 + 1.06 * (cm - 152), 45.5 + 0.91 * (cm - 152));
}

/** DuBois, m²: SUV Type BSA. */
export function surfaceArea({ weightKg, heightM }: Body): number {
  return 0.007184 * exp(0.725 * log(heightM * 100) + 0.425 * log(weightKg));
}
