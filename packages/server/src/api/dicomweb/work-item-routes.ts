import type { Readable } from 'node:stream';
import { type DicomJson, uidFrom } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { NodeContext } from '../../node/context.ts';
import {
  FILTERED_ITEMS,
  requireAeTitle,
  runCanceller,
  type WorkItemAnswer,
  type WorkItemFilter,
} from '../../work-items/index.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { notFound } from '../errors.ts';
import { readJson } from './json-body.ts';
import { datasetFormat, sendDatasets } from './representation.ts';

type Query = Readonly<Record<string, string | string[]>>;
type ItemRequest = FastifyRequest<{ Params: { uid: string; aet: string }; Querystring: Query }>;

const LARGEST_ITEM = 4 * 1024 * 1024;
const MOST_RESULTS = 1_000;
/** PS3.18 §11.4.3, §11.7.3 and §11.8.3: what a `Warning: 299` says. */
const WARNINGS: Readonly<Record<NonNullable<WorkItemAnswer['warning']>, string>> = {
  'created-with-changes': 'The Workitem was created with modifications.',
  'already-canceled': 'The UPS is already in the requested state of CANCELED.',
  'already-completed': 'The UPS is already in the requested state of COMPLETED.',
};
const MORE = 'There are additional results that can be requested';
const ROOT = '/dicom-web/workitems';
const ITEM = `${ROOT}/:uid`;

/** UPS-RS (PS3.18 chapter 11): the work list of this node. */
export function workItemRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
  baseUrl: (request: FastifyRequest) => string,
): void {
  const { workItems, subscriptions, db, engine } = context;
  const mayRead = (request: FastifyRequest) => authentication.require(request, 'read', 'run');
  const mayWrite = async (request: FastifyRequest) => {
    const { user } = await authentication.require(request, 'create', 'run');
    return `user:${user.id}`;
  };
  /** Addresses of this node are put in when an item goes out. */
  const textOf = (request: FastifyRequest, attributes: DicomJson) =>
    JSON.stringify(attributes).replaceAll('["@/', `["${baseUrl(request)}/`);

  function warn(reply: FastifyReply, warning: WorkItemAnswer['warning']): FastifyReply {
    return warning === undefined ? reply : reply.header('Warning', `299 photopeak "${WARNINGS[warning]}"`);
  }

  async function body(request: FastifyRequest): Promise<DicomJson> {
    const json = await readJson(request.body as Readable | undefined, LARGEST_ITEM);
    const one = Array.isArray(json) ? (json.length === 1 ? json[0] : undefined) : json;
    if (one !== null && typeof one === 'object') return one as DicomJson;
    throw new PhotopeakError('the body is not one data set in DICOM JSON', {
      code: 'HTTP_INPUT',
      expected: 'application/dicom+json with one data set',
    });
  }

  app.post(ROOT, async (request: ItemRequest, reply) => {
    const by = await mayWrite(request);
    const asked = uidInQuery(request, ['workitem']);
    const newUid = () => uidFrom('work item by request', crypto.randomUUID());
    const { uid, warning } = await context.workItems.create(await body(request), asked, by, newUid);
    const location = `${baseUrl(request)}/workitems/${uid}`;
    return warn(reply, warning)
      .status(201)
      .header('Location', location)
      .header('Content-Location', location)
      .send();
  });

  app.get(ROOT, async (request: ItemRequest, reply) => {
    await mayRead(request);
    const format = datasetFormat(request);
    const { limit, offset, filter } = searchOf(request.query);
    const { items, more } = await workItems.search(filter, { limit, offset });
    if (more) void reply.header('Warning', `299 photopeak "${MORE}"`);
    if (items.length === 0) return reply.status(204).send();
    return sendDatasets(
      reply,
      context.log,
      format,
      items.map((item) => textOf(request, item.attributes)),
    );
  });

  app.get(ITEM, async (request: ItemRequest, reply) => {
    await mayRead(request);
    const format = datasetFormat(request);
    const item = await workItems.find(Uid.parse(request.params.uid));
    if (item === undefined) throw notFound('work item');
    return sendDatasets(reply, context.log, format, [textOf(request, item.attributes)]);
  });

  const update = async (request: ItemRequest, reply: FastifyReply) => {
    const by = await mayWrite(request);
    const transaction = uidInQuery(request, ['transaction-uid', 'transactionUID', 'transaction']);
    await workItems.update(Uid.parse(request.params.uid), await body(request), transaction, by);
    return reply
      .status(200)
      .header('Content-Location', `${baseUrl(request)}/workitems/${request.params.uid}`)
      .send();
  };
  app.post(ITEM, update);

  app.put(`${ITEM}/state`, async (request: ItemRequest, reply) => {
    const by = await mayWrite(request);
    const { warning } = await workItems.changeState(Uid.parse(request.params.uid), await body(request), by);
    return warn(reply, warning)
      .status(200)
      .header('Content-Location', `${baseUrl(request)}/workitems/${request.params.uid}`)
      .send();
  });

  app.post(`${ITEM}/cancelrequest`, async (request: ItemRequest, reply) => {
    const by = await mayWrite(request);
    const given =
      request.headers['content-length'] === '0' || request.body === undefined ? {} : await body(request);
    const { warning } = await workItems.requestCancel(
      Uid.parse(request.params.uid),
      given,
      by,
      runCanceller(db, engine, by),
    );
    return warn(reply, warning).status(202).send();
  });

  app.post(`${ITEM}/subscribers/:aet`, async (request: ItemRequest, reply) => {
    await mayRead(request);
    const uid = Uid.parse(request.params.uid);
    const aeTitle = requireAeTitle(request.params.aet);
    const { deletionLock, filter } = subscriptionOf(request.query);
    if (uid === FILTERED_ITEMS && filter === undefined) {
      throw new PhotopeakError('a filtered subscription needs a filter', {
        code: 'HTTP_INPUT',
        expected: 'filter=attribute=value,… or attributes as parameters',
      });
    }
    const found = await subscriptions.subscribe(aeTitle, uid, {
      deletionLock,
      filter: uid === FILTERED_ITEMS ? filter : undefined,
      channel: 'websocket',
    });
    if (!found) throw notFound('work item');
    const channel = `${baseUrl(request).replace(/^http/, 'ws')}/subscribers/${encodeURIComponent(aeTitle)}`;
    return reply.status(201).header('Content-Location', channel).send();
  });

  app.delete(`${ITEM}/subscribers/:aet`, async (request: ItemRequest, reply) => {
    await mayRead(request);
    const aeTitle = requireAeTitle(request.params.aet);
    const had = await subscriptions.unsubscribe(aeTitle, Uid.parse(request.params.uid));
    if (!had) throw notFound('subscription');
    return reply.status(200).send();
  });

  app.post(`${ITEM}/subscribers/:aet/suspend`, async (request: ItemRequest, reply) => {
    await mayRead(request);
    const had = await subscriptions.suspend(requireAeTitle(request.params.aet));
    if (!had) throw notFound('subscription');
    return reply.status(200).send();
  });
}

