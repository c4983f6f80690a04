import type { Deformation } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { resultKey, withPrefix } from '../execution/index.ts';
import {
  type AnalysedStudy,
  analyseStudy,
  type LabelledRegions,
  labelledRegions,
  petctOncology,
  petctParameters,
  wayToPet,
} from '../petct-oncology/parts.ts';
import type { StepRunner, StudyInput } from '../pipeline.ts';
import { type ExaminationFacts, examinationFacts } from './conditions.ts';
import { filterPet } from './match-resolution.ts';
import type { ComparisonParameters } from './parameters.ts';

/** One examination, analysed as petct-oncology does, with the numbers its lesions bear there. */
export interface Examination {
  readonly label: string;
  readonly study: StudyInput;
  readonly analysed: AnalysedStudy;
  readonly facts: ExaminationFacts;
  readonly regions: LabelledRegions;
  /** Largest distance within each region, mm, by its id. */
  readonly diameters: Readonly<Record<string, number>>;
  /** From its CT to its PET; null where they are not aligned. */
  readonly petOnCt: Deformation | null;
}

/**
 * Analyses one examination. Its lesions get the Tracking UIDs that petct-oncology gives them for the study alone, with
 * the same parameters, so that a lesion is the same one in both results.
 */
export async function examine(
  label: string,
  study: StudyInput,
  parameters: ComparisonParameters,
  filter: { readonly fromMm: number; readonly toMm: number } | null,
  runner: StepRunner,
): Promise<Examination> {
  const named = withPrefix(runner, label.replaceAll(' ', '-'));
  const { tracer, threshold, uptakeCalibration, minimumMl, segmentation, captures } = parameters;
  const alone = petctParameters.parse({
    tracer,
    threshold,
    uptakeCalibration,
    minimumMl,
    segmentation,
    captures,
  });
  const analysed = await analyseStudy(study, alone, named, async (pet: Volume) =>
    filter === null ? pet : (await named.step(filterPet, { pet, ...filter })).pet,
  );
  const facts = await named.step(examinationFacts, { analysed, sul: parameters.sul });
  const { priors: _, ...itself } = study;
  const run = { key: resultKey(petctOncology, alone, itself), at: runner.run.at };
  const regions = labelledRegions({ pipeline: petctOncology, run }, analysed.found);
  const found = new Map((analysed.found?.findings ?? []).map((finding) => [finding.id, finding]));
  return {
    label,
    study,
    analysed,
    facts,
    regions,
    diameters: Object.fromEntries(
      [...regions.lesions, ...regions.physiological].map(({ id, labelValue }) => [
        id,
        found.get(labelValue)?.measurement.diameter.mm ?? 0,
      ]),
    ),
    petOnCt: wayToPet(analysed.alignment),
  };
}
