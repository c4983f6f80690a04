import { type FieldContent, hl7Time, type SegmentContent, writeMessage } from '../../hl7/index.ts';
import { measurementCode, type ReportContent, type ToldFinding } from '../messages/content.ts';

/** Who sends to whom, and under which control id: the same for every repeat of a message. */
export interface Envelope {
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  readonly characterSet: string;
  readonly controlId: string;
  readonly at: Date;
}

/** HL7 tables 0085 and 0123. F and C only for what a person signed. */
export type ResultStatus = 'P' | 'F' | 'C';

const AI_NOTICE = 'Result of software, not verified by a person.';

/**
 * ORU^R01 2.5.1 about a run: preliminary while nobody has signed, final when a reader has, corrected when the study
 * was signed before. Each finding is a group of observations under one sub-id (OBX-4); what the reader rejected is
 * deleted (status D), and so is what only `before` has: the report of another run that this one takes the place of.
 * @throws TypeError if a draft were to be sent as anything but preliminary.
 */
export function writeReport(
  content: ReportContent,
  status: ResultStatus,
  envelope: Envelope,
  before?: ReportContent,
): string {
  if ((status === 'P') !== (content.stage === 'draft')) throw new TypeError('only signed results are final');
  const { study, order, pipeline, signature, at } = content;
  const signer = signature === undefined ? undefined : xcn(signature.by);
  const observations = observationsOf(content, status, before);
  return writeMessage([
    messageHeader(envelope, ['ORU', 'R01', 'ORU_R01']),
    patientSegment(content),
    {
      name: 'ORC',
      fields: { 1: 'RE', ...orderNumbers(content), 5: status === 'P' ? 'IP' : 'CM' },
    },
    {
      name: 'OBR',
      fields: {
        1: '1',
        ...orderNumbers(content),
        4: procedure(content),
        7: localTime(study.date, study.time),
        13: order?.clinicalInformation,
        18: study.accessionNumber || order?.accessionNumber,
        19: order?.requestedProcedureId,
        22: hl7Time(signature?.at ?? at),
        24: 'RAD',
        25: status,
        31: order?.reason === undefined || order.reason === '' ? undefined : ['', order.reason],
        32: signer === undefined ? undefined : [signer.filter((part) => part !== '')],
      },
    },
    ...(status === 'P' ? [{ name: 'NTE', fields: { 1: '1', 3: AI_NOTICE } }] : []),
    ...observations.map(
      (observation, index): SegmentContent => ({
        name: 'OBX',
        fields: {
          ...observation,
          1: String(index + 1),
          14: hl7Time(at),
          16: signer,
          17: [pipeline.name, `${pipeline.title} ${pipeline.version}`, '99PHOTOPEAK'],
        },
      }),
    ),
  ]);
}

type Observation = Readonly<Record<number, FieldContent | undefined>>;

function observationsOf(
  content: ReportContent,
  status: ResultStatus,
  before: ReportContent | undefined,
): Observation[] {
  const told = content.findings.filter((finding) => !finding.isRejected);
  const summary = told.length === 1 ? '1 finding' : `${told.length} findings`;
  const groups = groupsOf(content, status);
  const present = new Set(groups.map(nameOf));
  const gone =
    before === undefined ? [] : groupsOf(before, status).filter((row) => !present.has(nameOf(row)));
  return [
    { 2: 'ST', 3: ['113014', 'DICOM Study', 'DCM'], 5: content.study.uid, 11: 'O' },
    { 2: 'TX', 3: ['59776-5', 'Procedure findings', 'LN'], 5: summary, 11: status },
    ...groups,
    ...gone.map((row): Observation => ({ ...row, 5: undefined, 11: 'D' })),
  ];
}

function groupsOf({ findings }: ReportContent, status: ResultStatus): Observation[] {
  return findings.flatMap((finding, index) => findingObservations(finding, index + 1, status));
}

/** What makes two observations of a report the same one to a receiver: identifier (OBX-3) and sub-id (OBX-4). */
const nameOf = (row: Observation): string => JSON.stringify([row[3], row[4]]);

function findingObservations(finding: ToldFinding, number: number, status: ResultStatus): Observation[] {
  // A sub-id counts the findings of the run, so that a deleted one does not move its neighbours.
  const group = String(number);
  const state = finding.isRejected ? 'D' : status;
  const text = [finding.name, finding.site].filter((part) => part !== null && part !== '').join(', ');
  return [
    {
      2: 'TX',
      3: ['121071', 'Finding', 'DCM'],
      4: group,
      5: finding.isRejected ? undefined : text,
      11: state,
    },
    ...finding.measurements.map((measurement, index): Observation => {
      const { value, scheme, meaning } = measurementCode(measurement);
      const label = measurement.derivation === null ? meaning : `${meaning} ${measurement.derivation}`;
      return {
        2: 'NM',
        3: [value, label, scheme],
        4: `${group}.${index + 1}`,
        5: finding.isRejected ? undefined : decimal(measurement.value),
        6: [measurement.unit, measurement.unit, 'UCUM'],
        11: state,
      };
    }),
  ];
}

