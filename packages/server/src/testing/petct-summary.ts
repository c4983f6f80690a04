import { petctSummary } from '@photopeak/pipelines';

type Summary = ReturnType<typeof petctSummary.parse>;

/** Uptake of a study with the log-odds that the model gave it; set aside as physiological or not. */
export const uptakeRegion = (id: string, logOdds: number, isAside = false): Summary['lesions'][number] => ({
  id,
  trackingUid: id,
  label: id,
  segmentNumber: 1,
  site: null,
  laterality: null,
  siteConfidence: null,
  physiological: isAside ? { kind: 'bowel', reason: 'it looks so' } : null,
  uptake: { physiological: 0.5, logOdds, explanation: '' },
  centroid: [0, 0, 0],
  maximumPosition: [0, 0, 0],
  voxels: 10,
  suvMax: 5,
  suvPeak: null,
  suvPeakNote: null,
  suvMean: 4,
  suvSd: 1,
  suvMin: 3,
  outlineSuv: null,
  mtvMl: 1,
  tlgG: 4,
  threshold: { method: 'fixed', value: 3 },
});

/** The summary of a PET/CT of the study 1.2.3 in which nothing was found, but for what a test says of it. */
export const petctSummaryWith = (of: Partial<Summary> = {}): Summary =>
  petctSummary.parse({
    schema: 'photopeak/petct-oncology/summary/1',
    pipeline: { name: 'petct-oncology', version: '0.1.0' },
    run: { key: 'k', at: '2026-11-23T10:15:00' },
    notice: '',
    study: { studyInstanceUid: '1.2.3', studyDate: null, description: '', patientHash: '' },
    chosen: { pet: null, ct: null, rejected: [] },
    tracer: null,
    suv: null,
    registration: null,
    references: null,
    anatomy: [],
    suvKind: null,
    candidates: { method: 'fixed', threshold: 3, minimumMl: 0.5 },
    lesions: [],
    physiologicalUptake: [],
    totals: { count: 0, mtvMl: 0, tlgG: 0, suvMax: null, dmaxMm: null },
    objects: [],
    findings: [],
    ...of,
  });

/** The same of a PSMA study with these regions. */
export const psmaSummary = (regions: Pick<Summary, 'lesions'> & Partial<Summary>): Summary =>
  petctSummaryWith({
    tracer: {
      name: 'psma',
      title: 'PSMA',
      agent: 'PSMA-11',
      radionuclide: null,
      reason: '',
      takenUpBy: [],
      remarks: [],
    },
    suvKind: 'bw',
    ...regions,
  });
