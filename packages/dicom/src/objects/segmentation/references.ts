import { Dataset, Element } from '../../data/index.ts';

/** What a reference has to say now. */
export interface ReferenceChange {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** For segmentations that were converted. */
  segmentOf?(number: number): number;
  framesOf?(frame: number, segment: number | undefined): readonly number[];
}

/** The instances that a data set refers to, in its sequences at any depth (SOP Instance Reference Macro). */
export function referencedInstances(dataset: Dataset, found = new Set<string>()): Set<string> {
  for (const element of dataset) {
    for (const item of element.items()) {
      const uid = item.text('ReferencedSOPInstanceUID');
      if (uid !== undefined) found.add(uid);
      referencedInstances(item, found);
    }
  }
  return found;
}

/**
 * A copy of a data set whose references to some instances say something else: SOP class and instance, and, of
 * segmentations, the numbers of segments and frames. What refers to nothing else is shared with the original.
 */
export function changeReferences(
  dataset: Dataset,
  changeOf: (sopInstanceUid: string) => ReferenceChange | undefined,
): Dataset {
  const copy = new Dataset();
  for (const element of dataset) {
    if (element.content.kind !== 'items') {
      copy.setElement(element);
      continue;
    }
    const items = element.items().map((item) => changeReferences(item, changeOf));
    copy.setElement(new Element(element.tag, element.vr, { kind: 'items', items: () => items }));
  }
  const change = changeOf(dataset.text('ReferencedSOPInstanceUID') ?? '');
  if (change === undefined) return copy;
  copy.set('ReferencedSOPInstanceUID', change.sopInstanceUid);
  if (copy.has('ReferencedSOPClassUID')) copy.set('ReferencedSOPClassUID', change.sopClassUid);
  const segments = dataset.numbers('ReferencedSegmentNumber');
  if (change.segmentOf !== undefined && segments.length > 0)
    copy.set('ReferencedSegmentNumber', segments.map(change.segmentOf));
  const frames = dataset.numbers('ReferencedFrameNumber');
  if (change.framesOf !== undefined && frames.length > 0) {
    const [segment] = segments;
    const moved = frames.flatMap((frame) => change.framesOf!(frame, segment));
    if (moved.length > 0) copy.set('ReferencedFrameNumber', [...new Set(moved)]);
    else copy.delete('ReferencedFrameNumber');
  }
  return copy;
}
