import { describe, expect, it } from 'vitest';
import { type PetctSummary, petctSummary, SUMMARY_SCHEMA } from '../petct-oncology/summary.ts';
import { COMPARISON_SCHEMA, type ComparisonSummary, comparisonSummary } from '../prior-comparison/summary.ts';
import { comparisonPage, petctReport } from './index.ts';

const HOSTILE = '<script>alert("x")</script><img src=https://evil.example/a.png onerror=\'x\'>&';

const lesion = (id: string, physiological: PetctSummary['lesions'][number]['physiological'] = null) => ({
  id,
  trackingUid: '2.25.1',
  label: `${id} ${HOSTILE}`,
  segmentNumber: 1,
  site: { value: '1', scheme: 'SCT', meaning: 'Lung' },
  laterality: { value: '2', scheme: 'SCT', meaning: 'Left' },
  siteConfidence: 0.9,
  physiological,
  centroid: [1, 2, 3] as [number, number, number],
  maximumPosition: [1, 2, 3] as [number, number, number],
  voxels: 100,
  suvMax: 12.345,
  suvPeak: null,
  suvPeakNote: null,
  suvMean: 6,
  suvSd: 1,
  suvMin: 3,
  mtvMl: 10,
  tlgG: 60,
  threshold: { method: 'percist', value: 3 },
  outlineSuv: 3.41,
  uptake: { physiological: 0.12, logOdds: -2, explanation: '12 % physiological: round (3.1 ml)' },
});

const series = {
  seriesInstanceUid: '1.2',
  seriesNumber: 3,
  description: HOSTILE,
  modality: 'PT',
  instanceCount: 10,
  frameOfReferenceUid: null,
  reason: HOSTILE,
};

const { seriesNumber: _number, frameOfReferenceUid: _frame, ...rejected } = series;

const summary: PetctSummary = {
  schema: SUMMARY_SCHEMA,
  pipeline: { name: 'petct-oncology', version: '0.1.0' },
  run: { key: 'abc', at: '2024-03-01T10:00:00' },
  notice: 'Not a device.',
  study: { studyInstanceUid: '1', studyDate: '20240301', description: HOSTILE, patientHash: 'aaaaaaaaaaaa' },
  chosen: { pet: series, ct: null, rejected: [rejected] },
  tracer: {
    name: 'psma',
    title: 'PSMA',
    agent: HOSTILE,
    radionuclide: null,
    reason: `name “${HOSTILE}”`,
    takenUpBy: ['kidneys'],
    remarks: ['Ganglia are not told apart.'],
  },
  suv: {
    status: 'ok',
    factors: { bw: 0.0004 },
    perSlice: false,
    units: 'BQML',
    decayCorrection: 'START',
    patientWeightKg: 70,
    injectedActivityBq: 3e8,
    uptakeMinutes: 61,
    derivation: [HOSTILE],
    refusedKinds: {},
  },
  registration: null,
  references: null,
  anatomy: [],
  anatomyNotFound: [],
  bodyComposition: null,
  suvKind: 'bw',
  candidates: { method: 'PERCIST', threshold: 3, inLiver: null, outline: 'threshold', minimumMl: 0.5 },
  lesions: [lesion('L1')],
  physiologicalUptake: [
    lesion('P1', { kind: 'kidney', reason: HOSTILE }),
    lesion('P2', { kind: 'kidney', reason: 'beside the spine' }),
  ],
  totals: { count: 1, mtvMl: 10, tlgG: 60, suvMax: 12.345, dmaxMm: null },
  promise: null,
  objects: [],
  findings: [{ code: 'A_CODE', severity: 'warning', message: HOSTILE, remedy: HOSTILE }],
};

const picture = { title: HOSTILE, png: Uint8Array.of(1, 2, 3) };
const write = (change: Partial<PetctSummary> = {}) =>
  petctReport({
    summary: { ...summary, ...change },
    patient: { name: `Doe^${HOSTILE}`, id: HOSTILE, birthDate: '19600116', sex: HOSTILE },
    overview: picture,
    lesionPictures: [picture],
  });

