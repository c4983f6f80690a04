import type { Readable } from 'node:stream';
import { Dataset, fromDicomJson, isUid, toDicomJson } from '@photopeak/dicom';
import type { CommitmentResult, InstanceReference } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance } from 'fastify';
import {
  checkCommitment,
  findReported,
  keepRequest,
  requestReported,
} from '../../intake/commitment/index.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { notFound } from '../errors.ts';
import { readJson } from './json-body.ts';

/** 16 MB name some 100 000 instances. */
const LARGEST_BODY = 16 * 1024 * 1024;
const PATH = '/dicom-web/commitment-requests/:transactionUid';
const MEDIA_TYPE = 'application/dicom+json';

interface Target {
  Params: { transactionUid: string };
}

/**
 * Storage commitment as origin server (PS3.18 section 13). What is asked for is looked up at once, so that a request is
 * always answered with its result; the result stays readable under its transaction UID.
 */
export function commitmentRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db } = context;

  app.post<Target>(PATH, async (request, reply) => {
    const { user } = await authentication.require(request, 'create', 'instance');
    const transactionUid = Uid.parse(request.params.transactionUid);
    const instances = instancesOf(await readJson(request.body as Readable, LARGEST_BODY));
    const from = { askedBy: user.id, way: 'dicomweb' as const, isForLoop: false };
    if (!(await keepRequest(db, { transactionUid, instances }, from))) {
      throw new PhotopeakError('this transaction UID is in use', {
        code: 'COMMITMENT_TRANSACTION_USED',
        where: transactionUid,
        remedy: 'ask again under another transaction UID',
      });
    }
    const result = await checkCommitment(context, instances);
    await requestReported(db, { transactionUid, ...result });
    return reply.type(MEDIA_TYPE).send(payload(result));
  });

  app.get<Target>(PATH, async (request, reply) => {
    const { user } = await authentication.require(request, 'read', 'instance');
    const found = await findReported(db, Uid.parse(request.params.transactionUid), user.id);
    if (found === undefined) throw notFound('request for storage commitment');
    return reply.type(MEDIA_TYPE).send(payload(found));
  });
}

/** Storage Commitment Request Module, PS3.18 table J.1-1: instances by themselves, or by study and series. */
function instancesOf(body: unknown): InstanceReference[] {
  const root = Array.isArray(body) ? body[0] : body;
  if (typeof root !== 'object' || root === null) throw badRequest('no DICOM JSON data set');
  let dataset: Dataset;
  try {
    dataset = fromDicomJson(root as never);
  } catch {
    throw badRequest('a body that is no DICOM JSON');
  }
  const instances = dataset.items('ReferencedSOPSequence').map((item) => ({
    sopClassUid: item.text('ReferencedSOPClassUID') ?? '',
    sopInstanceUid: item.text('ReferencedSOPInstanceUID') ?? '',
  }));
  if (instances.length === 0) throw badRequest('no Referenced SOP Sequence (0008,1199)');
  if (!instances.every(({ sopClassUid, sopInstanceUid }) => isUid(sopClassUid) && isUid(sopInstanceUid)))
    throw badRequest('an instance without SOP class or instance UID');
  return instances;
}

function badRequest(found: string): PhotopeakError {
  return new PhotopeakError('this is no request for storage commitment', {
    code: 'HTTP_INPUT',
    expected: 'DICOM JSON with Referenced SOP Sequence (PS3.18 table J.1-1)',
    found,
  });
}

/** Storage Commitment Response Module, PS3.18 table J.2-1. */
function payload({ committed, failed }: CommitmentResult): string {
  const reference = ({ sopClassUid, sopInstanceUid }: InstanceReference) => ({
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopInstanceUid,
  });
  const dataset = new Dataset();
  if (committed.length > 0)
    dataset.set(
      'ReferencedSOPSequence',
      committed.map((item) => Dataset.of(reference(item))),
    );
  if (failed.length > 0) {
    const items = failed.map((item) => Dataset.of({ ...reference(item), FailureReason: item.reason }));
    dataset.set('FailedSOPSequence', items);
  }
  return JSON.stringify([toDicomJson(dataset)]);
}
