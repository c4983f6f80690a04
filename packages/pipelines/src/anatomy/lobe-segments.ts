import { LOBE_LABELS, type LobeName, type LobeReport } from '@photopeak/analysis';
import {
  type Algorithm,
  buildSegmentation,
  type Code,
  type Dataset,
  type ObjectContext,
  sct,
} from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import type { Source } from '../objects/index.ts';

export const LOBES_ALGORITHM = 'CT lobes of the lungs by their fissures';

const CODES: Readonly<Record<LobeName, Code>> = {
  lobeRightUpper: sct.lungUpperRight,
  lobeRightMiddle: sct.lungMiddleRight,
  lobeRightLower: sct.lungLowerRight,
  lobeLeftUpper: sct.lungUpperLeft,
  lobeLeftLower: sct.lungLowerLeft,
};

/** How a lobe is called and coded in objects, SNOMED CT. */
export const codedLobe = (name: LobeName): { readonly label: string; readonly type: Code } => ({
  label: CODES[name].meaning,
  type: CODES[name],
});

/**
 * The SEG of the lobes: an object of its own, since a label map of the anatomy has the lungs in their place. `labels`
 * are `LOBE_LABELS` on the grid of the CT; `lobes` those that were found, one at least.
 */
export function lobesSegmentation(
  context: ObjectContext,
  ct: Source,
  labels: Volume,
  lobes: readonly LobeReport[],
  algorithm: Algorithm,
  encoding: 'binary' | 'labelmap',
): Dataset {
  return buildSegmentation({
    context,
    source: ct.images,
    segments: lobes.map(({ name, findings }) => ({
      ...codedLobe(name),
      ...(findings.length === 0 ? {} : { description: findings.join('; ') }),
      algorithmType: 'AUTOMATIC',
      algorithm,
    })),
    pixels: { kind: 'labels', labels, values: lobes.map(({ name }) => LOBE_LABELS[name]) },
    encoding,
    label: 'LUNG_LOBES',
    description: 'Lobes of the lungs by the fissures that CT shows',
  });
}
