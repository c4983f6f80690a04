import type { Dataset } from '../../data/index.ts';
import { hierarchicalItems, type InstanceReference, readHierarchicalItems } from '../common/index.ts';

/**
 * Evidence, PS3.3 C.17.2.3: adds instances to those that the document lists, those of its study apart from those of
 * others, each once.
 */
export function addEvidence(object: Dataset, references: readonly InstanceReference[]): void {
  const study = object.text('StudyInstanceUID');
  for (const [sequence, isOfStudy] of [
    ['CurrentRequestedProcedureEvidenceSequence', true],
    ['PertinentOtherEvidenceSequence', false],
  ] as const) {
    const added = references.filter((reference) => (reference.studyInstanceUid === study) === isOfStudy);
    if (added.length === 0) continue;
    object.set(sequence, hierarchicalItems([...readHierarchicalItems(object.items(sequence)), ...added]));
  }
}
