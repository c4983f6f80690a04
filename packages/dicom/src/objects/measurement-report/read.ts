import { type Code, dcm, sameCode, sct } from '../../codes/index.ts';
import type { Dataset } from '../../data/index.ts';
import { type InstanceReference, readCode, readHierarchicalItems } from '../common/index.ts';
import {
  type ContentItem,
  childOf,
  childrenOf,
  type ItemOf,
  readDocumentContent,
  walk,
} from '../sr/index.ts';
import type { FindingSite, Measurement, Observer } from './content.ts';
import { readTimePoint, TIME_POINT_CONCEPTS, type TimePointContext } from './time-point.ts';

/** The region a group points to, as found; several in reports that break the rule of one kind per group. */
export type ReadRegion =
  | { readonly kind: 'segment'; readonly sopInstanceUid: string; readonly segments: readonly number[] }
  | {
      readonly kind: 'segmentationFrame';
      readonly sopInstanceUid: string;
      readonly frames: readonly number[];
      readonly segments: readonly number[];
    }
  | {
      readonly kind: 'image';
      readonly sopInstanceUid: string | undefined;
      readonly graphicType: string;
      readonly points: readonly number[];
    }
  | {
      readonly kind: 'space';
      readonly frameOfReferenceUid: string;
      readonly graphicType: string;
      readonly points: readonly number[];
    };

export interface ReadMeasurement extends Omit<Measurement, 'unit'> {
  readonly unit?: Code;
}

export interface ReadGroup {
  /** Template as declared, e.g. `1411`. */
  readonly template?: string;
  readonly trackingId?: string;
  readonly trackingUid?: string;
  /** When in a series of examinations, where the group says so. */
  readonly timePoint?: TimePointContext;
  /** Who observed this, where the group says so itself. */
  readonly observer?: Observer;
  readonly findingCategory?: Code;
  readonly finding?: Code;
  readonly sites: readonly FindingSite[];
  readonly algorithm?: {
    readonly name: string;
    readonly version?: string;
    readonly parameters: readonly string[];
  };
  readonly regions: readonly ReadRegion[];
  readonly sourceSeriesUids: readonly string[];
  readonly sourceImageUids: readonly string[];
  readonly measurements: readonly ReadMeasurement[];
  /** Coded and textual statements that are none of the above. */
  readonly evaluations: readonly { readonly name: Code; readonly value: Code | string }[];
}

