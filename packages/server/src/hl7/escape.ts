import type { Delimiters } from './message.ts';

/** An escape sequence is short; a lone escape character is text. */
const LONGEST_SEQUENCE = 64;

/**
 * Resolves escape sequences (HL7 v2.5.1 chapter 2.7): separators, `\X..\` bytes, `\.br\` and other line ends.
 * Highlighting and character-set switches are dropped. What is no sequence stays as it is.
 */
export function resolveEscapes(text: string, delimiters: Delimiters): string {
  const { escape: mark } = delimiters;
  if (!text.includes(mark)) return text;
  let result = '';
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf(mark, position);
    if (start < 0) break;
    const end = text.indexOf(mark, start + 1);
    result += text.slice(position, start);
    if (end < 0 || end - start > LONGEST_SEQUENCE) {
      result += mark;
      position = start + 1;
      continue;
    }
    const resolved = resolve(text.slice(start + 1, end), delimiters);
    if (resolved === undefined) {
      result += mark;
      position = start + 1;
    } else {
      result += resolved;
      position = end + 1;
    }
  }
  return result + text.slice(position);
}

function resolve(sequence: string, delimiters: Delimiters): string | undefined {
  switch (sequence) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'P':
      return '#';
    case 'H':
    case 'N':
      return '';
  }
  if (/^X([0-9A-Fa-f]{2})+$/.test(sequence)) return hexText(sequence.slice(1));
  if (/^[CM][0-9A-Fa-f]{4,6}$/.test(sequence)) return '';
  const format = /^\.(br|sp|fi|nf|in|ti|sk|ce)([+-]?\d{0,4})$/.exec(sequence);
  if (format === null) return undefined;
  const [, name, count] = format;
  if (name === 'br' || name === 'sp' || name === 'ce') return '\n';
  if (name === 'sk') return ' '.repeat(Math.min(Math.max(Number(count) || 1, 1), 80));
  return '';
}

function hexText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    text = bytes.toString('latin1');
  }
  return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
}

/** The text as it may stand in a component: separators escaped, line ends as `\.br\`, control characters dropped. */
export function escapeText(text: string, delimiters: Delimiters): string {
  const { field, component, repetition, escape: mark, subcomponent } = delimiters;
  const names = new Map([
    [field, 'F'],
    [component, 'S'],
    [subcomponent, 'T'],
    [repetition, 'R'],
    [mark, 'E'],
  ]);
  let result = '';
  for (const character of text.replaceAll(/\r\n?/g, '\n')) {
    const name = names.get(character);
    if (name !== undefined) result += `${mark}${name}${mark}`;
    else if (character === '\n') result += `${mark}.br${mark}`;
    else if (!/\p{Cc}/u.test(character)) result += character;
  }
  return result;
}
