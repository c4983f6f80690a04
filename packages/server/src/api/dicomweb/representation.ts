import { type DicomJson, nativeDicomXml } from '@photopeak/dicom';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../operations/index.ts';
import { acceptedMedia, matches, notAcceptable } from './accept.ts';
import { sendParts } from './multipart-reply.ts';

const JSON_TYPE = 'application/dicom+json';
const XML_TYPE = 'application/dicom+xml';

/** `accept` of the query, which wins over the header (PS3.18 §8.3.3.1). */
export function acceptParameter(request: FastifyRequest): string | undefined {
  const { accept } = request.query as Record<string, string | string[] | undefined>;
  return accept === undefined ? undefined : [accept].flat().join(',');
}

/**
 * Whether data sets go out as JSON or as XML.
 * @throws PhotopeakError HTTP_NOT_ACCEPTABLE
 */
export function datasetFormat(request: FastifyRequest): 'json' | 'xml' {
  const { accept } = request.headers;
  for (const choice of acceptedMedia(accept, acceptParameter(request))) {
    if (!choice.multipart && (matches(choice, JSON_TYPE) || choice.type === 'application/json'))
      return 'json';
    if (choice.type === XML_TYPE) return 'xml';
    if (choice.multipart && choice.type === '*') return 'xml';
  }
  throw notAcceptable([JSON_TYPE, `multipart/related; type="${XML_TYPE}"`], accept);
}

/** Sends data sets, each already as JSON text, in the format that was asked for. */
export function sendDatasets(
  reply: FastifyReply,
  log: Logger,
  format: 'json' | 'xml',
  texts: readonly string[],
): FastifyReply | Promise<FastifyReply> {
  if (format === 'json') {
    return reply.header('Content-Type', JSON_TYPE).send(Buffer.from(`[${texts.join(',')}]`));
  }
  return sendParts(
    reply,
    log,
    XML_TYPE,
    texts.map((text) => ({
      contentType: `${XML_TYPE}; charset=utf-8`,
      content: { bytes: Buffer.from(nativeDicomXml(JSON.parse(text) as DicomJson)) },
    })),
  );
}
