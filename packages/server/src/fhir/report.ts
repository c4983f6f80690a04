import type { Device, DiagnosticReport, Observation, Task } from 'fhir/r4.js';
import { measurementCode, type ReportContent, type ToldFinding } from '../delivery/messages/content.ts';
import { PRIORITY } from './imaging-study.ts';
import {
  concept,
  dicomDate,
  FINDING_SYSTEM,
  type Link,
  orderIdentifier,
  PHOTOPEAK,
  patientReference,
  quantity,
  RUN_SYSTEM,
  studyIdentifier,
} from './terms.ts';

const CATEGORY = [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'imaging' }] },
];
const AI_NOTICE = 'Result of software; a draft until a qualified person has decided on it.';

export interface ReportResources {
  readonly report: DiagnosticReport;
  readonly observations: readonly Observation[];
  readonly task: Task;
}

/** Ids of the resources of a run on this node: they derive from the run, so that a repeat is the same resource. */
export const observationId = (runId: string, finding: number, measurement?: number): string =>
  measurement === undefined ? `${runId}.${finding}` : `${runId}.${finding}.${measurement}`;

/**
 * DiagnosticReport, Observations and Task of a run. Preliminary until a person has signed; then final, what was
 * rejected cancelled. Each finding is an Observation whose members are its measurements. `corrects`: the run whose signed report
 * this one takes the place of; it keeps that identifier, so that a server changes the report that it has.
 */
export function reportResources(content: ReportContent, link: Link, corrects?: string): ReportResources {
  const observations = content.findings.flatMap((finding, index) =>
    findingObservations(content, finding, index + 1, link),
  );
  const told = content.findings.flatMap((finding, index) =>
    finding.isRejected ? [] : [{ reference: link('Observation', observationId(content.runId, index + 1)) }],
  );
  const subject = patientReference(content.patient);
  const study = {
    reference: link('ImagingStudy', content.study.uid),
    identifier: studyIdentifier(content.study.uid),
  };
  const issued = content.signature?.at ?? content.run.endedAt ?? content.at;
  const effective = dicomDate(content.study.date);
  const { order } = content;
  const accession = content.study.accessionNumber || order?.accessionNumber || '';
  const report: DiagnosticReport = {
    resourceType: 'DiagnosticReport',
    id: content.runId,
    meta: { lastUpdated: issued.toISOString() },
    identifier: [
      ...(corrects === undefined ? [] : [{ system: RUN_SYSTEM, value: corrects }]),
      { system: RUN_SYSTEM, value: content.runId },
      ...(accession === '' ? [] : [orderIdentifier('ACSN', accession, '')]),
    ],
    status: content.stage === 'draft' ? 'preliminary' : corrects === undefined ? 'final' : 'corrected',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD' }] }],
    code:
      order?.procedureCode == null
        ? {
            coding: [{ system: 'http://loinc.org', code: '18748-4', display: 'Diagnostic imaging study' }],
            text: content.study.description || content.pipeline.title,
          }
        : concept(order.procedureCode),
    subject,
    ...(effective === undefined ? {} : { effectiveDateTime: effective }),
    issued: issued.toISOString(),
    ...(content.signature === undefined ? {} : { resultsInterpreter: [{ display: content.signature.by }] }),
    imagingStudy: [study],
    ...(told.length === 0 ? {} : { result: told }),
    conclusion:
      content.stage === 'signed' ? `${told.length} findings` : `${told.length} findings. ${AI_NOTICE}`,
  };
  return { report, observations, task: runTask(content, link) };
}

