/** Body-size measures that SUV is normalised by. Weight in kg, height in m, results in kg or m². */
export type Sex = 'M' | 'F' | 'O';

interface BodySize {
  readonly weightKg: number;
  readonly heightM: number;
  readonly sex: Sex;
}

/** Sex other or unknown to the formula: the mean of both, as the Siemens manual has it. */
function bySex(sex: Sex, male: () => number, female: () => number): number {
  if (sex === 'M') return male();
  if (sex === 'F') return female();
  return (male() + female()) / 2;
}

function jamesLean(body: BodySize, maleMultiplier: number): number {
  const { weightKg: w, heightM } = body;
  const ratioSquared = (w / (heightM * 100)) ** 2;
  return bySex(
    body.sex,
    () => 1.1 * w - maleMultiplier * ratioSquared,
    () => 1.07 * w - 148 * ratioSquared,
  );
}

/** James 1976: 1.10·W − 128·(W/H)² (men), 1.07·W − 148·(W/H)² (women), H in cm. */
export const leanBodyMassJames = (body: BodySize): number => jamesLean(body, 128);

/** The widespread variant of James with 120 for men (Morgan and Bray); DICOM's plain SUVlbm. */
export const leanBodyMassJames120 = (body: BodySize): number => jamesLean(body, 120);

/** Janmahasatian 2005: monotone in weight, the right one in obesity. */
export function leanBodyMassJanmahasatian(body: BodySize): number {
  const { weightKg: w, heightM } = body;
  const bmi = w / (heightM * heightM);
  return bySex(
    body.sex,
    () => (9270 * w) / (6680 + 216 * bmi),
    () => (9270 * w) / (8780 + 244 * bmi),
  );
}

/** DuBois and DuBois 1916, m². */
export function bodySurfaceArea(body: Omit<BodySize, 'sex'>): number {
  return 0.007184 * body.weightKg ** 0.425 * (body.heightM * 100) ** 0.725;
}

/** Ideal body weight: 48 + 1.06·(H − 152) (men), 45.5 + 0.91·(H − 152) (women), H in cm. */
export function idealBodyWeight(body: Omit<BodySize, 'weightKg'>): number {
  const over = body.heightM * 100 - 152;
  return bySex(
    body.sex,
    () => 48 + 1.06 * over,
    () => 45.5 + 0.91 * over,
  );
}
