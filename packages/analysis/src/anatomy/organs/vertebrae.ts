/** C1 to L5 from above: usual distance to the next vertebra in an adult, mm, and how far it varies (share). */
export const VERTEBRAE = [
  { name: 'C1', pitchMm: 16, spread: 0.22 },
  { name: 'C2', pitchMm: 18, spread: 0.2 },
  ...(['C3', 'C4', 'C5', 'C6', 'C7'] as const).map((name) => ({ name, pitchMm: 17, spread: 0.16 })),
  ...(['T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T9', 'T10', 'T11', 'T12'] as const).map(
    (name, n) => ({
      name,
      pitchMm: 20.5 + 0.85 * n,
      spread: 0.12,
    }),
  ),
  ...(['L1', 'L2', 'L3', 'L4', 'L5'] as const).map((name, n) => ({
    name,
    pitchMm: 34 + 0.5 * n,
    spread: 0.12,
  })),
] as const;
export type VertebraName = (typeof VERTEBRAE)[number]['name'];
