import {
  addEvidence,
  type ContentItem,
  codeValue,
  Dataset,
  dcm,
  groupItem,
  type MeasurementGroup,
  readDocumentContent,
  referencesOf,
  sameCode,
  sct,
  textValue,
  writeContent,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Decision } from '../api/contract.ts';
import { siteCode } from './sites.ts';

export interface Attestation {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number;
  /** Person Name (PN). */
  readonly observerName: string;
  readonly organization: string;
  /** UTC instant of the signature. */
  readonly at: Date;
}

/** What is new in the signed report. */
export interface Changes {
  /** Groups of uptake that the AI set aside and a reader added. */
  readonly added: readonly MeasurementGroup[];
  /** Sums over what stands, for the group of the same Tracking UID; where nothing is removed or added it stays. */
  readonly totals?: MeasurementGroup | undefined;
}

/**
 * The signed report, derived from the AI's: a new document (PS3.3 C.17.2, a document is never changed) with
 * VERIFIED, the verifying observer, the AI's report as its predecessor, the reader among the observers; rejected
 * groups are left out, modified ones carry the reader's name and site, added ones follow the others and name the
 * reader as their observer, and the sums are those of what stands. Everything else stays as the AI wrote it.
 */
export function deriveSignedReport(
  draft: Dataset,
  decisions: readonly Decision[],
  attestation: Attestation,
  changes: Changes = { added: [] },
): Dataset {
  const report = new Dataset();
  for (const element of draft) report.setElement(element);
  const { date, time } = dicomParts(attestation.at);
  report.set('SOPInstanceUID', attestation.sopInstanceUid);
  report.set('SeriesInstanceUID', attestation.seriesInstanceUid);
  report.set('SeriesNumber', attestation.seriesNumber);
  report.set('SeriesDescription', 'Signed measurement report');
  report.set('InstanceNumber', 1);
  report.set('ContentDate', date);
  report.set('ContentTime', time);
  for (const keyword of ['InstanceCreationDate', 'SeriesDate'] as const)
    if (draft.has(keyword)) report.set(keyword, date);
  for (const keyword of ['InstanceCreationTime', 'SeriesTime'] as const)
    if (draft.has(keyword)) report.set(keyword, time);
  report.set('CompletionFlag', 'COMPLETE');
  report.set('VerificationFlag', 'VERIFIED');
  report.set('PreliminaryFlag', 'FINAL');
  report.set('VerifyingObserverSequence', [
    Dataset.of({
      VerifyingOrganization: attestation.organization,
      VerificationDateTime: `${date}${time}+0000`,
      VerifyingObserverName: attestation.observerName,
      VerifyingObserverIdentificationCodeSequence: null,
    }),
  ]);
  report.set('PredecessorDocumentsSequence', [predecessorOf(draft)]);
  writeContent(report, reviewedContent(readDocumentContent(draft), decisions, attestation, changes));
  addEvidence(report, changes.added.flatMap(referencesOf));
  return report;
}

/** Hierarchical SOP Instance Reference Macro, PS3.3 Table C.17-3. */
function predecessorOf(draft: Dataset): Dataset {
  const required = (keyword: 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPClassUID' | 'SOPInstanceUID') => {
    const value = draft.text(keyword);
    if (value !== undefined) return value;
    throw new PhotopeakError('the draft report lacks an identifier', {
      code: 'REVIEW_NO_REPORT',
      expected: keyword,
    });
  };
  return Dataset.of({
    StudyInstanceUID: required('StudyInstanceUID'),
    ReferencedSeriesSequence: [
      Dataset.of({
        SeriesInstanceUID: required('SeriesInstanceUID'),
        ReferencedSOPSequence: [
          Dataset.of({
            ReferencedSOPClassUID: required('SOPClassUID'),
            ReferencedSOPInstanceUID: required('SOPInstanceUID'),
          }),
        ],
      }),
    ],
  });
}

