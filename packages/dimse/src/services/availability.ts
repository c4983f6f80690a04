import type { AssociationInfo, OpenAssociation, Service } from '../association/index.ts';
import { type Attribute, type DataSetReader, encodeDataSet, readDataSet } from '../data-set/index.ts';
import { STATUS } from '../message/status.ts';
import { INSTANCE_AVAILABILITY } from '../uids.ts';
import { normalized } from './normalized.ts';
import { type NormalizedResponse, nCreate } from './normalized-user.ts';
import { type InstanceReference, REFERENCED_SOP_SEQUENCE, referenceItem, referenceOf } from './references.ts';
import { refusal } from './refusal.ts';

/** Instance Availability (0008,0056). */
export type Availability = 'ONLINE' | 'NEARLINE' | 'OFFLINE' | 'UNAVAILABLE';

export interface AvailableInstance extends InstanceReference {
  readonly availability: Availability;
  /** From whom it can be had. */
  readonly retrieveAeTitle: string;
}

/** Instances of one study that can be had (PS3.4 table R.3.2-1). */
export interface AvailabilityNotice {
  readonly studyInstanceUid: string;
  readonly series: readonly {
    readonly seriesInstanceUid: string;
    readonly instances: readonly AvailableInstance[];
  }[];
  /** Procedure steps that made them. */
  readonly procedureSteps: readonly InstanceReference[];
}

const AVAILABILITY = 0x00080056;
const RETRIEVE_AE_TITLE = 0x00080054;
const STUDY_UID = 0x0020000d;
const SERIES_UID = 0x0020000e;
const REFERENCED_SERIES = 0x00081115;
const REFERENCED_STEPS = 0x00081111;
const WORKITEM_CODES = 0x00404019;

/** Instance availability notification as provider (PS3.4 annex R): `received` resolves when the notice is safe. */
export function availabilityNotices(options: {
  received(notice: AvailabilityNotice, association: AssociationInfo): Promise<void>;
}): Service {
  return normalized({
    name: 'instance availability notification',
    abstractSyntaxes: [INSTANCE_AVAILABILITY],
    async create({ dataSet, transferSyntaxUid, association }) {
      if (dataSet === undefined) throw refusal(STATUS.missingAttribute, 'No data set');
      await options.received(noticeOf(readDataSet(dataSet, transferSyntaxUid)), association);
      return { status: STATUS.success };
    },
  });
}

function noticeOf(reader: DataSetReader): AvailabilityNotice {
  const studyInstanceUid = reader.text(STUDY_UID);
  if (!studyInstanceUid) throw refusal(STATUS.missingAttribute, 'No study instance UID');
  return {
    studyInstanceUid,
    series: reader.items(REFERENCED_SERIES).map((series) => ({
      seriesInstanceUid: series.text(SERIES_UID) ?? '',
      instances: series.items(REFERENCED_SOP_SEQUENCE).map((item) => ({
        ...referenceOf(item),
        availability: (item.text(AVAILABILITY) ?? 'ONLINE') as Availability,
        retrieveAeTitle: item.text(RETRIEVE_AE_TITLE) ?? '',
      })),
    })),
    procedureSteps: reader.items(REFERENCED_STEPS).map(referenceOf),
  };
}

/** Tells a peer which instances can be had; each notice is an instance of its own. */
export function notifyAvailability(
  association: OpenAssociation,
  sopInstanceUid: string,
  notice: AvailabilityNotice,
): Promise<NormalizedResponse> {
  const managed = { sopClassUid: INSTANCE_AVAILABILITY, sopInstanceUid };
  return nCreate(association, managed, (syntax) => encodeDataSet(noticeAttributes(notice), syntax));
}

function noticeAttributes({ studyInstanceUid, series, procedureSteps }: AvailabilityNotice): Attribute[] {
  const steps = procedureSteps.map((step) => [
    ...referenceItem(step),
    { tag: WORKITEM_CODES, vr: 'SQ', value: [] },
  ]);
  return [
    { tag: REFERENCED_STEPS, vr: 'SQ', value: steps },
    { tag: STUDY_UID, vr: 'UI', value: studyInstanceUid },
    {
      tag: REFERENCED_SERIES,
      vr: 'SQ',
      value: series.map(({ seriesInstanceUid, instances }) => [
        { tag: SERIES_UID, vr: 'UI', value: seriesInstanceUid },
        {
          tag: REFERENCED_SOP_SEQUENCE,
          vr: 'SQ',
          value: instances.map(({ availability, retrieveAeTitle, ...reference }) => [
            ...referenceItem(reference),
            { tag: AVAILABILITY, vr: 'CS', value: availability },
            { tag: RETRIEVE_AE_TITLE, vr: 'AE', value: retrieveAeTitle },
          ]),
        },
      ]),
    },
  ];
}
