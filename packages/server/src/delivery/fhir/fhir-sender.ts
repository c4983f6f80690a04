import type { Bundle, BundleEntry } from 'fhir/r4.js';
import type { DestinationConfiguration } from '../../config/index.ts';
import { failureOf, type MessageOutcome, type MessageSender } from '../messages/sender.ts';

type FhirDestination = Extract<DestinationConfiguration, { kind: 'fhir' }>;

const MEDIA_TYPE = 'application/fhir+json';
/** Statuses after which the same resource may be taken later. */
const TRANSIENT: ReadonlySet<number> = new Set([401, 403, 408, 409, 412, 423, 425, 429]);
const LARGEST_ANSWER = 8 * 1024 * 1024;

interface Answer {
  readonly status: number;
  /** `Type/id` of what was stored, where the server tells it. */
  readonly reference: string | undefined;
}

/**
 * Writes the entries of a bundle one after the other: conditional updates (`PUT Type?identifier=…`) and creates with
 * If-None-Exist. Servers limit transactions in many ways and few resolve references alike; this way every R4 server
 * with conditional update will do. What is referred to goes first, the report after its observations; a sequence that
 * broke is written again from its start and ends in the same resources.
 */
export function createFhirSender(destination: FhirDestination): MessageSender {
  const base = destination.url.replace(/\/$/, '');
  const authorization = authorizationOf(destination);
  return {
    async send(content, signal) {
      const bundle = JSON.parse(content) as Bundle;
      /** `urn:uuid:…` of the bundle to `Type/id` of the server. */
      const known = new Map<string, string>();
      try {
        for (const entry of bundle.entry ?? []) {
          const answer = await write(entry, known, signal);
          const problem = problemOf(answer, entry);
          if (problem !== undefined) return problem;
          if (entry.fullUrl !== undefined && answer.reference !== undefined)
            known.set(entry.fullUrl, answer.reference);
        }
        return { result: 'acknowledged' };
      } catch (error) {
        return failureOf(error);
      }
    },
    close() {},
  };

  async function write(
    entry: BundleEntry,
    known: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { request, resource } = entry;
    const body = JSON.stringify(resource).replaceAll(
      /urn:uuid:[0-9a-f-]{36}/g,
      (urn) => known.get(urn) ?? urn,
    );
    const response = await fetch(`${base}/${request?.url ?? ''}`, {
      method: request?.method ?? 'PUT',
      headers: {
        'content-type': MEDIA_TYPE,
        accept: MEDIA_TYPE,
        prefer: 'return=representation',
        ...(request?.ifNoneExist === undefined ? {} : { 'if-none-exist': request.ifNoneExist }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(destination.timeoutSeconds * 1000)]),
    });
    const text = await readBounded(response);
    return { status: response.status, reference: referenceOf(response.headers.get('location'), text) };
  }
}

function problemOf({ status, reference }: Answer, entry: BundleEntry): MessageOutcome | undefined {
  const what = entry.resource?.resourceType ?? 'resource';
  const text = `${what} was answered ${status}`;
  if (status >= 500 || TRANSIENT.has(status) || (status >= 300 && status < 400))
    return { result: 'refused', isTransient: true, text };
  if (status >= 400) return { result: 'refused', isTransient: false, text };
  if (reference === undefined && what !== 'AuditEvent')
    return { result: 'refused', isTransient: false, text: `${text} without an id` };
  return undefined;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LARGEST_ANSWER) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** From Location (`…/Type/id/_history/1`), else from the resource in the body. */
function referenceOf(location: string | null, body: string): string | undefined {
  const match = /([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(\/_history\/[^/]+)?$/.exec(location ?? '');
  if (match?.[1] !== undefined) return match[1];
  try {
    const { resourceType, id } = JSON.parse(body) as { resourceType?: string; id?: string };
    return resourceType === undefined || resourceType === 'OperationOutcome' || id === undefined
      ? undefined
      : `${resourceType}/${id}`;
  } catch {
    return undefined;
  }
}

function authorizationOf({ token, username, password }: FhirDestination): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}
