import { rescored } from '@photopeak/analysis';
import type { Mat4 } from '@photopeak/imaging';
import type { AlignmentByHand } from '../image-registration/index.ts';
import type { AlignInput, Alignment, AlignmentScore } from './alignment.ts';
import { scoreAlignment } from './score-alignment.ts';

/** What a person set is used as it is; it is judged beside what it replaces, for them to see. */
export async function alignByHand(input: AlignInput, byHand: AlignmentByHand): Promise<Alignment> {
  const matrix = byHand.matrix as unknown as Mat4;
  const from = byHand.from as unknown as Mat4;
  const score = await scoreAlignment(input, matrix);
  const replaced = await scoreAlignment(input, from);
  const points = (judged: AlignmentScore | null) => judged?.score ?? 'nothing';
  const similarity = rescored(input.ct, input.pet, { before: from, after: matrix });
  const means =
    byHand.means === 'nudge'
      ? 'by eye'
      : `through landmarks that fit to ${(byHand.rmsMm ?? 0).toFixed(1)} mm`;
  return {
    used: 'rigid',
    matrix,
    uncertaintyMm: null,
    reason: `Set by ${byHand.by} ${means}: scores ${points(score)} where ${points(replaced)} stood before, mutual information ${similarity.after.toFixed(3)} where it was ${similarity.before.toFixed(3)}.`,
    score,
    byHand,
  };
}