function reviewedContent(
  root: ContentItem,
  decisions: readonly Decision[],
  attestation: Attestation,
  { added, totals }: Changes,
): ContentItem {
  const byFinding = new Map(decisions.map((decision) => [decision.findingId, decision]));
  const decided = (group: ContentItem): ContentItem | undefined => {
    const id = childText(group, dcm.trackingUniqueIdentifier);
    if (totals !== undefined && id === totals.trackingUid) return groupItem(totals);
    const decision = id === undefined ? undefined : byFinding.get(id);
    if (decision?.action === 'reject') return undefined;
    return decision?.action === 'modify' ? modified(group, decision) : group;
  };
  const additions = added.flatMap((group) => decided(groupItem(group)) ?? []);
  const reviewed = withAdditions(mapGroups(root, decided), additions);
  // TID 1001: observers stand together; the reader comes after the last item of observation context.
  const last = reviewed.children.findLastIndex((child) => child.relationship === 'HAS OBS CONTEXT');
  const person: ContentItem[] = [
    codeValue('HAS OBS CONTEXT', dcm.observerType, dcm.person),
    textValue('HAS OBS CONTEXT', dcm.personObserverName, attestation.observerName, 'PNAME'),
    textValue('HAS OBS CONTEXT', dcm.personObserverOrganization, attestation.organization),
  ];
  return { ...reviewed, children: reviewed.children.toSpliced(last + 1, 0, ...person) };
}

/** Puts groups with a region after those that are there, before the groups about the whole study. */
function withAdditions(root: ContentItem, additions: readonly ContentItem[]): ContentItem {
  if (additions.length === 0) return root;
  const children = root.children.map((child) => {
    if (!sameCode(child.name, dcm.imagingMeasurements)) return child;
    const last = child.children.findLastIndex(
      (group) => group.type === 'CONTAINER' && (group.template === '1411' || group.template === '1410'),
    );
    return { ...child, children: child.children.toSpliced(last + 1, 0, ...additions) };
  });
  return { ...root, children };
}

function mapGroups(item: ContentItem, change: (group: ContentItem) => ContentItem | undefined): ContentItem {
  const children = item.children.flatMap((child) => {
    const isGroup = child.type === 'CONTAINER' && sameCode(child.name, dcm.measurementGroup);
    const kept = isGroup ? change(child) : mapGroups(child, change);
    return kept === undefined ? [] : [kept];
  });
  return { ...item, children };
}

function modified(group: ContentItem, decision: Decision): ContentItem {
  const site = decision.site === null ? undefined : siteCode(decision.site);
  let children: readonly ContentItem[] = group.children.map((child) =>
    decision.name !== null && child.type === 'TEXT' && sameCode(child.name, dcm.trackingIdentifier)
      ? { ...child, value: decision.name }
      : child,
  );
  if (site !== undefined) {
    const old = children.findIndex((child) => sameCode(child.name, sct.findingSite));
    const item = codeValue('HAS CONCEPT MOD', sct.findingSite, site);
    const rest = children.filter((child) => !sameCode(child.name, sct.findingSite));
    children = rest.toSpliced(old < 0 ? positionAfterTracking(rest) : old, 0, item);
  }
  return { ...group, children };
}

function positionAfterTracking(children: readonly ContentItem[]): number {
  return (
    1 +
    children.findLastIndex(
      (child) => child.relationship === 'HAS OBS CONTEXT' || sameCode(child.name, dcm.finding),
    )
  );
}

function childText(item: ContentItem, name: (typeof dcm)[keyof typeof dcm]): string | undefined {
  const child = item.children.find((candidate) => sameCode(candidate.name, name));
  return child !== undefined && 'value' in child && typeof child.value === 'string' ? child.value : undefined;
}

function dicomParts(at: Date): { date: string; time: string } {
  const text = at.toISOString();
  return { date: text.slice(0, 10).replaceAll('-', ''), time: text.slice(11, 19).replaceAll(':', '') };
}
