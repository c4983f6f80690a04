import { type Dataset, type Element, isPrivate, lookUpTag, Tag } from '../data/index.ts';
import { hexTag } from '../errors/index.ts';
import { isUid } from '../uid/index.ts';
import type { Report } from './problem.ts';

/** Form of one value by VR, PS3.5 Table 6.2-1. */
const forms: Readonly<Record<string, (value: string) => boolean>> = {
  AE: (value) => value.length <= 16,
  AS: (value) => /^\d{3}[DWMY]$/.test(value),
  CS: (value) => /^[A-Z0-9_ ]{1,16}$/.test(value),
  DA: (value) => /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(value),
  DS: (value) => value.length <= 16 && /^ *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *$/.test(value),
  DT: (value) => /^\d{4}(\d{2}(\d{2}(\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?$/.test(value),
  IS: (value) => value.length <= 12 && /^ *[+-]?\d+ *$/.test(value),
  LO: (value) => value.length <= 64,
  SH: (value) => value.length <= 16,
  ST: (value) => value.length <= 1024,
  LT: (value) => value.length <= 10240,
  TM: (value) => /^([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?(\.\d{1,6})?)?$/.test(value),
  UI: isUid,
  PN: (value) => value.split('=').length <= 3 && value.split('=').every((group) => group.length <= 64),
};

interface Multiplicity {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** From `1`, `3`, `1-n`, `2-2n`, `1-8`. */
export function parseMultiplicity(text: string): Multiplicity {
  const [low = '1', high] = text.split(/-| or /);
  const least = Number(low);
  if (high === undefined) return { least, most: least, step: 1 };
  const times = /^(\d*)n$/.exec(high);
  if (times === null) return { least, most: Number(high), step: 1 };
  return { least, most: Infinity, step: times[1] === '' ? 1 : Number(times[1]) };
}

/** Values whose number is not the number of values in the sense of VM. */
const uncounted = new Set(['SQ', 'OB', 'OW', 'OF', 'OD', 'OL', 'OV', 'UN', 'LT', 'ST', 'UT', 'UR']);

/** Identifiers given by other systems: taken over as they are, right or wrong. */
const notOurs: ReadonlySet<number> = new Set([
  Tag.PatientID,
  Tag.PatientName,
  Tag.IssuerOfPatientID,
  Tag.AccessionNumber,
  Tag.StudyID,
  Tag.StudyInstanceUID,
  Tag.FrameOfReferenceUID,
]);

function checkElement(element: Element, where: string, report: Report): void {
  const entry = lookUpTag(element.tag);
  const form = forms[element.vr];
  if (form === undefined && uncounted.has(element.vr)) return;
  const values = element.texts();
  for (const [index, raw] of values.entries()) {
    const value = raw.trim();
    if (value !== '' && form !== undefined && !form(value)) {
      report({
        code: 'VALUE_MALFORMED',
        severity: notOurs.has(element.tag) ? 'warning' : 'error',
        where,
        message: `value ${index + 1} is not a valid ${element.vr}`,
        section: 'PS3.5 Table 6.2-1',
      });
    }
  }
  if (entry === undefined || uncounted.has(element.vr) || values.length === 0) return;
  const { least, most, step } = parseMultiplicity(entry.vm);
  if (values.length < least || values.length > most || (values.length - least) % step !== 0) {
    report({
      code: 'VALUE_MULTIPLICITY',
      where,
      message: `has ${values.length} values, must have ${entry.vm}`,
      section: 'PS3.6 section 6',
    });
  }
}

/** Form and number of the values of all public attributes, at any depth. */
export function checkValues(object: Dataset, report: Report, path = ''): void {
  for (const element of object) {
    if (isPrivate(element.tag)) continue;
    const where = `${path}${lookUpTag(element.tag)?.keyword ?? hexTag(element.tag)}`;
    checkElement(element, where, report);
    if (element.vr === 'SQ') {
      for (const [index, item] of element.items().entries())
        checkValues(item, report, `${where}[${index + 1}].`);
    }
  }
}
