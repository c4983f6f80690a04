import { createHash } from 'node:crypto';
import type { Bundle, BundleEntry, FhirResource, Identifier } from 'fhir/r4.js';
import type { Database } from '../../database/index.ts';
import {
  AUDIT_SYSTEM,
  auditEvent,
  imagingStudy,
  type Link,
  type LinkedType,
  priorityTask,
  reportResources,
} from '../../fhir/index.ts';
import type { ReportContent } from '../messages/content.ts';

/** `urn:uuid` of a resource inside a bundle, derived from what it is: the same bundle has the same bytes. */
const bundleLink: Link = (type, id) => {
  const hex = createHash('sha256').update(`${type}/${id}`).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** More than a person can have done with one run. */
const MOST_AUDIT_EVENTS = 100;

/**
 * Everything about a run, in the order in which it is written: study, observations, report, task, audit events. Each resource is put
 * under its identifier (conditional update), so that a repeat, and later the signed state, change it instead of adding
 * another; the patient is named by identifier only, never made. Where the server has signed reports of other runs on this study
 * (`replaced`, the newest first), its report becomes this one, corrected, and their observations are withdrawn.
 */
export async function reportBundle(
  db: Database,
  content: ReportContent,
  replaced: readonly ReportContent[] = [],
): Promise<Bundle> {
  const study = await db
    .selectFrom('study')
    .selectAll()
    .where('study_instance_uid', '=', content.study.uid)
    .executeTakeFirstOrThrow();
  const first = replaced.at(-1);
  const { report, observations, task } = reportResources(content, bundleLink, first?.runId);
  const rows = await db
    .selectFrom('audit')
    .select(['sequence', 'entry'])
    .where('entry', 'like', `%"subject":"run:${content.runId}"%`)
    .orderBy('sequence', 'desc')
    .limit(MOST_AUDIT_EVENTS)
    .execute();
  return transaction([
    put(await imagingStudy(db, study)),
    ...replaced.flatMap((before) =>
      reportResources(before, bundleLink).observations.map((observation) =>
        put({ ...observation, status: 'entered-in-error' }),
      ),
    ),
    ...observations.map((observation) => put(observation)),
    put(report),
    put(task),
    ...rows.map((row): BundleEntry => {
      const { id, ...resource } = auditEvent(row);
      // AuditEvent has no identifier; the tag is what a repeat finds.
      return {
        fullUrl: bundleLink('AuditEvent', id ?? ''),
        resource,
        request: {
          method: 'POST',
          url: 'AuditEvent',
          ifNoneExist: `_tag=${encodeURIComponent(`${AUDIT_SYSTEM}|${row.sequence}`)}`,
        },
      };
    }),
  ]);
}

export function priorityBundle(content: Pick<ReportContent, 'study' | 'patient'>): Bundle {
  return transaction([put({ ...priorityTask(content), id: content.study.uid })]);
}

const transaction = (entry: BundleEntry[]): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry,
});

type Identified = FhirResource & { identifier?: Identifier[] };

function put(resource: Identified): BundleEntry {
  const { id, meta: _, ...rest } = resource;
  const [identifier] = resource.identifier ?? [];
  const query = `identifier=${encodeURIComponent(`${identifier?.system ?? ''}|${identifier?.value ?? ''}`)}`;
  return {
    fullUrl: bundleLink(resource.resourceType as LinkedType, id ?? ''),
    resource: rest as FhirResource,
    request: { method: 'PUT', url: `${resource.resourceType}?${query}` },
  };
}
