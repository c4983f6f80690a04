import { frameBits, imagePixel } from '../codecs/index.ts';
import { scheme } from '../codes/index.ts';
import { Dataset, Element, isPrivate, Tag, vrTraits } from '../data/index.ts';
import { codeItem } from '../objects/common/index.ts';
import { itemRules, needOf, type Rules, rulesOf } from './attribute-type.ts';
import { shiftDates } from './dates.ts';
import { dummyValue, emptyDocument } from './dummy.ts';
import { cleanText, type Identifiers, identifiersOf, REMOVED } from './identifiers.ts';
import { withoutComments } from './pixel-comments.ts';
import { cleanPrivate } from './private.ts';
import {
  type Action,
  actionOf,
  type DeidentificationOption,
  type DeidentificationProfile,
  deidentificationOptions,
  methodCodes,
} from './profile.ts';
import { profileEdition } from './profile-table.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { type SafePrivateElement, safePrivateElements } from './safe-private.ts';

export interface DeidentificationContext {
  readonly pseudonyms: Pseudonyms;
  /** Further private elements that hold no identity, for the Retain Safe Private option. */
  readonly safePrivate?: readonly SafePrivateElement[];
}

/** What walks along through the items of sequences. */
interface Walk {
  readonly options: ReadonlySet<DeidentificationOption>;
  readonly pseudonyms: Pseudonyms;
  readonly identifiers: Identifiers;
  readonly safePrivate: readonly SafePrivateElement[];
  readonly shiftDays: number;
}

/** What happens to text that the profile does not name: looked through, cleaned as free text, or replaced. */
type TextMode = 'scrub' | 'clean' | 'replace';

/** They hold what was taken away, or vouch for what was changed. */
const alwaysRemoved: ReadonlySet<number> = new Set([
  Tag.EncryptedAttributesSequence,
  Tag.MACParametersSequence,
]);

const dcm = scheme('DCM');

/**
 * De-identifies a data set by the Basic Application Level Confidentiality Profile of PS3.15 annex E and its options,
 * at any depth. Where the profile leaves a choice (X/Z, X/D, Z/D, …), the one is taken that keeps the IOD conformant.
 * Beyond the profile, text that stays is searched for the identifiers that the data set itself names.
 *
 * The pixels stay: `deidentifyPart10` cleans them too. The same data set, profile and key always give the same result;
 * the data set that is given is not changed.
 */
export function deidentify(
  dataset: Dataset,
  profile: DeidentificationProfile,
  context: DeidentificationContext,
): Dataset {
  const options = new Set(profile.options);
  const { pseudonyms } = context;
  const walk: Walk = {
    options,
    pseudonyms,
    identifiers: identifiersOf(dataset, {
      institution: options.has('retain-institution-identity'),
      device: options.has('retain-device-identity'),
    }),
    safePrivate: options.has('retain-safe-private')
      ? [...safePrivateElements, ...(context.safePrivate ?? [])]
      : [],
    shiftDays: pseudonyms.shiftDays(dataset),
  };
  const result = cleanDataset(dataset, rulesOf(dataset), 'scrub', walk);
  const patient = pseudonyms.patient(dataset);
  result.set('PatientID', patient).set('PatientName', patient);
  trimPixelData(result);
  return addMarks(result, profile);
}

function addMarks(result: Dataset, profile: DeidentificationProfile): Dataset {
  const given = new Set(profile.options);
  const named = deidentificationOptions.filter((option) => given.has(option));
  const codes = [methodCodes.basic, ...named.map((option) => methodCodes[option])];
  return result
    .set('PatientIdentityRemoved', 'YES')
    .set('DeidentificationMethod', `Photopeak, ${profileEdition}`)
    .set(
      'DeidentificationMethodCodeSequence',
      codes.map(([value, meaning]): Dataset => codeItem(dcm(value, meaning))),
    )
    .set(
      'LongitudinalTemporalInformationModified',
      given.has('retain-modified-dates')
        ? 'MODIFIED'
        : given.has('retain-full-dates')
          ? 'UNMODIFIED'
          : 'REMOVED',
    );
}

