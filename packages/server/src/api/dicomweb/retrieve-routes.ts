import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { type Dataset, readFileHeader, readFilePart10 } from '@photopeak/dicom';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { appendAudit } from '../../governance/index.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { notFound } from '../errors.ts';
import { hex, toDicomJson } from './dicom-json.ts';
import { frameParts } from './frames.ts';
import { multipartBody, type OutgoingPart } from './multipart-reply.ts';

interface Params {
  study: string;
  series?: string;
  instance?: string;
  frames?: string;
  tag?: string;
}
type Request = FastifyRequest<{ Params: Params }>;

const FrameList = z
  .string()
  .max(4096)
  .regex(/^\d+(,\d+)*$/)
  .transform((text) => text.split(',').map(Number));
const TagText = z.string().regex(/^[0-9A-Fa-f]{8}$/);

/** WADO-RS (PS3.18 §10.4): instances byte for byte as they were received, metadata, frames, bulk data. */
export function retrieveRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
  baseUrl: (request: FastifyRequest) => string,
): void {
  const { db, archive } = context;

  async function find({ study, series, instance }: Params) {
    const rows = await db
      .selectFrom('instance')
      .selectAll()
      .where('study_instance_uid', '=', Uid.parse(study))
      .$if(series !== undefined, (query) => query.where('series_instance_uid', '=', Uid.parse(series)))
      .$if(instance !== undefined, (query) => query.where('sop_instance_uid', '=', Uid.parse(instance)))
      .orderBy('series_instance_uid')
      .orderBy('instance_number')
      .orderBy('sop_instance_uid')
      .execute();
    if (rows.length === 0)
      throw notFound(instance === undefined ? (series === undefined ? 'study' : 'series') : 'instance');
    return rows;
  }

  async function retrieve(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { user } = await authentication.require(request, 'read', 'instance');
    const rows = await find(request.params);
    if (request.params.instance === undefined) {
      await db.transaction().execute((transaction) =>
        appendAudit(transaction, [
          {
            kind: 'access',
            actor: `user:${user.id}`,
            subject: `study:${request.params.study}`,
            detail: { how: 'wado-rs', instances: rows.length },
          },
        ]),
      );
    }
    const single =
      request.params.instance !== undefined &&
      /^\s*application\/dicom\s*(;|,|$)/i.test(request.headers.accept ?? '');
    if (single) {
      return reply
        .header('Content-Type', 'application/dicom')
        .header('Content-Length', rows[0]!.byte_length)
        .send(createReadStream(archive.instances.pathOf(rows[0]!.sha256)));
    }
    const parts = rows.map(
      (row): OutgoingPart => ({
        contentType: `application/dicom; transfer-syntax=${row.transfer_syntax_uid}`,
        content: { file: archive.instances.pathOf(row.sha256) },
      }),
    );
    return sendParts(reply, 'application/dicom', parts);
  }

  async function metadata(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    await authentication.require(request, 'read', 'instance');
    const rows = await find(request.params);
    const base = baseUrl(request);
    function* texts() {
      let separator = '[';
      for (const row of rows) {
        const at = `${base}/studies/${row.study_instance_uid}/series/${row.series_instance_uid}/instances/${row.sop_instance_uid}`;
        const { dataset } = readFileHeader(archive.instances.pathOf(row.sha256));
        const json = toDicomJson(dataset, (tag) => `${at}/bulkdata/${tag}`);
        // Pixel data was not read; a viewer asks for it by frame, but the standard wants to see that it is there.
        if (row.rows !== null)
          json['7FE00010'] = { vr: pixelVr(dataset), BulkDataURI: `${at}/bulkdata/7FE00010` };
        json['00083002'] = { vr: 'UI', Value: [row.transfer_syntax_uid] };
        yield `${separator}${JSON.stringify(json)}`;
        separator = ',';
      }
      yield ']';
    }
    return reply.header('Content-Type', 'application/dicom+json').send(Readable.from(texts()));
  }

  const studyUrl = '/dicom-web/studies/:study';
  const seriesUrl = `${studyUrl}/series/:series`;
  const instanceUrl = `${seriesUrl}/instances/:instance`;
  for (const url of [studyUrl, seriesUrl, instanceUrl]) {
    app.get<{ Params: Params }>(url, retrieve);
    app.get<{ Params: Params }>(`${url}/metadata`, metadata);
  }

  app.get<{ Params: Params }>(`${instanceUrl}/frames/:frames`, async (request, reply) => {
    await authentication.require(request, 'read', 'instance');
    const frames = FrameList.parse(request.params.frames);
    const [row] = await find(request.params);
    const accept = request.headers.accept ?? '*/*';
    // OHIF and others ask with `transfer-syntax=*`: as it is. Plain octet-stream means decoded.
    const asStored = /transfer-syntax=["']?\*/.test(accept) || /image\//.test(accept);
    const parts = await frameParts(archive.instances.pathOf(row!.sha256), frames, asStored);
    const type = parts[0]!.contentType.split(';')[0]!;
    return sendParts(reply, type, parts);
  });

  app.get<{ Params: Params }>(`${instanceUrl}/bulkdata/:tag`, async (request, reply) => {
    await authentication.require(request, 'read', 'instance');
    const tag = TagText.parse(request.params.tag).toUpperCase();
    const [row] = await find(request.params);
    const { dataset } = readFilePart10(archive.instances.pathOf(row!.sha256));
    const element = dataset.element(Number.parseInt(tag, 16));
    if (element === undefined) throw notFound(`element ${hex(Number.parseInt(tag, 16))}`);
    const fragments = element.fragments();
    const bytes = fragments === undefined ? element.bytes() : Buffer.concat([...fragments.fragments]);
    return sendParts(reply, 'application/octet-stream', [
      { contentType: 'application/octet-stream', content: { bytes } },
    ]);
  });
}

function sendParts(reply: FastifyReply, type: string, parts: readonly OutgoingPart[]): FastifyReply {
  const { contentType, stream } = multipartBody(type, parts);
  return reply.header('Content-Type', contentType).send(stream);
}

function pixelVr(dataset: Dataset): string {
  return (dataset.number('BitsAllocated') ?? 16) > 8 ? 'OW' : 'OB';
}
