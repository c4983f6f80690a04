import type { FastifyReply, FastifyRequest } from 'fastify';
import { prepared } from '../../database/index.ts';
import type { NodeContext } from '../../node/context.ts';
import { accessNotes } from '../access-notes.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { notFound } from '../errors.ts';
import { createNeighbours, type Neighbour } from './neighbours.ts';

export interface InstancePath {
  readonly study: string;
  readonly series?: string;
  readonly instance?: string;
  readonly frames?: string;
  readonly '*'?: string;
}
export type InstanceRequest = FastifyRequest<{ Params: InstancePath }>;
export type InstanceHandler = (request: InstanceRequest, reply: FastifyReply) => Promise<FastifyReply>;

export interface StoredInstance {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sop_class_uid: string;
  readonly transfer_syntax_uid: string;
  readonly sha256: string;
  readonly byte_length: number;
  readonly rows: number | null;
  readonly number_of_frames: number | null;
}

/** What the retrieve services share: who may, what there is, and who looked. */
export interface InstanceAccess {
  /** @throws HTTP_NOT_SIGNED_IN, HTTP_NOT_ALLOWED */
  allow(request: InstanceRequest): Promise<{ readonly id: string }>;
  /** Instances of a study, a series or one, in their order. @throws HTTP_NOT_FOUND, naming what is not there */
  find(path: InstancePath): Promise<StoredInstance[]>;
  /** One instance, and what its client will ask for next where that can be told. @throws HTTP_NOT_FOUND */
  findOne(path: InstancePath): Promise<Neighbour<StoredInstance>>;
}

/** Of a study, a series, one instance: a viewer asks hundreds of times in a row. */
const FIND = [
  '',
  'AND series_instance_uid = $2',
  'AND series_instance_uid = $2 AND sop_instance_uid = $3',
].map((inner, level) =>
  prepared<StoredInstance>(
    `find_instances_${level}`,
    `SELECT study_instance_uid, series_instance_uid, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
        sha256, byte_length, rows, number_of_frames
      FROM instance WHERE study_instance_uid = $1 ${inner}
      ORDER BY series_instance_uid, instance_number, sop_instance_uid`,
  ),
);

export function instanceAccess(context: NodeContext, authentication: Authentication): InstanceAccess {
  const { db } = context;
  const neighbours = createNeighbours<StoredInstance>({
    one: async (series, instance) => (await FIND[2]!(db, [...series.split(' '), instance]))[0],
    all: async (series) =>
      new Map((await FIND[1]!(db, series.split(' '))).map((row) => [row.sop_instance_uid, row])),
  });
  async function findOne(path: InstancePath): Promise<Neighbour<StoredInstance>> {
    const [study, series, instance] = uidsOf(path);
    const found = await neighbours.find(`${study} ${series}`, instance!);
    if (found !== undefined) return found;
    throw notFound('instance');
  }
  const noteAccess = accessNotes('dicomweb');
  return {
    async allow(request) {
      const { user } = await authentication.require(request, 'read', 'instance');
      await noteAccess(db, user.id, Uid.parse(request.params.study));
      return user;
    },
    async find(path) {
      if (path.instance !== undefined) return [(await findOne(path)).row];
      const levels = uidsOf(path);
      const rows = await FIND[levels.length - 1]!(db, levels);
      if (rows.length > 0) return rows;
      throw notFound(path.series !== undefined ? 'series' : 'study');
    },
    findOne,
  };
}

function uidsOf({ study, series, instance }: InstancePath): string[] {
  return [study, series, instance].filter((uid) => uid !== undefined).map((uid) => Uid.parse(uid));
}

export const STUDY_URL = '/dicom-web/studies/:study';
export const SERIES_URL = `${STUDY_URL}/series/:series`;
export const INSTANCE_URL = `${SERIES_URL}/instances/:instance`;
