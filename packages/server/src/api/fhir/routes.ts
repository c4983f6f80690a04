import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CapabilityStatement, OperationOutcome } from 'fhir/r4.js';
import { appendAudit } from '../../governance/index.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { searchset } from './bundle.ts';
import { type ResourceType, resourceTypes, SearchParameters } from './parameters.ts';
import { searches } from './search.ts';

const MEDIA_TYPE = 'application/fhir+json; charset=utf-8';

/**
 * FHIR R4, read only, at /fhir: what this node knows of studies, orders, results, runs and audit. Each request is
 * written down like any other access.
 */
export function fhirRoutes(app: FastifyInstance, context: NodeContext, authentication: Authentication): void {
  const { db } = context;

  app.get('/fhir/metadata', async (_, reply) => send(reply, 200, capabilityStatement(context)));

  app.get<{ Params: { type: string } }>('/fhir/:type', async (request, reply) => {
    const type = await admit(request, reply);
    if (type === undefined) return reply;
    const parsed = SearchParameters.safeParse(request.query);
    if (!parsed.success) return send(reply, 400, outcome('invalid', parsed.error.issues[0]?.message ?? ''));
    const found = await searches[type](db, parsed.data);
    const query = request.url.split('?')[1] ?? '';
    return send(reply, 200, searchset(baseOf(request, context), type, query, found, parsed.data));
  });

  app.get<{ Params: { type: string; id: string } }>('/fhir/:type/:id', async (request, reply) => {
    const type = await admit(request, reply);
    if (type === undefined) return reply;
    const { id } = request.params;
    const parameters = SearchParameters.parse({ _id: id });
    const { resources } = await searches[type](db, parameters);
    const [resource] = resources;
    if (resource === undefined) return send(reply, 404, outcome('not-found', `there is no such ${type}`));
    return send(reply, 200, resource);
  });

  /** The type that is asked for, if there is one and the caller may read it. */
  async function admit(
    request: FastifyRequest<{ Params: { type: string } }>,
    reply: FastifyReply,
  ): Promise<ResourceType | undefined> {
    const { type } = request.params;
    const known = resourceTypes.find((candidate) => candidate === type);
    const { user } = await authentication.require(
      request,
      'read',
      known === 'AuditEvent' ? 'audit' : 'study',
    );
    if (known === undefined) {
      send(reply, 404, outcome('not-supported', 'this type is not served; see /fhir/metadata'));
      return undefined;
    }
    await db
      .transaction()
      .execute((transaction) =>
        appendAudit(transaction, [
          { kind: 'access', actor: `user:${user.id}`, subject: `fhir:${known}`, detail: { how: 'fhir' } },
        ]),
      );
    return known;
  }
}

function send(reply: FastifyReply, status: number, resource: object): FastifyReply {
  return reply.status(status).header('Content-Type', MEDIA_TYPE).send(JSON.stringify(resource));
}

function baseOf(request: FastifyRequest, { configuration }: NodeContext): string {
  const origin = configuration.http.publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`;
  return `${origin}/fhir`;
}

function outcome(code: 'invalid' | 'not-found' | 'not-supported', diagnostics: string): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] };
}

const reference = (name: string) => ({ name, type: 'reference' as const });
const common = [
  { name: '_id', type: 'token' as const },
  { name: 'identifier', type: 'token' as const },
  { name: '_lastUpdated', type: 'date' as const },
];
const parameters: Readonly<Record<ResourceType, { name: string; type: 'token' | 'reference' | 'date' }[]>> = {
  ImagingStudy: [...common, reference('patient')],
  Patient: common,
  ServiceRequest: [...common, reference('patient')],
  DiagnosticReport: [...common, reference('patient'), reference('imaging-study')],
  Observation: [...common, reference('patient'), reference('imaging-study')],
  Task: [...common, reference('patient'), reference('focus')],
  AuditEvent: common,
};

function capabilityStatement(context: NodeContext): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-23',
    kind: 'instance',
    software: { name: 'Photopeak', version: context.version },
    implementation: { description: 'Studies, orders, results and runs of this node; read only' },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: { description: 'Sign in, or send a bearer token of security.tokens.' },
        resource: resourceTypes.map((type) => ({
          type,
          interaction: [{ code: 'read' as const }, { code: 'search-type' as const }],
          searchParam: parameters[type],
        })),
      },
    ],
  };
}
