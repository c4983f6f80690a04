import type { AssociationInfo, OpenAssociation, Service } from '../association/index.ts';
import { readDataSet } from '../data-set/index.ts';
import { STATUS } from '../message/status.ts';
import { PROCEDURE_STEP } from '../uids.ts';
import { type NormalizedRequest, normalized } from './normalized.ts';
import { type NormalizedResponse, nCreate, nSet } from './normalized-user.ts';
import type { DataSetEncoder } from './operation.ts';
import { refusal } from './refusal.ts';

/** Performed Procedure Step Status (0040,0252), PS3.3 C.4.14. */
export const PROCEDURE_STEP_STATUS = ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'] as const;
export type ProcedureStepStatus = (typeof PROCEDURE_STEP_STATUS)[number];

/** What a modality says of a procedure step: all of it when it begins, what has changed later. */
export interface ProcedureStepMessage {
  readonly association: AssociationInfo;
  readonly sopInstanceUid: string;
  /** Undefined in a change that leaves the status as it is. */
  readonly status: ProcedureStepStatus | undefined;
  readonly dataSet: Buffer;
  readonly transferSyntaxUid: string;
}

export interface ProcedureStepOptions {
  /** The status of a step that is known, undefined for one that is not. */
  statusOf(sopInstanceUid: string): Promise<ProcedureStepStatus | undefined>;
  /** The peer is answered when these resolve. */
  created(message: ProcedureStepMessage): Promise<void>;
  changed(message: ProcedureStepMessage): Promise<void>;
}

const STATUS_TAG = 0x00400252;

/** PS3.4 F.7.2.2.3: "Performed Procedure Step Object may no longer be updated". */
const NO_LONGER_UPDATED = 0xa710;

/** Modality performed procedure steps as provider (PS3.4 F.7): their order is checked here, kept by the caller. */
export function procedureSteps(options: ProcedureStepOptions): Service {
  return normalized({
    name: 'modality performed procedure step',
    abstractSyntaxes: [PROCEDURE_STEP],
    async create(request) {
      const message = messageOf(request);
      if (message.status === undefined) throw refusal(STATUS.missingAttribute, 'No procedure step status');
      if (message.status !== 'IN PROGRESS')
        throw refusal(STATUS.invalidAttributeValue, 'A step begins IN PROGRESS');
      if ((await options.statusOf(message.sopInstanceUid)) !== undefined)
        throw refusal(STATUS.duplicateInstance, 'The procedure step exists already');
      await options.created(message);
      return { status: STATUS.success };
    },
    async set(request) {
      const message = messageOf(request);
      const present = await options.statusOf(message.sopInstanceUid);
      if (present === undefined) throw refusal(STATUS.noSuchInstance, 'No such procedure step');
      if (present !== 'IN PROGRESS') {
        const comment = 'Performed Procedure Step Object may no longer be updated';
        return { status: STATUS.processingFailure, comment, errorId: NO_LONGER_UPDATED };
      }
      await options.changed(message);
      return { status: STATUS.success };
    },
  });
}

function messageOf(request: NormalizedRequest): ProcedureStepMessage {
  const { association, sopInstanceUid, dataSet, transferSyntaxUid } = request;
  if (sopInstanceUid === undefined) throw refusal(STATUS.invalidSopInstance, 'No SOP instance UID');
  if (dataSet === undefined) throw refusal(STATUS.missingAttribute, 'No data set');
  const text = readDataSet(dataSet, transferSyntaxUid).text(STATUS_TAG);
  const status = PROCEDURE_STEP_STATUS.find((candidate) => candidate === text);
  if (status === undefined && text) {
    throw refusal(STATUS.invalidAttributeValue, 'Unknown procedure step status');
  }
  return { association, sopInstanceUid, status, dataSet, transferSyntaxUid };
}

/** N-CREATE of a step: the attributes of PS3.4 table F.7.2-1 with status IN PROGRESS. */
export function createProcedureStep(
  association: OpenAssociation,
  sopInstanceUid: string,
  attributes: DataSetEncoder,
): Promise<NormalizedResponse> {
  return nCreate(association, { sopClassUid: PROCEDURE_STEP, sopInstanceUid }, attributes);
}

/** N-SET of a step: what has changed, and COMPLETED or DISCONTINUED at its end. */
export function setProcedureStep(
  association: OpenAssociation,
  sopInstanceUid: string,
  attributes: DataSetEncoder,
): Promise<NormalizedResponse> {
  return nSet(association, { sopClassUid: PROCEDURE_STEP, sopInstanceUid }, attributes);
}
