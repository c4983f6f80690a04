import { resolveEscapes } from './escape.ts';
import { Hl7Error } from './hl7-error.ts';

/** Separators of a message (MSH-1 and MSH-2). */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

export const DEFAULT_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

/** Far above any real message, far below what would hurt. The bytes are bounded before (mllp/frames.ts). */
const MOST_SEGMENTS = 10_000;
const MOST_FIELDS = 512;
const MOST_REPETITIONS = 1_000;
const SEGMENT_NAME = /^[A-Z][A-Z0-9]{2}$/;
const TEXT_HOLDERS: ReadonlySet<string> = new Set(['OBX', 'NTE']);

/** One repetition of a field. Components and subcomponents count from 1, as in the standard. */
export class Hl7Value {
  readonly #raw: string;
  readonly #delimiters: Delimiters;

  constructor(raw: string, delimiters: Delimiters) {
    this.#raw = raw;
    this.#delimiters = delimiters;
  }

  /** The unescaped, trimmed text of a component (its first subcomponent unless another is asked for). */
  component(component: number, subcomponent = 1): string {
    const { component: c, subcomponent: s } = this.#delimiters;
    const text = this.#raw.split(c)[component - 1]?.split(s)[subcomponent - 1] ?? '';
    // HL7 null: present on purpose and empty.
    return text === '""' ? '' : resolveEscapes(text, this.#delimiters).trim();
  }

  /** The whole repetition as one text: for ST, TX and FT, whose separators are escaped or mere punctuation. */
  get text(): string {
    return this.#raw === '""' ? '' : resolveEscapes(this.#raw, this.#delimiters).trim();
  }

  get isEmpty(): boolean {
    return this.#raw === '' || this.#raw === '""';
  }
}

export class Hl7Segment {
  readonly name: string;
  readonly #fields: readonly string[];
  readonly #delimiters: Delimiters;

  constructor(fields: readonly string[], delimiters: Delimiters) {
    this.name = fields[0] ?? '';
    this.#fields = fields;
    this.#delimiters = delimiters;
  }

  /** Number of the last field. */
  get length(): number {
    return this.#fields.length - 1;
  }

  /** The field as it stands in the message, counted from 1. */
  raw(field: number): string {
    return this.#fields[field] ?? '';
  }

  repetitions(field: number): Hl7Value[] {
    const raw = this.raw(field);
    if (raw === '') return [];
    return raw
      .split(this.#delimiters.repetition, MOST_REPETITIONS)
      .map((repetition) => new Hl7Value(repetition, this.#delimiters));
  }

  /** The first repetition; empty where the field is absent. */
  value(field: number): Hl7Value {
    return this.repetitions(field)[0] ?? new Hl7Value('', this.#delimiters);
  }

  /** A component of the first repetition, unescaped. */
  text(field: number, component = 1, subcomponent = 1): string {
    return this.value(field).component(component, subcomponent);
  }

  /** The sender says that there is no value (`""`), which differs from saying nothing. */
  isNull(field: number): boolean {
    return this.raw(field) === '""';
  }
}

export interface Hl7Message {
  readonly delimiters: Delimiters;
  readonly segments: readonly Hl7Segment[];
  readonly header: Hl7Segment;
}

/**
 * Parses a message: separators from the header, segments, fields. Segments end with CR; a message without any CR may
 * end them with LF. Nothing is asked of the content here.
 * @throws Hl7Error HL7_NOT_A_MESSAGE, HL7_SEGMENT
 */
export function parseMessage(input: string): Hl7Message {
  const text = input.replace(/^\ufeff/, '').replace(/^[\r\n]+/, '');
  const delimiters = readDelimiters(text);
  const lines = text.includes('\r') ? text.split('\r') : text.split('\n');
  if (lines.length > MOST_SEGMENTS) {
    throw new Hl7Error('the message has too many segments', {
      code: 'HL7_SEGMENT',
      condition: 100,
      expected: `at most ${MOST_SEGMENTS}`,
      found: `${lines.length}`,
    });
  }
  const segments = joinContinuations(lines, delimiters).map((line, index) =>
    parseSegment(line, delimiters, index + 1),
  );
  return { delimiters, segments, header: segments[0]! };
}

/** Some senders break the lines of a report or of base64 inside OBX and NTE without escaping them. */
function joinContinuations(lines: readonly string[], delimiters: Delimiters): string[] {
  const nameOf = (line: string) => line.split(delimiters.field, 1)[0]?.trimEnd() ?? '';
  const joined: string[][] = [];
  let holdsText = false;
  for (const line of lines) {
    const clean = line.replace(/^\n+/, '');
    if (clean.trim() === '') continue;
    const name = nameOf(clean);
    if (holdsText && !SEGMENT_NAME.test(name)) {
      joined.at(-1)?.push(clean);
      continue;
    }
    joined.push([clean]);
    holdsText = TEXT_HOLDERS.has(name);
  }
  return joined.map((parts) => parts.join('\n'));
}

function parseSegment(line: string, delimiters: Delimiters, position: number): Hl7Segment {
  const fields = line.split(delimiters.field, MOST_FIELDS);
  const name = (fields[0] ?? '').trimEnd();
  if (!SEGMENT_NAME.test(name)) {
    throw new Hl7Error('a line of the message is not a segment', {
      code: 'HL7_SEGMENT',
      condition: 100,
      expected: 'three characters that name the segment, then the field separator',
      found: `line ${position}`,
      remedy: 'escape line breaks inside a field as \\.br\\ at the sender',
    });
  }
  if (name === 'MSH') {
    if (position > 1) {
      throw new Hl7Error('one frame holds more than one message', {
        code: 'HL7_SEGMENT',
        condition: 100,
        found: `a second MSH in line ${position}`,
        remedy: 'send each message in a frame of its own; batches are not taken',
      });
    }
    // MSH-1 is the separator itself.
    return new Hl7Segment(['MSH', delimiters.field, ...fields.slice(1)], delimiters);
  }
  return new Hl7Segment([name, ...fields.slice(1)], delimiters);
}

function readDelimiters(text: string): Delimiters {
  const field = text[3] ?? '';
  const encoding = text.slice(4).split(field, 1)[0] ?? '';
  const [component = '^', repetition = '~', mark = '\\', subcomponent = '&'] = encoding;
  const all = [field, component, repetition, mark, subcomponent];
  const isUsable = (character: string) => /^[^\p{L}\p{N}\s\p{Cc}]$/u.test(character);
  const usable = all.every(isUsable);
  if (!text.startsWith('MSH') || !usable || encoding.length > 5 || new Set(all).size !== all.length) {
    throw new Hl7Error('this is not an HL7 version 2 message', {
      code: 'HL7_NOT_A_MESSAGE',
      condition: 100,
      location: { segment: 'MSH' },
      expected: 'MSH, the field separator and up to five different encoding characters',
    });
  }
  return { field, component, repetition, escape: mark, subcomponent };
}
