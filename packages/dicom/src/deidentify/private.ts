import { type Dataset, Element, vrTraits } from '../data/index.ts';
import { shiftDates } from './dates.ts';
import type { Identifiers } from './identifiers.ts';
import type { DeidentificationOption } from './profile.ts';
import type { SafePrivateElement } from './safe-private.ts';

/**
 * Private attributes leave unless the Retain Safe Private option is given and the table of safe ones names them, by
 * creator and element in whichever block the creator has reserved. Dates among them follow the option for dates.
 */
export function cleanPrivate(
  source: Dataset,
  result: Dataset,
  walk: {
    readonly options: ReadonlySet<DeidentificationOption>;
    readonly safePrivate: readonly SafePrivateElement[];
    readonly identifiers: Identifiers;
    readonly shiftDays: number;
  },
): void {
  for (const { creator, group, element: low, vr } of walk.safePrivate) {
    const element = source.privateElement(group, creator, low);
    if (element === undefined || element.content.kind === 'items' || element.content.kind === 'fragments')
      continue;
    const typed = new Element(element.tag, vr, element.content);
    const value = safeValue(typed, walk);
    if (value === undefined) continue;
    const block = ((group << 16) | ((element.tag >>> 8) & 0xff)) >>> 0;
    result.set(block, creator, 'LO');
    if (value instanceof Element) result.setElement(value);
    else result.set(element.tag, value, vr);
  }
}

function safeValue(
  element: Element,
  walk: Parameters<typeof cleanPrivate>[2],
): Element | string[] | undefined {
  const { vr } = element;
  if (vrTraits[vr].kind === 'number') return element;
  const texts = element.texts();
  if (vr === 'DT' || vr === 'DA') {
    const joined = texts.map((text) => text.replace(/\s+/g, ''));
    if (walk.options.has('retain-modified-dates')) return shiftDates(joined, walk.shiftDays);
    return walk.options.has('retain-full-dates') ? shiftDates(joined, 0) : undefined;
  }
  if (vr === 'DS' || vr === 'IS')
    return texts.every((text) => text.trim() !== '' && !Number.isNaN(Number(text))) ? texts : undefined;
  return texts.map((text) => walk.identifiers.scrub(text));
}
