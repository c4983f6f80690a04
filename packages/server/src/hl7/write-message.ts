import { escapeText } from './escape.ts';
import { DEFAULT_DELIMITERS } from './message.ts';

/** A component, or its subcomponents. */
type Component = string | readonly string[];
/** A text, a list of components, or repetitions of such lists. */
export type FieldContent =
  | string
  | readonly Component[]
  | { readonly repetitions: readonly (readonly Component[])[] };

/** A segment as its name and its fields by number. */
export interface SegmentContent {
  readonly name: string;
  readonly fields: Readonly<Record<number, FieldContent | undefined>>;
}

const D = DEFAULT_DELIMITERS;

/** Writes a message with the usual separators; every value is escaped, so content can never become structure. */
export function writeMessage(segments: readonly SegmentContent[]): string {
  return segments.map((segment) => `${writeSegment(segment)}\r`).join('');
}

function writeSegment({ name, fields }: SegmentContent): string {
  const isHeader = name === 'MSH';
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  const texts: string[] = [];
  for (let number = isHeader ? 3 : 1; number <= last; number++) texts.push(writeField(fields[number]));
  const start = isHeader
    ? [`MSH${D.field}${D.component}${D.repetition}${D.escape}${D.subcomponent}`]
    : [name];
  return [...start, ...texts].join(D.field).replace(/\|+$/, '');
}

function writeField(content: FieldContent | undefined): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return escapeText(content, D);
  if ('repetitions' in content) return content.repetitions.map(writeComponents).join(D.repetition);
  return writeComponents(content);
}

function writeComponents(components: readonly Component[]): string {
  return components
    .map((component) =>
      typeof component === 'string'
        ? escapeText(component, D)
        : component.map((part) => escapeText(part, D)).join(D.subcomponent),
    )
    .join(D.component)
    .replace(/\^+$/, '');
}

/** `YYYYMMDDHHMMSS+0000`: HL7 DTM of an instant, in UTC and saying so. */
export function hl7Time(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`;
}
