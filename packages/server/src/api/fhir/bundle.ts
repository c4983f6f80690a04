import type { Bundle, FhirResource } from 'fhir/r4.js';
import type { ResourceType, SearchParameters } from './parameters.ts';

export interface Found {
  readonly total: number;
  readonly resources: readonly FhirResource[];
}

/** Found resources as R4 has them: self and next links, each with its address. */
export function searchset(
  base: string,
  type: ResourceType,
  query: string,
  found: Found,
  parameters: SearchParameters,
): Bundle {
  const next = parameters._offset + found.resources.length;
  const address = (text: string) => `${base}/${type}${text === '' ? '' : `?${text}`}`;
  const more = new URLSearchParams(query);
  more.set('_offset', String(next));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.total,
    link: [
      { relation: 'self', url: address(query) },
      ...(found.resources.length > 0 && next < found.total
        ? [{ relation: 'next', url: address(more.toString()) }]
        : []),
    ],
    ...(found.resources.length === 0
      ? {}
      : {
          entry: found.resources.map((resource) => ({
            fullUrl: `${base}/${resource.resourceType}/${resource.id ?? ''}`,
            resource,
            search: { mode: 'match' as const },
          })),
        }),
  };
}