describe('the report', () => {
  it('shows text of any header as text, and loads nothing', () => {
    const page = write();
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img src=https');
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    // Every address in an attribute or a style is an embedded picture.
    const addresses = [...page.matchAll(/\b(?:src|href|action)="([^"]*)"|url\(([^)]*)\)|@import/g)];
    expect(addresses.length).toBe(2);
    for (const [, address] of addresses) expect(address).toMatch(/^data:image\/png;base64,/);
  });

  it('says that it is a draft, gives each lesion its numbers, and groups what was set aside', () => {
    const page = write();
    expect(page).toContain('AI draft, not verified');
    expect(page).toContain('<td>left lung</td><td class="number">12.35</td>');
    expect(page).toContain(
      '<td>kidney</td><td class="number">2</td><td class="number">12.35</td><td class="number">20.0</td>',
    );
    expect(page).toContain('12 % physiological: round (3.1 ml)');
    expect(page).toContain('1960-01-16');
    expect(page).toContain('300 MBq');
  });

  it('says why there are no numbers', () => {
    const refused = { status: 'refused', code: 'SUV_X', reason: 'no weight', derivation: [] } as const;
    const candidates = {
      method: 'percist',
      threshold: null,
      inLiver: null,
      outline: 'threshold',
      minimumMl: 0.5,
    };
    const page = write({
      suv: { ...refused, derivation: [] },
      suvKind: null,
      lesions: [],
      physiologicalUptake: [],
      candidates,
    });
    expect(page).toContain('Uptake is not quantified:</strong> no weight.');
    expect(page).not.toContain('Set aside');
  });
});

describe('the page of a comparison', () => {
  const values = { suvMax: 9, suvPeak: 8, suvMean: 5, mtvMl: 4, tlgG: 20, diameterMm: 20 };
  const totals = { count: 1, mtvMl: 4, tlgG: 20, suvMax: 9, dmaxMm: null };
  const timePoint = (order: number, label: string): ComparisonSummary['timePoints'][number] => ({
    order,
    label,
    studyInstanceUid: `1.${order}`,
    studyDate: '20240301',
    description: HOSTILE,
    day: 90 * (order - 1),
    pet: series,
    ct: null,
    uptakeMinutes: 60,
    sulPerSuv: null,
    references: null,
    threshold: { method: HOSTILE, value: 3 },
    totals,
    alignmentScore: null,
  });
  const comparison: ComparisonSummary = {
    schema: COMPARISON_SCHEMA,
    pipeline: { name: 'prior-comparison', version: '0.1.0' },
    run: { key: 'abc', at: '2024-03-01T10:00:00' },
    notice: 'Not a device.',
    study: {
      studyInstanceUid: '1',
      studyDate: '20240301',
      description: HOSTILE,
      patientHash: 'aaaaaaaaaaaa',
    },
    timePoints: [timePoint(1, 'baseline'), timePoint(2, 'current')],
    registrations: [
      {
        order: 1,
        used: 'rigid',
        reason: HOSTILE,
        matrix: Array.from({ length: 16 }, () => 0),
        uncertaintyMm: 1,
        expectedErrorMm: 5,
      },
    ],
    comparability: [
      { order: 1, checks: [{ item: 'scanner', status: 'differs', message: HOSTILE, isDecisive: false }] },
    ],
    lesions: [
      {
        trackingUid: '2.25.1',
        label: `T1 ${HOSTILE}`,
        state: 'resolved',
        site: null,
        laterality: null,
        position: [1, 2, 3],
        timePoints: [
          { order: 1, findings: ['L1'], values, residual: null, ct: null },
          {
            order: 2,
            findings: [],
            values: null,
            residual: { suvMax: 1.25, suvPeak: null, suvMean: 1 },
            ct: null,
          },
        ],
        fromPrevious: {},
        fromBaseline: {},
        distanceMm: null,
        overlap: null,
        doubt: HOSTILE,
      },
    ],
    trends: [],
    response: [
      {
        status: 'not-assessable',
        criteria: 'PERCIST 1.0',
        against: 1,
        reasons: [`patient height is missing ${HOSTILE}`],
        statements: [{ text: HOSTILE, holds: false, values: {} }],
      },
    ],
    objects: [],
    findings: [{ code: 'A_CODE', severity: 'warning', message: HOSTILE, remedy: HOSTILE }],
  };

  it('shows text of any header as text, says why there is no response, and what is left of a lesion', () => {
    expect(comparisonSummary.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
    const page = comparisonPage({
      summary: comparison,
      patient: { name: `Doe^${HOSTILE}`, id: HOSTILE, birthDate: '19600116', sex: HOSTILE },
      overviews: [picture],
      lesionPictures: [picture],
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img src=https');
    expect(page).toContain('AI draft, not verified');
    expect(page).toContain('cannot be assessed</strong>, because patient height is missing');
    expect(page).toContain('<td class="number">(1.25)</td>');
    expect([...page.matchAll(/ src="([^"]*)"/g)].every(([, at]) => at?.startsWith('data:image/png'))).toBe(
      true,
    );
  });
});

describe('the schema of the summary', () => {
  it('accepts the summary and refuses one with a wrong or a missing part', () => {
    expect(petctSummary.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    expect(petctSummary.safeParse({ ...summary, schema: 'other/1' }).success).toBe(false);
    const { totals: _, ...without } = summary;
    expect(petctSummary.safeParse(without).success).toBe(false);
    const wrong = { ...summary, lesions: [{ ...lesion('L1'), suvMax: Number.NaN }] };
    expect(petctSummary.safeParse(wrong).success).toBe(false);
  });
});