function cleanDataset(source: Dataset, rules: Rules, mode: TextMode, walk: Walk): Dataset {
  const result = new Dataset();
  const overlays = keptOverlays(source, walk.options);
  for (const element of source) {
    const { tag } = element;
    const group = tag >>> 16;
    if (isPrivate(tag) || (tag & 0xffff) === 0 || alwaysRemoved.has(tag)) continue;
    if (isRepeating(group, 0x50)) continue;
    if (isRepeating(group, 0x60) && !(overlays.has(group) && (tag & 0xffff) !== 0x4000)) continue;
    // What neither the dictionary nor the file knows cannot be vouched for.
    if (element.vr === 'UN') continue;
    const cleaned = cleanElement(element, rules, mode, walk);
    if (cleaned !== undefined) result.setElement(cleaned);
  }
  cleanPrivate(source, result, walk);
  return result;
}

const isRepeating = (group: number, high: number) => group >>> 8 === high && group % 2 === 0;

/** With Clean Graphics, overlays that outline regions stay; those that draw may draw text. */
function keptOverlays(source: Dataset, options: ReadonlySet<DeidentificationOption>): Set<number> {
  const kept = new Set<number>();
  if (!options.has('clean-graphics')) return kept;
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    if (source.text((group << 16) | 0x0040) === 'R') kept.add(group);
  }
  return kept;
}

function cleanElement(element: Element, rules: Rules, mode: TextMode, walk: Walk): Element | undefined {
  const { tag, vr } = element;
  const action = actionOf(tag, vr, walk.options);
  if (action === undefined) return keep(element, rules, mode, walk);
  switch (resolve(action, needOf(rules, tag))) {
    case 'remove':
      return undefined;
    case 'empty':
      return valued(element, null);
    case 'dummy':
      return dummy(element, rules, walk);
    case 'uid':
      return valued(
        element,
        element.texts().map((uid) => walk.pseudonyms.uid(uidCharacters(uid))),
      );
    case 'shift':
      return shifted(element, walk.shiftDays);
    case 'keep':
      return keep(element, rules, mode, walk);
    case 'clean':
      return keep(element, rules, 'clean', walk);
  }
}

type Resolved = 'remove' | 'empty' | 'dummy' | 'uid' | 'shift' | 'keep' | 'clean';

/** PS3.15 table E.1-1a, notes of the combined codes: what the type of the attribute in its IOD asks for. */
function resolve(action: Action, need: ReturnType<typeof needOf>): Resolved {
  switch (action) {
    case 'X':
      return 'remove';
    case 'Z':
      return need === 'value' ? 'dummy' : 'empty';
    case 'D':
      return 'dummy';
    case 'U':
      return 'uid';
    case 'K':
      return 'keep';
    case 'C':
      return 'clean';
    case 'shift':
      return 'shift';
    case 'X/Z':
      return need === 'nothing' ? 'remove' : 'empty';
    case 'Z/D':
      return need === 'nothing' || need === 'presence' ? 'empty' : 'dummy';
    case 'X/D':
    case 'X/Z/D':
      return need === 'nothing' ? 'remove' : need === 'presence' ? 'empty' : 'dummy';
    case 'X/Z/U*':
      return need === 'nothing' ? 'remove' : need === 'presence' ? 'empty' : 'keep';
  }
}

function valued(element: Element, value: Parameters<Dataset['set']>[1]): Element {
  const vr = element.vr === 'UN' ? undefined : element.vr;
  return new Dataset().set(element.tag, value, vr).element(element.tag)!;
}

function dummy(element: Element, rules: Rules, walk: Walk): Element {
  const { tag, vr } = element;
  if (tag === Tag.ContentSequence) {
    const item = Dataset.of({
      RelationshipType: 'CONTAINS',
      ValueType: 'TEXT',
      ConceptNameCodeSequence: codeItem(dcm('121106', 'Comment')),
      TextValue: REMOVED,
    });
    return valued(element, [item]);
  }
  if (tag === Tag.EncapsulatedDocument) return valued(element, emptyDocument());
  if (vr === 'SQ') return keep(element, rules, 'replace', walk);
  if (vr === 'UI')
    return valued(
      element,
      element.texts().map((uid) => walk.pseudonyms.uid(uidCharacters(uid))),
    );
  return valued(element, dummyValue(vr));
}

