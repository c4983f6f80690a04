import {
  type Assessment,
  asPercent,
  changeText,
  changeValues,
  condition,
  notAssessable,
  type Statement,
} from './assessment.ts';
import { atLeast, changeOf } from './tolerance.ts';

export type RecipCategory = 'CR' | 'PR' | 'SD' | 'PD';

export interface RecipInput {
  /** PSMA-positive total tumour volume in ml at both scans; null where it could not be measured. */
  readonly baselineMl: number | null;
  readonly currentMl: number | null;
  readonly newLesions: readonly string[];
  readonly notComparable?: readonly string[];
}

export interface RecipOptions {
  /** Fall of the volume that is partial response. Default 0.3. */
  readonly fall?: number;
  /** Rise of the volume that, with a new lesion, is progression. Default 0.2. */
  readonly rise?: number;
}

const CRITERIA = 'RECIP 1.0';
const MEANING: Record<RecipCategory, string> = {
  CR: 'complete response',
  PR: 'partial response',
  SD: 'stable disease',
  PD: 'progressive disease',
};

/** RECIP 1.0 (Gafita et al., J Nucl Med 2022;63:1651): the total volume and new lesions together. */
export function recip(input: RecipInput, options: RecipOptions = {}): Assessment<RecipCategory> {
  const { fall = 0.3, rise = 0.2 } = options;
  const { baselineMl, currentMl, newLesions, notComparable = [] } = input;
  const statements: Statement[] = [];
  const reasons = [
    ...notComparable,
    ...(baselineMl === null ? ['the tumour volume at baseline is not known'] : []),
    ...(currentMl === null ? ['the tumour volume at follow-up is not known'] : []),
    ...(baselineMl === 0 ? ['there is no tumour volume at baseline to compare with'] : []),
  ];
  if (reasons.length > 0 || baselineMl === null || currentMl === null)
    return notAssessable(CRITERIA, reasons);
  const finish = (category: RecipCategory): Assessment<RecipCategory> => ({
    status: 'assessed',
    criteria: CRITERIA,
    category,
    meaning: MEANING[category],
    statements,
    cautions: [],
  });
  const change = changeOf(baselineMl, currentMl);
  const relative = change.relative ?? 0;
  const hasNew = newLesions.length > 0;
  const isGone = currentMl === 0 && !hasNew;
  const [falls, rises] = [atLeast(-relative, fall), atLeast(relative, rise)];
  const volume = `PSMA-positive volume ${changeText(change, 1)} ml`;
  statements.push(
    condition('no uptake is left', isGone, changeValues('volume', change)),
    condition(`${volume}: fall by at least ${asPercent(fall)} %`, falls),
    condition(`${volume}: rise by at least ${asPercent(rise)} %`, rises),
    condition(hasNew ? `new lesions: ${newLesions.join(', ')}` : 'a new lesion', hasNew),
  );
  if (isGone) return finish('CR');
  if (falls && !hasNew) return finish('PR');
  return finish(rises && hasNew ? 'PD' : 'SD');
}
