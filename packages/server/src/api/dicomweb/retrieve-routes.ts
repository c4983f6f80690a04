import { canTranscode, readFilePart10, transcodePart10, UID } from '@photopeak/dicom';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { appendAudit } from '../../governance/index.ts';
import type { NodeContext } from '../../node/context.ts';
import { sendFile } from '../file-reply.ts';
import { acceptedMedia, type MediaChoice, matches, notAcceptable } from './accept.ts';
import {
  INSTANCE_URL,
  type InstanceAccess,
  type InstancePath,
  type InstanceRequest,
  SERIES_URL,
  STUDY_URL,
  type StoredInstance,
} from './instances.ts';
import { type OutgoingPart, sendParts } from './multipart-reply.ts';
import { ReadAhead } from './read-ahead.ts';
import { acceptParameter } from './representation.ts';

const DICOM = 'application/dicom';
const NO_NEIGHBOUR = { row: undefined, next: undefined };

/**
 * WADO-RS of whole instances (PS3.18 §10.4). With `transfer-syntax=*`, or where the stored syntax is the one that is
 * asked for, every byte is as it was received; else the instance is transcoded without loss.
 */
export function retrieveRoutes(app: FastifyInstance, context: NodeContext, access: InstanceAccess): void {
  const { db, archive, log } = context;
  const ahead = new ReadAhead();

  async function retrieve(request: InstanceRequest, reply: FastifyReply): Promise<FastifyReply> {
    const user = await access.allow(request);
    const one = request.params.instance !== undefined;
    const { row, next } = one ? await access.findOne(request.params) : NO_NEIGHBOUR;
    const rows = row === undefined ? await access.find(request.params) : [row];
    const choices = instanceChoices(request);
    const plan = rows.map((row) => ({ row, choice: choices.find((choice) => isPossible(row, choice, one)) }));
    const possible = plan.filter((entry) => entry.choice !== undefined);
    if (possible.length === 0) {
      throw notAcceptable(
        [`multipart/related; type="${DICOM}"; transfer-syntax=*`, DICOM],
        request.headers.accept,
      );
    }
    if (!one) await noteTransfer(request.params.study, user.id, possible.length);
    const [first] = possible;
    if (one && !first!.choice!.multipart && first!.choice!.type !== '*') {
      return sendSingle(request, reply, first!.row, first!.choice!);
    }
    // Some could not be given in the syntax that was asked for (PS3.18 §10.4.1.3.2).
    if (possible.length < rows.length) void reply.status(206);
    const parts = possible.map(({ row, choice }) => partOf(row, targetOf(row, choice!), one));
    const sent = await sendParts(reply, log, DICOM, parts);
    if (next !== undefined && targetOf(next, first!.choice!) === next.transfer_syntax_uid) {
      ahead.begin(archive.instances.pathOf(next.sha256), next.byte_length);
    }
    return sent;
  }

  async function sendSingle(
    request: FastifyRequest,
    reply: FastifyReply,
    row: StoredInstance,
    choice: MediaChoice,
  ): Promise<FastifyReply> {
    const target = targetOf(row, choice);
    const type = `${DICOM}; transfer-syntax=${target}`;
    const file = archive.instances.pathOf(row.sha256);
    if (target === row.transfer_syntax_uid) return sendFile(request, reply, log, file, row.sha256, type);
    const bytes = await transcodePart10(readFilePart10(file), target);
    return reply.header('Content-Type', type).send(bytes);
  }

  function partOf(row: StoredInstance, target: string, alone: boolean): OutgoingPart {
    const contentType = `${DICOM}; transfer-syntax=${target}`;
    const file = archive.instances.pathOf(row.sha256);
    if (target === row.transfer_syntax_uid) {
      return { contentType, content: { file, byteLength: row.byte_length, ...(alone ? { ahead } : {}) } };
    }
    return {
      contentType,
      content: {
        make: async () => {
          try {
            return await transcodePart10(readFilePart10(file), target);
          } catch (error) {
            if (alone) throw error;
            // The others are as good as before; what cannot be decoded is left out and noted.
            log.error({ sha256: row.sha256, target, err: error }, 'an instance could not be transcoded');
            return undefined;
          }
        },
      },
    };
  }

  async function noteTransfer(study: string, user: string, instances: number): Promise<void> {
    await db.transaction().execute((transaction) =>
      appendAudit(transaction, [
        {
          kind: 'access',
          actor: `user:${user}`,
          subject: `study:${study}`,
          detail: { how: 'wado-rs', instances },
        },
      ]),
    );
  }

  for (const url of [STUDY_URL, SERIES_URL, INSTANCE_URL]) {
    app.get<{ Params: InstancePath }>(url, retrieve);
  }
}

function instanceChoices(request: FastifyRequest): MediaChoice[] {
  return acceptedMedia(request.headers.accept, acceptParameter(request)).filter((choice) =>
    matches(choice, DICOM),
  );
}

/** Only one instance can come without multipart. */
function isPossible(row: StoredInstance, choice: MediaChoice, one: boolean): boolean {
  if (!choice.multipart && choice.type === DICOM && !one) return false;
  return canTranscode(row.transfer_syntax_uid, targetOf(row, choice));
}

/**
 * The transfer syntax for a choice: the one it names; as stored for `*` and for a client that takes anything; else
 * Explicit VR Little Endian, the default of application/dicom (PS3.18 §8.7.3.5.2), if the pixel data can be decoded.
 */
function targetOf(row: StoredInstance, choice: MediaChoice): string {
  const { transferSyntax, type } = choice;
  if (transferSyntax === '*' || (transferSyntax === undefined && type !== DICOM))
    return row.transfer_syntax_uid;
  if (transferSyntax !== undefined) return transferSyntax;
  return canTranscode(row.transfer_syntax_uid, UID.ExplicitVRLittleEndian)
    ? UID.ExplicitVRLittleEndian
    : row.transfer_syntax_uid;
}