function shifted(element: Element, days: number): Element {
  switch (element.vr) {
    case 'DA':
    case 'DT':
      return valued(element, shiftDates(element.texts(), days));
    case 'TM':
      return valued(
        element,
        element.texts().filter((time) => TIME.test(time)),
      );
    default:
      return valued(
        element,
        element.texts().filter((offset) => /^[+-]\d{4}$/.test(offset)),
      );
  }
}

const TIME = /^\d{2}(:?\d{2}){0,2}(\.\d{1,6})?$/;
const NUMBER = /^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/;
const uidCharacters = (uid: string) => uid.replace(/[^0-9.].*$/s, '');

/** What a value of a VR may look like, so that nothing else hides in it. */
const forms: Readonly<Record<string, RegExp>> = {
  DS: NUMBER,
  IS: NUMBER,
  AS: /^\d{3}[DWMY]$/,
  DA: /^\d{4}[.-]?\d{2}[.-]?\d{2}$/,
  DT: /^\d{4,14}(\.\d{1,6})?([+-]\d{4})?$/,
  TM: TIME,
  UI: /^[0-9.]+$/,
};

/** Free text; the other strings are terms or have a form of their own. */
const freeText: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);

function keep(element: Element, rules: Rules, mode: TextMode, walk: Walk): Element {
  const { tag, vr } = element;
  if (vr === 'SQ') {
    const inner = itemRules(rules, tag);
    const items = element.items().map((item) => cleanDataset(item, inner, mode, walk));
    return new Element(tag, 'SQ', { kind: 'items', items: () => items });
  }
  if (vrTraits[vr].kind !== 'text') return element;
  const values = element.texts();
  const cleaned = keptTexts(tag, vr, values, mode, walk.identifiers);
  const same = cleaned.length === values.length && cleaned.every((value, index) => value === values[index]);
  return same && !hasHiddenBytes(element) ? element : valued(element, cleaned);
}

function keptTexts(
  tag: number,
  vr: string,
  values: readonly string[],
  mode: TextMode,
  identifiers: Identifiers,
): string[] {
  const form = forms[vr];
  // A value of another form is not the value; multiple values keep their positions.
  if (form !== undefined) return values.map((value) => (form.test(value.trim()) ? value : ''));
  const visible = values.map((value) => value.replace(/\0.*$/s, ''));
  if (mode === 'replace' && freeText.has(vr)) return visible.map((value) => (value === '' ? '' : REMOVED));
  if (mode === 'clean' && freeText.has(vr)) return visible.map((value) => cleanText(value, identifiers));
  return visible.map((value) => identifiers.scrub(value, tag));
}

/** Bytes after a NUL are read by nobody and written along by everybody. */
function hasHiddenBytes({ content }: Element): boolean {
  if (content.kind !== 'encoded') return false;
  const nul = content.bytes.indexOf(0);
  return nul >= 0 && nul < content.bytes.length - 1;
}

/** Pixel data ends where the image ends, and compressed frames lose the comments of their encoder. */
function trimPixelData(result: Dataset): void {
  const element = result.element(Tag.PixelData);
  if (element === undefined) return;
  const fragments = element.fragments();
  if (fragments !== undefined) {
    const clean = withoutComments(fragments);
    if (clean === fragments) return;
    result.setElement(new Element(Tag.PixelData, element.vr, { kind: 'fragments', value: clean }));
    for (const keyword of ['ExtendedOffsetTable', 'ExtendedOffsetTableLengths'] as const)
      result.delete(keyword);
    return;
  }
  if (element.content.kind !== 'encoded' || !result.has('Rows') || !result.has('BitsAllocated')) return;
  const pixel = imagePixel(result);
  const whole = Math.ceil((pixel.frames * frameBits(pixel)) / 8);
  const even = whole + (whole % 2);
  const { content } = element;
  if (content.bytes.length <= even) return;
  const bytes = content.bytes.subarray(0, even);
  result.setElement(new Element(Tag.PixelData, element.vr, { ...content, bytes }));
}
