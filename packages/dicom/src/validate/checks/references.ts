import { type Dataset, type Keyword, keywordOf, Tag } from '../../data/index.ts';
import { hexTag } from '../../errors/index.ts';
import type { Report } from '../problem.ts';

/** Sequences that list instances, or point to what is no evidence. */
const lists = new Set<number>(
  (
    [
      'ReferencedSeriesSequence',
      'StudiesContainingOtherReferencedInstancesSequence',
      'CurrentRequestedProcedureEvidenceSequence',
      'PertinentOtherEvidenceSequence',
      'PredecessorDocumentsSequence',
      'IdenticalDocumentsSequence',
      'ReferencedStudySequence',
      'ReferencedPatientSequence',
      'ReferencedRequestSequence',
      'ReferencedPerformedProcedureStepSequence',
      'RTReferencedStudySequence',
    ] as const satisfies readonly Keyword[]
  ).map((keyword) => Tag[keyword]),
);

function listedIn(items: readonly Dataset[]): Set<string> {
  const uids = new Set<string>();
  const visit = (dataset: Dataset) => {
    const uid = dataset.text('ReferencedSOPInstanceUID');
    if (uid !== undefined) uids.add(uid);
    for (const element of dataset) for (const item of element.items()) visit(item);
  };
  for (const item of items) visit(item);
  return uids;
}

function* referencesIn(
  dataset: Dataset,
  path = '',
): Generator<{ readonly uid: string; readonly where: string }> {
  for (const element of dataset) {
    if (element.vr !== 'SQ' || lists.has(element.tag)) continue;
    for (const [index, item] of element.items().entries()) {
      const where = `${path}${keywordOf(element.tag) ?? hexTag(element.tag)}[${index + 1}]`;
      const uid = item.text('ReferencedSOPInstanceUID');
      if (uid !== undefined) yield { uid, where };
      yield* referencesIn(item, `${where}.`);
    }
  }
}

/** Each instance is named once in the report of what is missing. */
function reportUnlisted(
  object: Dataset,
  listed: ReadonlySet<string>,
  where: string,
  section: string,
  report: Report,
): void {
  const missing = new Set<string>();
  for (const reference of referencesIn(object)) {
    if (listed.has(reference.uid) || missing.has(reference.uid)) continue;
    missing.add(reference.uid);
    report({
      code: 'REFERENCE_UNLISTED',
      where: reference.where,
      message: `the referenced instance is not listed in ${where}`,
      section,
    });
  }
}

/** Every instance an object points to is in the Common Instance Reference Module. */
export function checkCommonReferences(object: Dataset, report: Report): void {
  const listed = listedIn([
    ...object.items('ReferencedSeriesSequence'),
    ...object.items('StudiesContainingOtherReferencedInstancesSequence'),
  ]);
  reportUnlisted(
    object,
    listed,
    'Common Instance Reference',
    'PS3.3 C.12.2 Common Instance Reference',
    report,
  );
}

/** Every instance a document points to is evidence, of this study or of another, never of both (C.17.2.3). */
export function checkEvidence(object: Dataset, report: Report): void {
  const section = 'PS3.3 C.17.2.3 Evidence';
  const current = listedIn(object.items('CurrentRequestedProcedureEvidenceSequence'));
  const other = listedIn(object.items('PertinentOtherEvidenceSequence'));
  reportUnlisted(object, new Set([...current, ...other]), 'the evidence sequences', section, report);
  if ([...current].some((uid) => other.has(uid))) {
    report({
      code: 'REFERENCE_CONTRADICTORY',
      where: 'PertinentOtherEvidenceSequence',
      message: 'an instance is evidence of this request and of another one',
      section,
    });
  }
}
