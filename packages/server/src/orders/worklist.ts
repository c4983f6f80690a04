import { Dataset, parseDataset, writeDataset } from '@photopeak/dicom';
import { associate, find, MODALITY_WORKLIST, serviceContext } from '@photopeak/dimse';
import type { Configuration } from '../config/index.ts';
import type { CodeColumn, Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { readMoment } from '../hl7/index.ts';
import { calledPeer } from '../network/index.ts';
import { short } from '../patients/index.ts';
import { applyOrder } from './apply-order.ts';
import type { OrderContent } from './order.ts';

type WorklistSource = Configuration['worklists'][number];

/** A site schedules fewer steps in the days that are asked for. */
const MOST_ENTRIES = 5_000;
const DAY_MS = 86_400_000;

export interface WorklistContext {
  readonly db: Database;
  readonly configuration: Configuration;
}

/**
 * Asks one modality worklist (PS3.4 annex K) for the steps of the coming days and takes them over as orders. What HL7
 * told of the same numbers is completed, not replaced: a worklist entry has no time of its own.
 * @returns how many entries the worklist has.
 * @throws DimseError where the worklist cannot be asked; the next poll asks again.
 */
export async function pollWorklist(
  { db, configuration }: WorklistContext,
  source: WorklistSource,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const entries: Dataset[] = [];
  for (const modality of source.modalities.length === 0 ? [''] : source.modalities) {
    entries.push(...(await ask(configuration, source, modality, now, signal)));
  }
  for (const entry of entries) {
    const content = readEntry(entry);
    if (content === undefined) continue;
    await db.transaction().execute(async (transaction) => {
      const events = await applyOrder(
        transaction,
        { control: { kind: 'place', isNew: false }, content },
        { source: 'mwl', writtenAt: null, rules: configuration.protocolSuggestions },
      );
      await appendAudit(transaction, events);
    });
  }
  return entries.length;
}

async function ask(
  configuration: Configuration,
  source: WorklistSource,
  modality: string,
  now: Date,
  signal: AbortSignal,
): Promise<Dataset[]> {
  const { peer, identity } = calledPeer(source, configuration.dicom.aeTitle);
  const association = await associate(peer, {
    ...identity,
    contexts: [serviceContext(MODALITY_WORKLIST)],
    signal,
  });
  try {
    const keys = queryKeys(source, modality, now);
    const entries: Dataset[] = [];
    const identifier = (transferSyntaxUid: string) => writeDataset(keys, { transferSyntaxUid });
    for await (const match of find(association, { model: MODALITY_WORKLIST, identifier, signal })) {
      const { transferSyntaxUid } = match;
      entries.push(parseDataset(match.identifier, { transferSyntaxUid }).dataset);
      if (entries.length >= MOST_ENTRIES) break;
    }
    await association.release().catch(() => undefined);
    return entries;
  } catch (error) {
    association.abort();
    throw error;
  }
}

/** Matching and return keys, PS3.4 table K.6-1. */
function queryKeys(source: WorklistSource, modality: string, now: Date): Dataset {
  const last = new Date(now.getTime() + (source.days - 1) * DAY_MS);
  const code = () => Dataset.of({ CodeValue: null, CodingSchemeDesignator: null, CodeMeaning: null });
  return Dataset.of({
    SpecificCharacterSet: 'ISO_IR 192',
    AccessionNumber: null,
    ReferringPhysicianName: null,
    PatientName: null,
    PatientID: null,
    IssuerOfPatientID: null,
    PatientBirthDate: null,
    PatientSex: null,
    PatientSize: null,
    PatientWeight: null,
    StudyInstanceUID: null,
    RequestingPhysician: null,
    RequestedProcedureDescription: null,
    RequestedProcedureCodeSequence: [code()],
    AdmissionID: null,
    ScheduledProcedureStepSequence: [
      Dataset.of({
        Modality: modality === '' ? null : modality,
        ScheduledStationAETitle: source.stationAeTitle ?? null,
        ScheduledProcedureStepStartDate: `${localDate(now)}-${localDate(last)}`,
        ScheduledProcedureStepStartTime: null,
        ScheduledProcedureStepDescription: null,
        ScheduledProcedureStepID: null,
      }),
    ],
    RequestedProcedureID: null,
    RequestedProcedurePriority: null,
    ReasonForTheRequestedProcedure: null,
    PlacerOrderNumberImagingServiceRequest: null,
    FillerOrderNumberImagingServiceRequest: null,
  });
}

function localDate(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
}

const PRIORITIES: Readonly<Record<string, OrderContent['priority']>> = {
  STAT: 'urgent',
  HIGH: 'high',
  MEDIUM: 'routine',
  ROUTINE: 'routine',
  LOW: 'routine',
};

/** A worklist entry as an order; undefined where nothing in it tells it from another. */
function readEntry(entry: Dataset): OrderContent | undefined {
  const [step] = entry.items('ScheduledProcedureStepSequence');
  const text = (key: Parameters<Dataset['text']>[0], of: Dataset | undefined = entry) =>
    short(of?.text(key) ?? '');
  const accessionNumber = text('AccessionNumber');
  const placerNumber = text('PlacerOrderNumberImagingServiceRequest');
  const fillerNumber = text('FillerOrderNumberImagingServiceRequest');
  const id = text('PatientID');
  if (id === '' || (accessionNumber === '' && placerNumber === '' && fillerNumber === '')) return undefined;
  const date = text('ScheduledProcedureStepStartDate', step);
  const time = text('ScheduledProcedureStepStartTime', step).replace(/\..*$/, '').padEnd(6, '0');
  return {
    patient: {
      id,
      issuer: text('IssuerOfPatientID'),
      name: text('PatientName'),
      birthDate: text('PatientBirthDate'),
      sex: text('PatientSex'),
    },
    visitNumber: text('AdmissionID'),
    placerNumber,
    placerIssuer: '',
    fillerNumber,
    fillerIssuer: '',
    accessionNumber,
    accessionIssuer: '',
    requestedProcedureId: text('RequestedProcedureID'),
    scheduledStepId: text('ScheduledProcedureStepID', step),
    studyInstanceUid: text('StudyInstanceUID'),
    modality: text('Modality', step),
    stationAeTitle: text('ScheduledStationAETitle', step),
    bodyPart: '',
    procedureCode: codeOf(entry.items('RequestedProcedureCodeSequence')[0]),
    description: text('RequestedProcedureDescription') || text('ScheduledProcedureStepDescription', step),
    reason: text('ReasonForTheRequestedProcedure'),
    reasonCode: null,
    clinicalInformation: '',
    priority: PRIORITIES[text('RequestedProcedurePriority')],
    scheduledAt: readMoment(`${date}${time}`)?.at ?? null,
    referringPhysician: text('ReferringPhysicianName'),
    orderingPhysician: text('RequestingPhysician'),
    weightKg: positive(entry.number('PatientWeight')),
    sizeM: positive(entry.number('PatientSize')),
  };
}

function codeOf(item: Dataset | undefined): CodeColumn | null {
  const value = short(item?.text('CodeValue') ?? '');
  if (item === undefined || value === '') return null;
  return {
    value,
    scheme: short(item.text('CodingSchemeDesignator') ?? ''),
    meaning: short(item.text('CodeMeaning') ?? value),
  };
}

const positive = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
