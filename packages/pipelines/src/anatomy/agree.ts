import {
  type CtStructureName,
  type CtStructureReport,
  compareMasks,
  ORGAN_LABELS,
} from '@photopeak/analysis';
import { labelMask, type Volume } from '@photopeak/imaging';
import type { ModelStructure } from './model-source.ts';

/** One structure as a model and the own method see it. */
export interface StructureAgreement {
  readonly name: CtStructureName;
  /** Dice coefficient; null where only one of the two found it. */
  readonly dice: number | null;
  readonly ownMl: number;
  readonly modelMl: number;
  /** Of the outline that is delivered, the model's. */
  readonly confidence: number;
  readonly findings: string[];
}

/** Outlines that agree this well support each other fully; below, the confidence falls with the Dice coefficient. */
const GOOD_DICE = 0.85;
/** Of an outline that nothing else supports. */
const UNSUPPORTED = 0.5;

/**
 * Compares what a model found with what `segmentOrgans` found, structure by structure; `labels` are `ORGAN_LABELS` on
 * the grid of the CT. Agreement supports both, disagreement lowers the confidence.
 */
export async function compareWithModel(
  labels: Volume<Uint8Array>,
  own: readonly CtStructureReport[],
  model: readonly ModelStructure[],
): Promise<StructureAgreement[]> {
  const result: StructureAgreement[] = [];
  for (const { name, mask } of model) {
    const mine = labelMask(labels, ORGAN_LABELS[name]);
    const { dice, volumesMl } = await compareMasks(mine, mask);
    const [ownMl, modelMl] = volumesMl;
    if (ownMl === 0) {
      const reason = own.find((one) => one.name === name)?.findings[0] ?? 'not found';
      result.push({
        name,
        dice: null,
        ownMl,
        modelMl,
        confidence: UNSUPPORTED,
        findings: [`only the model found it; without the model: ${reason}`],
      });
      continue;
    }
    const agrees = dice >= GOOD_DICE;
    result.push({
      name,
      dice,
      ownMl,
      modelMl,
      confidence: agrees ? 0.95 : Math.max(0.05, UNSUPPORTED * (dice / GOOD_DICE)),
      findings: agrees
        ? []
        : [
            `model and own method disagree (Dice ${dice.toFixed(2)}, ${modelMl.toFixed(0)} and ${ownMl.toFixed(0)} ml)`,
          ],
    });
  }
  return result;
}
