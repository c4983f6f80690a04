import type { FoundLesions, MrAnatomy } from '@photopeak/analysis';
import { alignmentFacts, type EmissionAlignment } from '../emission-alignment/index.ts';
import type { Identity } from '../objects/index.ts';
import {
  candidatesOf,
  type LabelledRegions,
  referencesOf,
  suvOf,
  type TracerInUse,
  totalsOf,
  tracerFacts,
} from '../petct-oncology/parts.ts';
import type { Finding } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import type { JudgedAlignment } from './judge-alignment.ts';
import type { PetmrParameters } from './parameters.ts';
import type { PetmrSelection } from './select-series.ts';
import { type MrMeasurement, PETMR_SUMMARY_SCHEMA, type PetmrSummary } from './summary.ts';

export interface SummariseInput {
  readonly identity: Identity;
  readonly parameters: PetmrParameters;
  readonly selection: PetmrSelection;
  readonly tracer: TracerInUse | null;
  readonly alignment: EmissionAlignment | null;
  readonly judged: JudgedAlignment | null;
  readonly anatomy: MrAnatomy | null;
  readonly found: FoundLesions | null;
  readonly regions: LabelledRegions;
  /** In the order of the lesions. */
  readonly mr: readonly (readonly MrMeasurement[])[];
  readonly findings: readonly Finding[];
}

/** Everything but the list of objects, which the package step completes. */
export function summarisePetmr(input: SummariseInput): PetmrSummary {
  const { identity, parameters, selection, alignment, judged, anatomy, found, regions, mr } = input;
  const bare = ({ labelValue: _, ...rest }: LabelledRegions['lesions'][number]) => rest;
  const lesions = regions.lesions.map((lesion, index) => ({ ...bare(lesion), mr: [...(mr[index] ?? [])] }));
  return {
    schema: PETMR_SUMMARY_SCHEMA,
    pipeline: identity.pipeline,
    run: { key: identity.run.key, at: identity.run.at },
    notice: NOTICE,
    study: selection.study,
    chosen: selection.chosen,
    suv: selection.suv === null ? null : suvOf(selection.suv),
    tracer: tracerFacts(input.tracer),
    alignment:
      alignment === null
        ? null
        : {
            frameOfReferenceShared: selection.frameOfReferenceShared,
            ...alignmentFacts(alignment),
            regions: [...(judged?.regions ?? [])],
            notJudged: [...(judged?.notJudged ?? [])],
          },
    anatomy: (anatomy?.structures ?? []).map((structure) => ({
      ...structure,
      findings: [...structure.findings],
    })),
    references: found === null ? null : referencesOf(found),
    candidates: candidatesOf(found, parameters),
    lesions,
    physiologicalUptake: regions.physiological.map(bare),
    totals: totalsOf(regions.lesions),
    objects: [],
    findings: [...input.findings],
  };
}
