import {
  type AssociateOptions,
  type AssociationInfo,
  associate,
  type OpenAssociation,
  type Peer,
  type Service,
} from '../association/index.ts';
import { encodeDataSet, readDataSet } from '../data-set/index.ts';
import { DimseError } from '../errors.ts';
import { STATUS, statusText } from '../message/status.ts';
import { STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE } from '../uids.ts';
import { serviceContext } from './contexts.ts';
import { type NormalizedRequest, normalized } from './normalized.ts';
import { type NormalizedResponse, nAction, nEventReport } from './normalized-user.ts';
import type { DataSetEncoder } from './operation.ts';
import {
  type InstanceReference,
  REFERENCED_SOP_SEQUENCE,
  referenceItem,
  referenceOf,
  TRANSACTION_UID,
} from './references.ts';
import { refusal } from './refusal.ts';

/** What a peer is asked to keep safe (PS3.4 table J.3-1). */
export interface CommitmentRequest {
  readonly transactionUid: string;
  readonly instances: readonly InstanceReference[];
}

/** Why an instance is not committed to, PS3.3 C.14.1.1. */
export const COMMITMENT_FAILURE = {
  processingFailure: 0x0110,
  noSuchInstance: 0x0112,
  classNotSupported: 0x0122,
  classDoesNotMatch: 0x0119,
  duplicateTransaction: 0x0131,
  resourceLimitation: 0x0213,
} as const;

/** What became of a request (PS3.4 table J.3-2). */
export interface CommitmentResult {
  readonly committed: readonly InstanceReference[];
  /** With the failure reason (0008,1197). */
  readonly failed: readonly (InstanceReference & { readonly reason: number })[];
}

export type CommitmentReport = CommitmentResult & { readonly transactionUid: string };

const MANAGED = { sopClassUid: STORAGE_COMMITMENT, sopInstanceUid: STORAGE_COMMITMENT_INSTANCE };
const REQUEST_COMMITMENT = 1;
const ALL_COMMITTED = 1;
const SOME_FAILED = 2;
const FAILED_SOP_SEQUENCE = 0x00081198;
const FAILURE_REASON = 0x00081197;

/**
 * Asks for storage commitment (PS3.4 J.3.2). The answer only says that the request was taken; the report comes to a
 * `commitmentReports` service, on this association (give it to `associate`) or on one that the peer opens to us.
 */
export function requestCommitment(
  association: OpenAssociation,
  { transactionUid, instances }: CommitmentRequest,
): Promise<NormalizedResponse> {
  return nAction(association, MANAGED, REQUEST_COMMITMENT, (syntax) =>
    encodeDataSet(
      [
        { tag: TRANSACTION_UID, vr: 'UI', value: transactionUid },
        { tag: REFERENCED_SOP_SEQUENCE, vr: 'SQ', value: instances.map(referenceItem) },
      ],
      syntax,
    ),
  );
}

/** The user's side of the reports: `received` resolves when the report is safe, then it is acknowledged. */
export function commitmentReports(options: {
  received(report: CommitmentReport, association: AssociationInfo): Promise<void>;
  /** The acknowledgement has been sent: from now on the association may be released. */
  acknowledged?(report: CommitmentReport): void;
}): Service {
  return normalized({
    name: 'storage commitment reports',
    abstractSyntaxes: [STORAGE_COMMITMENT],
    async eventReport(request) {
      const report = reportOf(request);
      await options.received(report, request.association);
      return { status: STATUS.success, afterwards: async () => options.acknowledged?.(report) };
    },
  });
}

export interface CommitmentOptions {
  /**
   * Called before the request is acknowledged, by whoever must not forget it: the acknowledgement follows when this
   * resolves. Throw a `refusal` to refuse.
   */
  accept?(request: CommitmentRequest, association: AssociationInfo): Promise<void>;
  /** True: the report is not for this service to send; somebody else calls `reportCommitment` later. */
  isForLater?(association: AssociationInfo): boolean;
  /** Looks for the instances; called after the request has been acknowledged. */
  check(request: CommitmentRequest, association: AssociationInfo): Promise<CommitmentResult>;
  /**
   * Where the report goes: a new association to the peer, or, where undefined, the one that the request came on.
   * Most archives do the first; many users release before the report could come on theirs.
   */
  reportTo?(association: AssociationInfo): Peer | undefined;
  /** The peer has acknowledged the report. */
  reported?(report: CommitmentReport, association: AssociationInfo): Promise<void>;
}

