import { regionMaximum, type ScanConditions } from '@photopeak/analysis';
import { dateTimeOf, readFileHeader } from '@photopeak/dicom';
import type { AnalysedStudy } from '../petct-oncology/parts.ts';
import type { Step } from '../pipeline.ts';

/** What the header and the reference regions of an examination say about comparing it. */
export interface ExaminationFacts {
  /** Start of the study, ISO 8601 local; null where it is not stated. */
  readonly startedAt: string | null;
  readonly conditions: ScanConditions;
  readonly sulPerSuv: number | null;
  /** Why there is no SUL. */
  readonly sulReason: string | null;
  readonly liver: { readonly mean: number; readonly sd: number; readonly max: number | null } | null;
  readonly bloodPool: { readonly mean: number; readonly sd: number; readonly max: number | null } | null;
}

export interface FactsInput {
  readonly analysed: Pick<AnalysedStudy, 'selection' | 'pet' | 'petPlanes' | 'found'>;
  readonly sul: 'janmahasatian' | 'james';
}

const SUL_KIND = { janmahasatian: 'lbmJanmahasatian', james: 'lbm' } as const;

/** Conditions of the scan, SUL and reference regions of one examination. */
export const examinationFacts: Step<FactsInput, ExaminationFacts> = {
  name: 'facts',
  version: '1',
  resource: 'cpu',
  run: async ({ analysed, sul }) => {
    const { selection, pet, petPlanes, found } = analysed;
    const { suv } = selection;
    const [first] = petPlanes;
    const header = first === undefined ? null : readFileHeader(first.path).dataset;
    const text = (name: Parameters<NonNullable<typeof header>['text']>[0]) => header?.text(name) ?? null;
    const tracer = header?.item('RadiopharmaceuticalInformationSequence');
    const isOk = suv?.status === 'ok';
    const factor = isOk ? suv.factors[SUL_KIND[sul]] : undefined;
    const bw = isOk ? suv.factors.bw : undefined;
    const sulPerSuv = factor === undefined || bw === undefined ? null : factor / bw;
    const regionOf = (name: 'liver' | 'bloodPool') => {
      const outcome = found?.[name];
      if (outcome?.status !== 'placed' || pet === null) return null;
      const { mean, sd } = outcome.region;
      return { mean, sd, max: regionMaximum(pet, outcome.region) };
    };
    const liver = regionOf('liver');
    const bloodPool = regionOf('bloodPool');
    const inSul = (value: number | undefined) =>
      value === undefined || sulPerSuv === null ? null : value * sulPerSuv;
    const scanner = [text('Manufacturer'), text('ManufacturerModelName')].filter((part) => part !== null);
    return {
      startedAt: header === null ? null : (dateTimeOf(header, 'StudyDate', 'StudyTime') ?? null),
      sulPerSuv,
      sulReason:
        sulPerSuv !== null
          ? null
          : isOk
            ? (suv.refusedKinds[SUL_KIND[sul]] ?? 'lean body mass cannot be computed')
            : (suv?.reason ?? 'there is no PET'),
      liver,
      bloodPool,
      conditions: {
        uptakeMinutes: isOk ? suv.uptakeMinutes : null,
        injectedMbq: isOk && suv.injectedActivityBq !== null ? suv.injectedActivityBq / 1e6 : null,
        weightKg: isOk ? suv.patientWeightKg : null,
        // No attribute of the standard holds it.
        glucoseMgPerDl: null,
        liverSul: inSul(liver?.mean),
        bloodPoolSul: inSul(bloodPool?.mean),
        scanner: scanner.length === 0 ? null : scanner.join(' '),
        radiopharmaceutical:
          tracer?.text('Radiopharmaceutical') ??
          tracer?.item('RadiopharmaceuticalCodeSequence')?.text('CodeMeaning') ??
          null,
        reconstruction: text('ReconstructionMethod'),
        filter: text('ConvolutionKernel'),
        voxelMm: pet === null ? null : [pet.spacingMm[0], pet.spacingMm[1], pet.spacingMm[2]],
        decayCorrection: isOk ? suv.decayCorrection : null,
      },
    };
  },
};