/** A UID by name, or alone behind the question mark, as PS3.18 writes it. */
function uidInQuery(request: ItemRequest, names: readonly string[]): string | undefined {
  const query = request.query;
  for (const name of names) {
    const value = query[name];
    if (value !== undefined) return Uid.parse([value].flat()[0]);
  }
  const [bare] = Object.entries(query).flatMap(([name, value]) => (value === '' ? [name] : []));
  return bare === undefined ? undefined : Uid.parse(bare);
}

/** Parameters that are not attributes. */
const OTHER = new Set(['limit', 'offset', 'includefield', 'fuzzymatching', 'accept', '_']);

function searchOf(query: Query): { limit: number; offset: number; filter: WorkItemFilter } {
  const count = (name: string, otherwise: number) => {
    const text = [query[name] ?? String(otherwise)].flat()[0]!;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new PhotopeakError('limit and offset are whole numbers', {
      code: 'HTTP_INPUT',
      found: text.slice(0, 40),
    });
  };
  const filter = Object.fromEntries(
    Object.entries(query)
      .filter(([name]) => !OTHER.has(name.toLowerCase()))
      .map(([name, value]) => [name, [value].flat().join(',')]),
  );
  return { limit: Math.min(MOST_RESULTS, count('limit', MOST_RESULTS)), offset: count('offset', 0), filter };
}

/** `deletionlock`, and the filter of a filtered subscription: `filter=a=b,c=d`, or the attributes themselves. */
function subscriptionOf(query: Query): { deletionLock: boolean; filter: WorkItemFilter | undefined } {
  const filter: Record<string, string> = {};
  let deletionLock = false;
  for (const [name, value] of Object.entries(query)) {
    const text = [value].flat().join(',');
    if (name.toLowerCase() === 'deletionlock') deletionLock = text === '' || text === 'true';
    else if (name.toLowerCase() === 'filter') {
      for (const pair of text.split(/[,&]/)) {
        const at = pair.indexOf('=');
        if (at > 0) filter[pair.slice(0, at)] = pair.slice(at + 1);
      }
    } else filter[name] = text;
  }
  return { deletionLock, filter: Object.keys(filter).length === 0 ? undefined : filter };
}
