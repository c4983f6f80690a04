import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import type { Finding, FoundLesions, Organ, Site } from '../lesions/index.ts';
import { promiseDraft } from './promise-draft.ts';

const place = (mean: number): FoundLesions['liver'] => ({
  status: 'placed',
  region: {
    center: [0, 0, 0],
    mean,
    sd: 0.1,
    shape: { kind: 'sphere', radiusMm: 15 },
    withinBand: true,
    confidence: 1,
    findings: [],
  } as never,
});
const finding = (id: number, name: Site['name'], mean: number, organ?: Organ, leftOfMiddle = 0): Finding =>
  ({
    id,
    kind: organ === undefined ? 'lesion' : 'physiological',
    hidden: organ !== undefined,
    organ,
    site: { name, side: leftOfMiddle > 0 ? 'left' : 'right', confidence: 1 },
    measurement: { mean, mtvMl: 20 },
    features: { leftOfMiddle },
  }) as unknown as Finding;

/** Ten voxels in a row for each finding, the rim at a quarter of the middle. */
function study(findings: readonly Finding[], change: Partial<FoundLesions> = {}): [Volume, FoundLesions] {
  const size = [10, findings.length, 1] as const;
  const data = new Float32Array(10 * findings.length);
  const ids = new Uint8Array(data.length);
  findings.forEach(({ id, measurement }, row) => {
    data.fill(measurement.mean, 10 * row, 10 * row + 10);
    for (const rim of [0, 9]) data[10 * row + rim] = measurement.mean / 4;
    ids.fill(id, 10 * row, 10 * row + 10);
  });
  const grid = {
    size,
    spacingMm: [4, 4, 4],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const suv: Volume = { ...grid, data, unit: 'g/ml{SUVbw}' };
  const found = {
    tracer: 'psma',
    findings,
    labels: { ...grid, data: ids, unit: '1' },
    liver: place(5),
    bloodPool: place(1.5),
    ...change,
  } as FoundLesions;
  return [suv, found];
}

const glands = [
  finding(8, 'head', 16, 'lacrimal or salivary gland', 40),
  finding(9, 'head', 14, 'lacrimal or salivary gland', -40),
];

describe('a draft of PROMISE', () => {
  it('holds each lesion against blood pool, liver and the parotid glands of both sides', () => {
    const lesions = [
      finding(1, 'bone', 20),
      finding(2, 'iliac region', 9),
      finding(3, 'retroperitoneum', 3),
      finding(4, 'lung', 1.2),
    ];
    const draft = promiseDraft(...study([...lesions, ...glands]));
    expect(draft.references).toEqual({ bloodPool: 1.5, liver: 5, spleen: null, parotid: 15 });
    expect(draft.scores.map(({ score }) => score.status === 'assessed' && score.category)).toEqual([
      '3',
      '2',
      '1',
      '0',
    ]);
    expect([draft.miTnm.t, draft.miTnm.n, draft.miTnm.m]).toEqual([
      'miT0',
      'miN1',
      'miM1a, miM1b (uni), miM1c (lung)',
    ]);
  });

  it('takes the spleen where the liver excretes the ligand, and says what is missing', () => {
    const [suv, found] = study([finding(1, 'bone', 9), ...glands], { tracer: 'psma-1007' });
    const draft = promiseDraft(suv, found);
    expect(draft.scores[0]!.score).toMatchObject({
      status: 'not-assessable',
      reasons: ['the uptake of the spleen is not known'],
    });
    expect(draft.notes).toContain('spleen: no uptake of it was recognised');
    const withSpleen = study([finding(1, 'bone', 9), finding(5, 'upper abdomen', 8, 'spleen'), ...glands], {
      tracer: 'psma-1007',
    });
    expect(promiseDraft(...withSpleen).scores[0]!.score).toMatchObject({ category: '2' });
  });

  it('does not guess whether uptake in the pelvis is the prostate', () => {
    const { miTnm } = promiseDraft(...study([finding(1, 'pelvis', 9), ...glands]));
    expect([miTnm.t, miTnm.n, miTnm.m]).toEqual([null, null, null]);
    expect(miTnm.reasons).toEqual(['the site of L1 is not known']);
  });
});