function findingObservations(
  content: ReportContent,
  finding: ToldFinding,
  number: number,
  link: Link,
): Observation[] {
  const { runId } = content;
  const status = finding.isRejected ? 'cancelled' : content.stage === 'signed' ? 'final' : 'preliminary';
  const effective = dicomDate(content.study.date);
  const common = {
    resourceType: 'Observation' as const,
    meta: { lastUpdated: (content.signature?.at ?? content.run.endedAt ?? content.at).toISOString() },
    status,
    category: CATEGORY,
    subject: patientReference(content.patient),
    ...(effective === undefined ? {} : { effectiveDateTime: effective }),
    contained: [device(content)],
    device: { reference: '#algorithm' },
    derivedFrom: [
      { reference: link('ImagingStudy', content.study.uid), identifier: studyIdentifier(content.study.uid) },
    ],
    ...(content.stage === 'draft' ? { note: [{ text: AI_NOTICE }] } : {}),
  } satisfies Partial<Observation>;
  const site = finding.site === null ? {} : { bodySite: { text: finding.site } };
  const members = finding.measurements.map(
    (measurement, index): Observation => ({
      ...common,
      ...site,
      id: observationId(runId, number, index + 1),
      identifier: [{ system: FINDING_SYSTEM, value: `${runId}.${number}.${index + 1}` }],
      code: concept(measurementCode(measurement)),
      ...(measurement.derivation === null ? {} : { method: { text: measurement.derivation } }),
      valueQuantity: quantity(measurement.value, measurement.unit),
    }),
  );
  return [
    ...members,
    {
      ...common,
      ...site,
      id: observationId(runId, number),
      identifier: [
        { system: FINDING_SYSTEM, value: `${runId}.${number}` },
        { system: 'urn:dicom:uid', value: `urn:oid:${finding.id}` },
      ],
      code: { ...concept({ value: '121071', scheme: 'DCM', meaning: 'Finding' }) },
      valueString: finding.name,
      ...(members.length === 0
        ? {}
        : {
            hasMember: members.map((_, index) => ({
              reference: link('Observation', observationId(runId, number, index + 1)),
            })),
          }),
    },
  ];
}

function device(content: ReportContent): Device {
  const { pipeline } = content;
  return {
    resourceType: 'Device',
    id: 'algorithm',
    deviceName: [{ name: pipeline.title, type: 'model-name' }],
    version: [{ value: pipeline.version }],
    identifier: [{ system: `${PHOTOPEAK}:pipeline`, value: `${pipeline.name}@${pipeline.version}` }],
  };
}

const TASK_STATUS = {
  queued: 'accepted',
  running: 'in-progress',
  packaged: 'completed',
  delivered: 'completed',
  failed: 'failed',
} as const;

/** The run as a Task: what is done to which study, how far it is, what came out. */
export function runTask(content: ReportContent, link: Link): Task {
  const { run, runId, pipeline, study } = content;
  const isDone = run.state === 'packaged' || run.state === 'delivered';
  const modified = run.endedAt ?? run.startedAt ?? run.queuedAt;
  return {
    resourceType: 'Task',
    id: runId,
    meta: { lastUpdated: modified.toISOString() },
    identifier: [{ system: RUN_SYSTEM, value: runId }],
    status: TASK_STATUS[run.state],
    ...(run.error === null ? {} : { statusReason: { text: run.error } }),
    intent: 'order',
    priority: PRIORITY[study.priority],
    code: { coding: [{ system: `${PHOTOPEAK}:pipeline`, code: pipeline.name, display: pipeline.title }] },
    description: `${pipeline.title} ${pipeline.version}`,
    focus: { reference: link('ImagingStudy', study.uid), identifier: studyIdentifier(study.uid) },
    for: patientReference(content.patient),
    executionPeriod: {
      ...(run.startedAt === null ? {} : { start: run.startedAt.toISOString() }),
      ...(run.endedAt === null ? {} : { end: run.endedAt.toISOString() }),
    },
    authoredOn: run.queuedAt.toISOString(),
    lastModified: modified.toISOString(),
    ...(study.priorityReason === '' ? {} : { reasonCode: { text: study.priorityReason } }),
    ...(isDone
      ? {
          output: [
            {
              type: { text: 'report' },
              valueReference: { reference: link('DiagnosticReport', runId) },
            },
          ],
        }
      : {}),
  };
}

/** Asks a reading list to read a study sooner, and says why. */
export function priorityTask(content: Pick<ReportContent, 'study' | 'patient'>): Task {
  const { study, patient } = content;
  return {
    resourceType: 'Task',
    identifier: [{ system: `${PHOTOPEAK}:priority`, value: study.uid }],
    status: 'requested',
    intent: 'proposal',
    priority: PRIORITY[study.priority],
    code: { text: 'Read study' },
    focus: { type: 'ImagingStudy', identifier: studyIdentifier(study.uid) },
    for: patientReference(patient),
    ...(study.priorityReason === '' ? {} : { reasonCode: { text: study.priorityReason } }),
  };
}
