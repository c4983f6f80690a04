import { type DicomJson, type DicomJsonElement, jsonTag, Tag } from '@photopeak/dicom';
import { type QueryMatch, query, refusal, type Service, STATUS, UPS } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { NodeContext } from '../../node/context.ts';
import { T, type WorkItemFilter } from '../../work-items/index.ts';
import { encodeAttributes, readAttributes } from '../data-sets.ts';
import { mayAsk } from '../permissions.ts';
import { addressOf, withAddress } from './address.ts';

/** Matches that are read from the database at a time, and that one query gets at most. */
const PAGE = 200;
const MOST_MATCHES = 10_000;

/** C-FIND of work items (PS3.4 CC.2.8), for pull, watch and query. */
export function workItemQuery({
  workItems,
  configuration,
}: Pick<NodeContext, 'workItems' | 'configuration'>): Service {
  return query({
    models: [UPS.pull, UPS.watch, UPS.query],
    async *find({ association, identifier, transferSyntaxUid, signal }): AsyncGenerator<QueryMatch> {
      if (!mayAsk(configuration, association, 'work-items'))
        throw refusal(STATUS.notAuthorized, 'Not permitted for this AE title');
      const keys = readAttributes(identifier, transferSyntaxUid);
      const filter = filterOf(keys);
      const address = addressOf(configuration);
      // A new item comes first and moves the others on: some are met twice, none is missed.
      const seen = new Set<string>();
      for (let offset = 0; !signal.aborted; offset += PAGE) {
        const { items, more } = await workItems.search(filter, { limit: PAGE, offset }).catch(refused);
        for (const { uid, attributes } of items) {
          if (seen.has(uid)) continue;
          if (seen.size >= MOST_MATCHES) throw refusal(STATUS.outOfResources, 'Too many matches');
          seen.add(uid);
          yield { identifier: encodeAttributes(asked(withAddress(attributes, address), keys)) };
        }
        if (!more) return;
      }
    },
  });
}

function refused(error: unknown): never {
  if (error instanceof PhotopeakError && error.code === 'HTTP_INPUT')
    throw refusal(STATUS.dataSetDoesNotMatch, error.message.slice(0, 64));
  throw error;
}

/** Never matched and never returned: only its performer knows it. */
const HIDDEN = new Set([T.transaction, jsonTag(Tag.SpecificCharacterSet)]);

/** Keys with a value, as the work list matches them: `sequence.attribute` → value. */
export function filterOf(keys: DicomJson): WorkItemFilter {
  const filter: Record<string, string> = {};
  const add = (json: DicomJson, prefix: string): void => {
    for (const [tag, element] of Object.entries(json)) {
      if (HIDDEN.has(tag)) continue;
      if (element.vr === 'SQ') {
        const [item] = element.Value ?? [];
        if (item !== undefined) add(item as DicomJson, `${prefix}${tag}.`);
        continue;
      }
      const text = (element.Value ?? []).map(textOf).join('\\');
      // A comma is a separator of lists elsewhere; here it is a character, and `?` matches it.
      if (text !== '') filter[`${prefix}${tag}`] = text.replaceAll(',', '?');
    }
  };
  add(keys, '');
  return filter;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return String((value as { Alphabetic?: unknown }).Alphabetic ?? '');
  return String(value);
}

/** The attributes that were asked for, empty where the item has none, and always the names of the item. */
export function asked(attributes: DicomJson, keys: DicomJson): DicomJson {
  const out: DicomJson = {};
  for (const [tag, key] of Object.entries(keys)) {
    if (!HIDDEN.has(tag)) out[tag] = part(attributes[tag], key);
  }
  for (const tag of [T.sopClass, T.sopInstance]) {
    const element = attributes[tag];
    if (element !== undefined) out[tag] = element;
  }
  return out;
}

function part(element: DicomJsonElement | undefined, key: DicomJsonElement): DicomJsonElement {
  if (element === undefined) return { vr: key.vr };
  const [wanted] = key.vr === 'SQ' ? (key.Value ?? []) : [];
  if (element.vr !== 'SQ' || wanted === undefined || Object.keys(wanted as object).length === 0)
    return element;
  const items = (element.Value ?? []).map((item) =>
    Object.fromEntries(
      Object.entries(wanted as DicomJson).map(([tag, deeper]) => [
        tag,
        part((item as DicomJson)[tag], deeper),
      ]),
    ),
  );
  return items.length === 0 ? { vr: 'SQ' } : { vr: 'SQ', Value: items };
}
