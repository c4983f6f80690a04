import { type FoundLesions, promiseDraft, type TracerName } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { LabelledRegions } from './summarise.ts';
import type { PetctSummary } from './summary.ts';

export const isPsma = (tracer: TracerName | undefined): boolean =>
  tracer === 'psma' || tracer === 'psma-1007';

export interface PromiseInput {
  /** SUVbw. */
  readonly pet: Volume;
  readonly found: FoundLesions;
  readonly regions: LabelledRegions;
}

/** PSMA expression of each lesion and miTNM, as a draft. */
export const draftPromise: Step<PromiseInput, NonNullable<PetctSummary['promise']>> = {
  name: 'promise',
  version: '1',
  resource: 'cpu',
  run: async ({ pet, found, regions }) => {
    const { references, notes, scores, miTnm } = promiseDraft(pet, found);
    return {
      references,
      notes: [...notes],
      lesions: scores.map(({ finding, score }) => ({
        id: regions.lesions.find(({ labelValue }) => labelValue === finding)!.id,
        score: score.status === 'assessed' ? score.category : null,
        reason:
          score.status === 'assessed'
            ? `${score.meaning}; ${score.statements.map(({ text }) => text).join('; ')}`
            : score.reasons.join('; '),
      })),
      miTnm: { t: miTnm.t, n: miTnm.n, m: miTnm.m, reasons: [...miTnm.reasons] },
    };
  },
};