/** HL7 NM has no exponent. */
function decimal(value: number): string {
  const text = String(Number(value.toPrecision(6)));
  return text.includes('e') ? value.toFixed(10).replace(/\.?0+$/, '') : text;
}

/**
 * Tells a reading list the priority of a study and why, as a change of its order: ORM^O01, or OMI^O23 where the
 * receiver speaks that.
 */
export function writePriority(
  content: Pick<ReportContent, 'study' | 'patient' | 'order'>,
  kind: 'ORM' | 'OMI',
  envelope: Envelope,
): string {
  const { study, order } = content;
  const priority = { routine: 'R', high: 'A', urgent: 'S' }[study.priority];
  const timing = ['', '', '', '', '', priority];
  const segments: SegmentContent[] = [
    messageHeader(envelope, kind === 'OMI' ? ['OMI', 'O23', 'OMI_O23'] : ['ORM', 'O01', 'ORM_O01']),
    patientSegment(content),
    { name: 'ORC', fields: { 1: 'XO', ...orderNumbers(content), 7: kind === 'ORM' ? timing : undefined } },
    ...(kind === 'OMI' ? [{ name: 'TQ1', fields: { 1: '1', 9: priority } }] : []),
    {
      name: 'OBR',
      fields: {
        1: '1',
        ...orderNumbers(content),
        4: procedure(content),
        5: kind === 'ORM' ? priority : undefined,
        18: study.accessionNumber || order?.accessionNumber,
        19: order?.requestedProcedureId,
        27: kind === 'ORM' ? timing : undefined,
      },
    },
    { name: 'NTE', fields: { 1: '1', 2: 'P', 3: `Priority ${study.priority}: ${study.priorityReason}` } },
  ];
  if (kind === 'OMI') {
    const accession = study.accessionNumber || order?.accessionNumber || '';
    segments.push({
      name: 'IPC',
      fields: { 1: accession, 2: order?.requestedProcedureId, 3: study.uid, 5: order?.modality },
    });
  } else {
    segments.push({ name: 'ZDS', fields: { 1: [study.uid, '', 'Application', 'DICOM'] } });
  }
  return writeMessage(segments);
}

function messageHeader(envelope: Envelope, type: readonly string[]): SegmentContent {
  return {
    name: 'MSH',
    fields: {
      3: envelope.sendingApplication,
      4: envelope.sendingFacility,
      5: envelope.receivingApplication,
      6: envelope.receivingFacility,
      7: hl7Time(envelope.at),
      9: type,
      10: envelope.controlId,
      11: 'P',
      12: '2.5.1',
      18: envelope.characterSet,
    },
  };
}

function patientSegment({ patient }: Pick<ReportContent, 'patient'>): SegmentContent {
  return {
    name: 'PID',
    fields: {
      1: '1',
      3: [patient.id, '', '', patient.issuer, 'MR'],
      5: { repetitions: nameRepetitions(patient.name) },
      7: patient.birthDate,
      8: patient.sex,
    },
  };
}

/** DICOM PN to XPN: one repetition per group (alphabetic, ideographic, phonetic); prefix and suffix change places. */
function nameRepetitions(name: string): string[][] {
  return name.split('=').flatMap((group, index) => {
    const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^');
    if (group === '') return [];
    return [[family, given, middle, suffix, prefix, '', 'L', ['A', 'I', 'P'][index] ?? '']];
  });
}

function orderNumbers({ order, study }: Pick<ReportContent, 'order' | 'study'>) {
  return {
    2: order === undefined ? undefined : [order.placerNumber, order.placerIssuer],
    3:
      order === undefined || order.fillerNumber === ''
        ? study.accessionNumber
        : [order.fillerNumber, order.fillerIssuer],
  };
}

function procedure({ order, study }: Pick<ReportContent, 'order' | 'study'>): string[] {
  const code = order?.procedureCode;
  if (code !== null && code !== undefined) return [code.value, code.meaning, code.scheme];
  return ['18748-4', study.description || 'Diagnostic imaging study', 'LN'];
}

/** Without a zone: what the scanner wrote is local time. */
const localTime = (date: string, time: string): string =>
  /^\d{8}$/.test(date) ? `${date}${/^\d{4,6}$/.test(time) ? time.padEnd(6, '0') : ''}` : '';

/** XCN without a number: `Anna Smith` has her family name last. */
function xcn(name: string): string[] {
  const parts = name.includes('^')
    ? name.split('^')
    : [name.split(' ').at(-1) ?? '', name.split(' ').slice(0, -1).join(' ')];
  return ['', ...parts];
}
