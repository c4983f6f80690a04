import { Dataset } from '../../data/index.ts';
import { objectError } from './errors.ts';

/** One SOP instance with its place in the hierarchy. */
export interface InstanceReference {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** The reference to an instance, from its header. */
export function referenceTo(header: Dataset): InstanceReference {
  const get = (keyword: 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPClassUID' | 'SOPInstanceUID') => {
    const uid = header.text(keyword);
    if (uid === undefined) {
      throw objectError('OBJECT_INPUT_INVALID', 'An instance to be referenced has no identity', {
        where: keyword,
      });
    }
    return uid;
  };
  return {
    studyInstanceUid: get('StudyInstanceUID'),
    seriesInstanceUid: get('SeriesInstanceUID'),
    sopClassUid: get('SOPClassUID'),
    sopInstanceUid: get('SOPInstanceUID'),
  };
}

/** SOP Instance Reference Macro, PS3.3 Table 10-11. */
export function sopReferenceItem(
  reference: Pick<InstanceReference, 'sopClassUid' | 'sopInstanceUid'>,
): Dataset {
  return Dataset.of({
    ReferencedSOPClassUID: reference.sopClassUid,
    ReferencedSOPInstanceUID: reference.sopInstanceUid,
  });
}

/** Distinct references grouped by study and series, in the order of their first appearance. */
export function groupReferences(
  references: readonly InstanceReference[],
): ReadonlyMap<string, ReadonlyMap<string, readonly InstanceReference[]>> {
  const studies = new Map<string, Map<string, InstanceReference[]>>();
  const seen = new Set<string>();
  for (const reference of references) {
    if (seen.has(reference.sopInstanceUid)) continue;
    seen.add(reference.sopInstanceUid);
    const study = studies.get(reference.studyInstanceUid) ?? new Map<string, InstanceReference[]>();
    studies.set(reference.studyInstanceUid, study);
    const series = study.get(reference.seriesInstanceUid);
    if (series === undefined) study.set(reference.seriesInstanceUid, [reference]);
    else series.push(reference);
  }
  return studies;
}

/** Items of Referenced Series Sequence (0008,1115) with the instances under the given sequence. */
export function seriesItems(
  series: ReadonlyMap<string, readonly InstanceReference[]>,
  instanceSequence: 'ReferencedInstanceSequence' | 'ReferencedSOPSequence',
): readonly Dataset[] {
  return [...series].map(([seriesInstanceUid, references]) =>
    Dataset.of({
      SeriesInstanceUID: seriesInstanceUid,
      [instanceSequence]: references.map(sopReferenceItem),
    }),
  );
}

/** Hierarchical SOP Instance Reference Macro, PS3.3 Table C.17-3: study, series, instances. */
export function hierarchicalItems(references: readonly InstanceReference[]): readonly Dataset[] {
  return [...groupReferences(references)].map(([studyInstanceUid, series]) =>
    Dataset.of({
      StudyInstanceUID: studyInstanceUid,
      ReferencedSeriesSequence: seriesItems(series, 'ReferencedSOPSequence'),
    }),
  );
}

/** Reads the Hierarchical SOP Instance Reference Macro back. */
export function readHierarchicalItems(items: readonly Dataset[]): readonly InstanceReference[] {
  return items.flatMap((study) =>
    study.items('ReferencedSeriesSequence').flatMap((series) =>
      [...series.items('ReferencedSOPSequence'), ...series.items('ReferencedInstanceSequence')].map(
        (instance) => ({
          studyInstanceUid: study.text('StudyInstanceUID') ?? '',
          seriesInstanceUid: series.text('SeriesInstanceUID') ?? '',
          sopClassUid: instance.text('ReferencedSOPClassUID') ?? '',
          sopInstanceUid: instance.text('ReferencedSOPInstanceUID') ?? '',
        }),
      ),
    ),
  );
}

/**
 * Common Instance Reference Module, PS3.3 C.12.2: every referenced instance with its series; those of other studies
 * apart.
 */
export function addCommonInstanceReferences(
  object: Dataset,
  studyInstanceUid: string,
  references: readonly InstanceReference[],
): void {
  const studies = groupReferences(references);
  const same = studies.get(studyInstanceUid);
  if (same !== undefined)
    object.set('ReferencedSeriesSequence', seriesItems(same, 'ReferencedInstanceSequence'));
  const others = [...studies].filter(([study]) => study !== studyInstanceUid);
  if (others.length > 0) {
    object.set(
      'StudiesContainingOtherReferencedInstancesSequence',
      others.map(([study, series]) =>
        Dataset.of({
          StudyInstanceUID: study,
          ReferencedSeriesSequence: seriesItems(series, 'ReferencedInstanceSequence'),
        }),
      ),
    );
  }
}

/** Reads the Common Instance Reference Module of an object back. */
export function readCommonInstanceReferences(object: Dataset): readonly InstanceReference[] {
  const study = object.text('StudyInstanceUID') ?? '';
  const of = (studyInstanceUid: string, holder: Dataset) =>
    holder.items('ReferencedSeriesSequence').flatMap((series) =>
      series.items('ReferencedInstanceSequence').map((instance) => ({
        studyInstanceUid,
        seriesInstanceUid: series.text('SeriesInstanceUID') ?? '',
        sopClassUid: instance.text('ReferencedSOPClassUID') ?? '',
        sopInstanceUid: instance.text('ReferencedSOPInstanceUID') ?? '',
      })),
    );
  return [
    ...of(study, object),
    ...object
      .items('StudiesContainingOtherReferencedInstancesSequence')
      .flatMap((other) => of(other.text('StudyInstanceUID') ?? '', other)),
  ];
}
