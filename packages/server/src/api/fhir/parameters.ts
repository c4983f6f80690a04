import { z } from 'zod';

/** Search parameters of every type; what else is asked for is refused, as R4 3.1.1.3 allows with `handling=strict`. */
export const SearchParameters = z.strictObject({
  _id: z.string().max(128).optional(),
  identifier: z.string().max(512).optional(),
  patient: z.string().max(512).optional(),
  'patient.identifier': z.string().max(512).optional(),
  subject: z.string().max(512).optional(),
  study: z.string().max(512).optional(),
  focus: z.string().max(512).optional(),
  'imaging-study': z.string().max(512).optional(),
  _lastUpdated: z.union([z.string().max(64), z.array(z.string().max(64)).max(4)]).optional(),
  _count: z.coerce.number().int().min(0).max(500).default(50),
  _offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  _format: z.string().max(64).optional(),
});
export type SearchParameters = z.infer<typeof SearchParameters>;

export const resourceTypes = [
  'ImagingStudy',
  'Patient',
  'ServiceRequest',
  'DiagnosticReport',
  'Observation',
  'Task',
  'AuditEvent',
] as const;
export type ResourceType = (typeof resourceTypes)[number];

/** `system|value`, `|value` or `value`: the value, and the system where one was given. */
export function token(text: string | undefined): { system: string | undefined; value: string } | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf('|');
  return at < 0
    ? { system: undefined, value: text }
    : { system: text.slice(0, at) || undefined, value: text.slice(at + 1) };
}

export const uidOf = (text: string): string => text.replace(/^ImagingStudy\//, '').replace(/^urn:oid:/, '');

/** A study by reference or identifier, under any of the names that R4 has for the parameter. */
export function studyOf(parameters: SearchParameters): string | undefined {
  const text = parameters.study ?? parameters['imaging-study'] ?? parameters.focus;
  return text === undefined ? undefined : uidOf(token(text)?.value ?? '');
}

/** Of a patient: the id of its resource here (`Patient/…`), or its number. */
export function patientOf(parameters: SearchParameters): { id?: string; number?: string } | undefined {
  const reference = parameters.patient ?? parameters.subject;
  const number = token(parameters['patient.identifier'])?.value;
  if (number !== undefined) return { number };
  if (reference === undefined) return undefined;
  return { id: reference.replace(/^Patient\//, '') };
}

export type Range = { readonly operator: '=' | '>' | '<' | '>=' | '<='; readonly at: Date };
const OPERATORS = { eq: '=', gt: '>', lt: '<', ge: '>=', le: '<=', sa: '>', eb: '<' } as const;

export function ranges(parameters: SearchParameters): Range[] {
  return [parameters._lastUpdated ?? []].flat().map((text) => {
    const match = /^(eq|gt|lt|ge|le|sa|eb)?(\d{4}.*)$/.exec(text);
    const at = new Date(match?.[2] ?? '');
    if (match === null || Number.isNaN(at.getTime())) {
      throw new z.ZodError([
        {
          code: 'custom',
          path: ['_lastUpdated'],
          message: 'a date with an optional prefix like ge',
          input: text,
        },
      ]);
    }
    return { operator: OPERATORS[(match[1] ?? 'eq') as keyof typeof OPERATORS], at };
  });
}