/** Storage commitment push model as provider (PS3.4 annex J). */
export function commitment(options: CommitmentOptions): Service {
  return normalized({
    name: 'storage commitment',
    abstractSyntaxes: [STORAGE_COMMITMENT],
    async action(request) {
      if (request.actionTypeId !== REQUEST_COMMITMENT) throw refusal(STATUS.noSuchAction, 'No such action');
      const asked = requestOf(request);
      await options.accept?.(asked, request.association);
      if (options.isForLater?.(request.association) === true) return { status: STATUS.success };
      return { status: STATUS.success, afterwards: () => report(asked, request, options) };
    },
  });
}

async function report(
  asked: CommitmentRequest,
  { association, back }: NormalizedRequest,
  options: CommitmentOptions,
): Promise<void> {
  const result = { transactionUid: asked.transactionUid, ...(await options.check(asked, association)) };
  const peer = options.reportTo?.(association);
  if (peer === undefined) await sendReport(back, result);
  else await reportCommitment(peer, result);
  await options.reported?.(result, association);
}

/** Sends a report on an association of its own, as provider (PS3.7 D.3.3.4). DIMSE_OPERATION_FAILED when refused. */
export async function reportCommitment(
  peer: Peer,
  result: CommitmentReport,
  options: Pick<AssociateOptions, 'signal' | 'userIdentity'> = {},
): Promise<void> {
  const association = await associate(peer, {
    ...options,
    contexts: [serviceContext(STORAGE_COMMITMENT)],
    roles: [{ sopClassUid: STORAGE_COMMITMENT, scu: false, scp: true }],
  });
  try {
    await sendReport(association, result);
    await association.release();
  } catch (error) {
    association.abort();
    throw error;
  }
}

async function sendReport(association: OpenAssociation, result: CommitmentReport): Promise<void> {
  const eventType = result.failed.length === 0 ? ALL_COMMITTED : SOME_FAILED;
  const { status } = await nEventReport(association, MANAGED, eventType, reportEncoder(result));
  if (status !== STATUS.success) {
    throw new DimseError('DIMSE_OPERATION_FAILED', 'The peer did not take a storage commitment report.', {
      status,
      found: statusText(status),
    });
  }
}

const reportEncoder =
  ({ transactionUid, committed, failed }: CommitmentReport): DataSetEncoder =>
  (syntax) => {
    const failures = failed.map(({ reason, ...reference }) => [
      { tag: FAILURE_REASON, vr: 'US', value: reason },
      ...referenceItem(reference),
    ]);
    return encodeDataSet(
      [
        { tag: TRANSACTION_UID, vr: 'UI', value: transactionUid },
        ...(committed.length === 0
          ? []
          : [{ tag: REFERENCED_SOP_SEQUENCE, vr: 'SQ', value: committed.map(referenceItem) }]),
        ...(failures.length === 0 ? [] : [{ tag: FAILED_SOP_SEQUENCE, vr: 'SQ', value: failures }]),
      ],
      syntax,
    );
  };

function requestOf({ dataSet, transferSyntaxUid }: NormalizedRequest): CommitmentRequest {
  const reader = readDataSet(dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  const transactionUid = reader.text(TRANSACTION_UID);
  const instances = reader.items(REFERENCED_SOP_SEQUENCE).map(referenceOf);
  if (!transactionUid) throw refusal(STATUS.missingAttribute, 'No transaction UID');
  if (instances.length === 0) throw refusal(STATUS.missingAttribute, 'No referenced instances');
  return { transactionUid, instances };
}

function reportOf({ dataSet, transferSyntaxUid }: NormalizedRequest): CommitmentReport {
  const reader = readDataSet(dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  const transactionUid = reader.text(TRANSACTION_UID);
  if (!transactionUid) throw refusal(STATUS.missingAttribute, 'No transaction UID');
  return {
    transactionUid,
    committed: reader.items(REFERENCED_SOP_SEQUENCE).map(referenceOf),
    failed: reader.items(FAILED_SOP_SEQUENCE).map((item) => ({
      ...referenceOf(item),
      reason: item.uint16(FAILURE_REASON) ?? COMMITMENT_FAILURE.processingFailure,
    })),
  };
}