export interface ReadReport {
  readonly title: Code | undefined;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly completion: string | undefined;
  readonly isVerified: boolean;
  readonly isPreliminary: boolean | undefined;
  readonly verifications: readonly {
    readonly observerName: string;
    readonly organization: string;
    readonly dateTime: string;
    readonly observerCode?: Code;
  }[];
  readonly predecessors: readonly InstanceReference[];
  readonly evidence: readonly InstanceReference[];
  readonly observers: readonly Observer[];
  readonly proceduresReported: readonly Code[];
  readonly imageLibrary: readonly string[];
  readonly groups: readonly ReadGroup[];
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

function textOf(item: ContentItem, ...names: readonly Code[]): string | undefined {
  const found = childOf(item, ['TEXT', 'UIDREF', 'PNAME'], ...names);
  return found?.value;
}

/** Observer items stand one after the other; each Observer Type starts a new observer (TID 1001). */
function readObservers(root: ContentItem): readonly Observer[] {
  const runs: ContentItem[][] = [];
  for (const child of root.children) {
    if (child.relationship !== 'HAS OBS CONTEXT') continue;
    const starts = child.type === 'CODE' && sameCode(child.name, dcm.observerType);
    const last = runs.at(-1);
    if (starts || last === undefined) runs.push([child]);
    else last.push(child);
  }
  return runs.flatMap((children): Observer[] => {
    const run = { ...root, children };
    const name = textOf(run, dcm.personObserverName);
    if (name !== undefined) {
      const organization = textOf(run, dcm.personObserverOrganization);
      return [{ kind: 'person', name, ...optional('organization', organization) }];
    }
    const uid = textOf(run, dcm.deviceObserverUid);
    if (uid === undefined) return [];
    return [
      {
        kind: 'device',
        uid,
        ...optional('name', textOf(run, dcm.deviceObserverName)),
        ...optional('manufacturer', textOf(run, dcm.deviceObserverManufacturer)),
        ...optional('model', textOf(run, dcm.deviceObserverModelName)),
        ...optional('serialNumber', textOf(run, dcm.deviceObserverSerialNumber)),
      },
    ];
  });
}

function readSite(item: ItemOf<'CODE'>): FindingSite {
  return {
    site: item.value,
    ...optional('laterality', childOf(item, 'CODE', sct.laterality)?.value),
    ...optional('modifier', childOf(item, 'CODE', sct.topographicalModifier)?.value),
  };
}

function readRegions(group: ContentItem): readonly ReadRegion[] {
  const regions: ReadRegion[] = [];
  for (const { item } of walk(group)) {
    if (item.type === 'SCOORD') {
      const from = childOf(item, 'IMAGE')?.reference.sopInstanceUid;
      const { graphicType, points } = item;
      regions.push({ kind: 'image', sopInstanceUid: from, graphicType, points });
    } else if (item.type === 'SCOORD3D') {
      const { graphicType, points, frameOfReferenceUid } = item;
      regions.push({ kind: 'space', frameOfReferenceUid, graphicType, points });
    } else if (item.type === 'IMAGE') {
      const { sopInstanceUid, frames = [], segments = [] } = item.reference;
      if (sameCode(item.name, dcm.referencedSegmentationFrame)) {
        regions.push({ kind: 'segmentationFrame', sopInstanceUid, frames, segments });
      } else if (sameCode(item.name, dcm.referencedSegment)) {
        regions.push({ kind: 'segment', sopInstanceUid, segments });
      }
    }
  }
  return regions;
}

/** A number that is empty or has no name says nothing and is left out, unless a qualifier explains it. */
function readMeasurement(item: ItemOf<'NUM'>): readonly ReadMeasurement[] {
  if (item.name === undefined || (item.value === undefined && item.qualifier === undefined)) return [];
  return [
    {
      name: item.name,
      ...optional('value', item.value),
      ...optional('unit', item.unit),
      ...optional('qualifier', item.qualifier),
      ...optional('derivation', childOf(item, 'CODE', dcm.derivation)?.value),
      ...optional('method', childOf(item, 'CODE', sct.measurementMethod)?.value),
    },
  ];
}

const structural: readonly Code[] = [
  sct.findingCategory,
  dcm.finding,
  sct.findingSite,
  dcm.trackingIdentifier,
  dcm.trackingUniqueIdentifier,
  dcm.algorithmName,
  dcm.algorithmVersion,
  dcm.algorithmManufacturer,
  dcm.algorithmParameters,
  dcm.algorithmFamily,
  dcm.observerType,
  dcm.personObserverOrganization,
  dcm.deviceObserverName,
  dcm.deviceObserverManufacturer,
  dcm.deviceObserverModelName,
  dcm.deviceObserverSerialNumber,
  ...TIME_POINT_CONCEPTS,
];

function readAlgorithm(group: ContentItem): ReadGroup['algorithm'] {
  const name = textOf(group, dcm.algorithmName);
  if (name === undefined) return undefined;
  return {
    name,
    ...optional('version', textOf(group, dcm.algorithmVersion)),
    parameters: childrenOf(group, 'TEXT', dcm.algorithmParameters).map((item) => item.value),
  };
}

function readGroup(group: ItemOf<'CONTAINER'>): ReadGroup {
  const isStructural = (name: Code | undefined) => structural.some((code) => sameCode(code, name));
  return {
    ...optional('template', group.template),
    ...optional('trackingId', textOf(group, dcm.trackingIdentifier)),
    ...optional('trackingUid', textOf(group, dcm.trackingUniqueIdentifier)),
    ...optional('timePoint', readTimePoint(group)),
    ...optional('observer', readObservers(group)[0]),
    ...optional('findingCategory', childOf(group, 'CODE', sct.findingCategory)?.value),
    ...optional('finding', childOf(group, 'CODE', dcm.finding)?.value),
    sites: childrenOf(group, 'CODE', sct.findingSite).map(readSite),
    ...optional('algorithm', readAlgorithm(group)),
    regions: readRegions(group),
    sourceSeriesUids: childrenOf(group, 'UIDREF', dcm.sourceSeriesForSegmentation).map((item) => item.value),
    sourceImageUids: childrenOf(group, 'IMAGE', dcm.sourceImageForSegmentation).map(
      (item) => item.reference.sopInstanceUid,
    ),
    measurements: childrenOf(group, 'NUM')
      .filter(({ name }) => !isStructural(name))
      .flatMap(readMeasurement),
    evaluations: childrenOf(group, ['CODE', 'TEXT']).flatMap((item) =>
      item.name === undefined || isStructural(item.name) ? [] : [{ name: item.name, value: item.value }],
    ),
  };
}

/**
 * Reads a measurement report of any writer: groups are found wherever they stand in the tree and by their name, with
 * or without declared templates, in SCT or SRT codes.
 */
export function readMeasurementReport(document: Dataset): ReadReport {
  const root = readDocumentContent(document);
  const all = [...walk(root)].map(({ item }) => item);
  const groups = all.filter(
    (item): item is ItemOf<'CONTAINER'> =>
      item.type === 'CONTAINER' && sameCode(item.name, dcm.measurementGroup),
  );
  const preliminary = document.text('PreliminaryFlag');
  return {
    title: root.name,
    sopInstanceUid: document.text('SOPInstanceUID') ?? '',
    studyInstanceUid: document.text('StudyInstanceUID') ?? '',
    completion: document.text('CompletionFlag'),
    isVerified: document.text('VerificationFlag') === 'VERIFIED',
    isPreliminary: preliminary === undefined ? undefined : preliminary === 'PRELIMINARY',
    verifications: document.items('VerifyingObserverSequence').map((item) => ({
      observerName: item.text('VerifyingObserverName') ?? '',
      organization: item.text('VerifyingOrganization') ?? '',
      dateTime: item.text('VerificationDateTime') ?? '',
      ...optional('observerCode', readCode(item, 'VerifyingObserverIdentificationCodeSequence')),
    })),
    predecessors: readHierarchicalItems(document.items('PredecessorDocumentsSequence')),
    evidence: readHierarchicalItems([
      ...document.items('CurrentRequestedProcedureEvidenceSequence'),
      ...document.items('PertinentOtherEvidenceSequence'),
    ]),
    observers: readObservers(root),
    proceduresReported: childrenOf(root, 'CODE', dcm.procedureReported).map((item) => item.value),
    imageLibrary: all
      .filter((item) => item.type === 'CONTAINER' && sameCode(item.name, dcm.imageLibrary))
      .flatMap((library) => [...walk(library)])
      .flatMap(({ item }) => (item.type === 'IMAGE' ? [item.reference.sopInstanceUid] : [])),
    groups: groups.map(readGroup),
  };
}
