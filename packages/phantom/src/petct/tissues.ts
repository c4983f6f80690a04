/** One row per tissue: how it looks in CT and PET. The order is the label value and is part of the truth format. */
interface TissueRow {
  readonly name: string;
  /** Mean HU without contrast medium. */
  readonly hu: number;
  /** Amplitude in HU of the tissue's own texture. */
  readonly huTexture?: number;
  /** HU added in the portal venous phase. */
  readonly enhancement?: number;
  /** HU added in the arterial phase; absent: a third of the portal venous one. */
  readonly arterial?: number;
  /** Mean FDG uptake, SUVbw. */
  readonly suv: number;
  /** Spread of the uptake between patients, as a part of the mean. */
  readonly suvSpread?: number;
  /** Amplitude of the uptake's variation inside the organ, as a part of the mean. */
  readonly suvTexture?: number;
}

const rows = [
  { name: 'air', hu: -1000, suv: 0 },
  { name: 'fat', hu: -105, huTexture: 6, suv: 0.3, suvTexture: 0.08 },
  { name: 'muscle', hu: 52, huTexture: 7, enhancement: 10, suv: 0.62, suvTexture: 0.1 },
  { name: 'skin', hu: 10, suv: 0.5 },
  { name: 'visceral-fat', hu: -102, huTexture: 10, suv: 0.4, suvTexture: 0.15 },
  { name: 'mediastinum', hu: -60, huTexture: 25, suv: 0.85, suvTexture: 0.1 },
  { name: 'lung-right', hu: -815, huTexture: 28, suv: 0.45, suvTexture: 0.12 },
  { name: 'lung-left', hu: -815, huTexture: 28, suv: 0.45, suvTexture: 0.12 },
  { name: 'airway', hu: -985, suv: 0.1 },
  { name: 'airway-wall', hu: 10, suv: 0.9 },
  { name: 'lung-vessel', hu: 38, enhancement: 100, arterial: 170, suv: 1.3 },
  { name: 'cortical-bone', hu: 850, huTexture: 60, suv: 0.55, suvTexture: 0.1 },
  { name: 'spongy-bone', hu: 190, huTexture: 38, suv: 1.4, suvSpread: 0.15, suvTexture: 0.1 },
  { name: 'yellow-marrow', hu: -60, huTexture: 15, suv: 0.5 },
  { name: 'disc', hu: 85, huTexture: 5, suv: 0.8 },
  { name: 'cartilage', hu: 105, huTexture: 15, suv: 0.6 },
  { name: 'spinal-canal', hu: 28, suv: 1.2 },
  {
    name: 'liver',
    hu: 58,
    huTexture: 4,
    enhancement: 55,
    arterial: 15,
    suv: 2.1,
    suvSpread: 0.12,
    suvTexture: 0.06,
  },
  { name: 'liver-vessel', hu: 42, enhancement: 110, arterial: 40, suv: 1.75 },
  { name: 'gallbladder', hu: 8, suv: 0.9 },
  {
    name: 'spleen',
    hu: 48,
    huTexture: 4,
    enhancement: 70,
    arterial: 75,
    suv: 1.75,
    suvSpread: 0.12,
    suvTexture: 0.06,
  },
  { name: 'pancreas', hu: 38, huTexture: 14, enhancement: 60, arterial: 70, suv: 1.45, suvTexture: 0.08 },
  { name: 'stomach-wall', hu: 45, enhancement: 30, suv: 2.0, suvSpread: 0.25, suvTexture: 0.15 },
  { name: 'stomach-content', hu: 18, huTexture: 20, suv: 0.6 },
  {
    name: 'kidney-right',
    hu: 34,
    huTexture: 4,
    enhancement: 130,
    arterial: 110,
    suv: 2.9,
    suvSpread: 0.2,
    suvTexture: 0.1,
  },
  {
    name: 'kidney-left',
    hu: 34,
    huTexture: 4,
    enhancement: 130,
    arterial: 110,
    suv: 2.9,
    suvSpread: 0.2,
    suvTexture: 0.1,
  },
  { name: 'renal-pelvis', hu: 6, enhancement: 20, arterial: 0, suv: 9, suvSpread: 0.5, suvTexture: 0.2 },
  { name: 'ureter', hu: 12, enhancement: 15, suv: 3 },
  { name: 'ureter-spot', hu: 12, enhancement: 15, suv: 14, suvSpread: 0.4 },
  { name: 'bladder', hu: 6, suv: 18, suvSpread: 0.5 },
  { name: 'bladder-wall', hu: 35, enhancement: 25, suv: 1.5 },
  { name: 'prostate', hu: 42, huTexture: 6, enhancement: 30, suv: 1.6 },
  { name: 'uterus', hu: 45, huTexture: 6, enhancement: 45, suv: 1.9 },
  { name: 'bowel-wall', hu: 42, enhancement: 45, suv: 1.9, suvSpread: 0.3, suvTexture: 0.3 },
  { name: 'bowel-content', hu: 22, huTexture: 30, suv: 0.9, suvTexture: 0.3 },
  { name: 'colon-wall', hu: 42, enhancement: 40, suv: 1.8, suvSpread: 0.35, suvTexture: 0.35 },
  { name: 'colon-content', hu: -10, huTexture: 70, suv: 0.6 },
  { name: 'bowel-gas', hu: -950, suv: 0.1 },
  { name: 'myocardium', hu: 44, enhancement: 55, arterial: 60, suv: 7, suvSpread: 0.3, suvTexture: 0.12 },
  { name: 'blood-pool', hu: 41, huTexture: 2, enhancement: 105, arterial: 180, suv: 1.6, suvSpread: 0.1 },
  { name: 'aorta', hu: 41, huTexture: 2, enhancement: 115, arterial: 260, suv: 1.6, suvSpread: 0.1 },
  { name: 'vein', hu: 41, enhancement: 110, arterial: 40, suv: 1.6, suvSpread: 0.1 },
  { name: 'oesophagus', hu: 38, enhancement: 15, suv: 1.5, suvSpread: 0.2 },
  { name: 'thyroid', hu: 95, enhancement: 60, suv: 1.5, suvSpread: 0.25 },
  { name: 'salivary-gland', hu: 10, huTexture: 15, enhancement: 40, suv: 2.1, suvSpread: 0.3 },
  { name: 'pharynx-wall', hu: 50, suv: 2.3, suvSpread: 0.25, suvTexture: 0.1 },
  { name: 'grey-matter', hu: 38, huTexture: 2, enhancement: 3, suv: 9, suvSpread: 0.15, suvTexture: 0.07 },
  { name: 'white-matter', hu: 30, huTexture: 2, enhancement: 2, suv: 4, suvSpread: 0.1, suvTexture: 0.05 },
  { name: 'cerebrospinal-fluid', hu: 8, suv: 0.8 },
  { name: 'eye', hu: 12, suv: 0.8 },
  { name: 'sinus-air', hu: -960, suv: 0.3 },
  { name: 'breast-gland', hu: 20, huTexture: 25, suv: 0.75, suvTexture: 0.1 },
  { name: 'table-shell', hu: -120, suv: 0 },
  { name: 'table-core', hu: -930, suv: 0 },
  { name: 'lesion', hu: 40, suv: 0 },
  // Drawn for tracers other than FDG only.
  { name: 'lacrimal-gland', hu: 35, suv: 1, suvSpread: 0.3 },
  { name: 'pituitary', hu: 45, suv: 1.5, suvSpread: 0.25 },
  { name: 'adrenal-gland', hu: 25, suv: 1.5, suvSpread: 0.25 },
  { name: 'ganglion', hu: 35, suv: 1, suvSpread: 0.2 },
] as const satisfies readonly TissueRow[];

export type ContrastPhase = 'portal' | 'arterial';

export type TissueName = (typeof rows)[number]['name'];

export interface Tissue extends Required<TissueRow> {
  readonly label: number;
}

/** All tissues, at the index of their label value. */
export const tissues: readonly Tissue[] = rows.map((row: TissueRow, label) => ({
  huTexture: 0,
  enhancement: 0,
  arterial: Math.round((row.enhancement ?? 0) / 3),
  suvSpread: 0.08,
  suvTexture: 0.03,
  ...row,
  label,
}));

const labels = new Map<string, number>(rows.map((row, label) => [row.name, label]));

/** The label value of a tissue. */
export function labelOf(name: TissueName): number {
  return labels.get(name)!;
}
