import type { AuditEvent } from 'fhir/r4.js';
import { AUDIT_SYSTEM, PHOTOPEAK, RUN_SYSTEM, studyIdentifier, tag } from './terms.ts';

export interface AuditRow {
  readonly sequence: number;
  readonly entry: string;
}

/** C create, R read, U update, E execute, as PS3.15 A.5 has it for the nearest message. */
const ACTIONS: Readonly<Record<string, AuditEvent['action']>> = {
  receipt: 'C',
  result: 'C',
  signature: 'C',
  decision: 'U',
  'patient-change': 'U',
  order: 'U',
  account: 'U',
  access: 'R',
  delivery: 'R',
};

/** An entry of the audit chain as AuditEvent; its hash stays with the chain, its sequence names it. */
export function auditEvent({ sequence, entry }: AuditRow): AuditEvent {
  const record = JSON.parse(entry) as { kind: string; actor: string; subject: string; at: string };
  const { kind, actor, subject, at } = record;
  const isPerson = actor.startsWith('user:');
  const [type, value = ''] = splitSubject(subject);
  const what =
    type === 'study'
      ? { identifier: studyIdentifier(value) }
      : type === 'run'
        ? { identifier: { system: RUN_SYSTEM, value } }
        : { identifier: { system: `${PHOTOPEAK}:${type}`, value: value || type } };
  return {
    resourceType: 'AuditEvent',
    id: String(sequence),
    meta: { lastUpdated: at, ...tag(AUDIT_SYSTEM, String(sequence)) },
    type: { system: `${PHOTOPEAK}:audit-kind`, code: kind },
    action: ACTIONS[kind] ?? 'E',
    recorded: at,
    outcome: /refused|failed/.test(kind) ? '8' : '0',
    agent: [
      {
        who: { identifier: { system: `${PHOTOPEAK}:actor`, value: actor } },
        requestor: isPerson,
      },
    ],
    source: { observer: { display: 'Photopeak' } },
    entity: [{ what }],
  };
}

function splitSubject(subject: string): [string, string?] {
  const at = subject.indexOf(':');
  return at < 0 ? [subject] : [subject.slice(0, at), subject.slice(at + 1)];
}
