import { PhotopeakError } from '@photopeak/imaging';

/** One choice of an Accept header: a media type, or the type of the parts of a multipart answer. */
export interface MediaChoice {
  readonly multipart: boolean;
  /** Lower case; of the parts where `multipart`. `*` where any will do. */
  readonly type: string;
  /** As asked for; `*` for "as stored", undefined where none is named. */
  readonly transferSyntax: string | undefined;
  readonly quality: number;
}

const LONGEST_HEADER = 4096;
const MOST_CHOICES = 64;

/**
 * The media types that a client takes, best first: from the `accept` query parameter (PS3.18 §8.3.3.1) or else the
 * Accept header. No header means anything.
 */
export function acceptedMedia(header: string | undefined, parameter?: string): MediaChoice[] {
  const text = parameter ?? header ?? '*/*';
  if (text.length > LONGEST_HEADER) throw tooLong();
  const choices = split(text, ',')
    .slice(0, MOST_CHOICES)
    .map(parse)
    .filter((choice) => choice.quality > 0);
  return choices
    .map((choice, index) => ({ choice, index }))
    .sort((a, b) => b.choice.quality - a.choice.quality || a.index - b.index)
    .map(({ choice }) => choice);
}

function tooLong(): PhotopeakError {
  return new PhotopeakError('the Accept header is too long', {
    code: 'HTTP_INPUT',
    expected: `at most ${LONGEST_HEADER} characters`,
  });
}

function parse(text: string): MediaChoice {
  const [type = '', ...rest] = split(text, ';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const at = part.indexOf('=');
      const name = at < 0 ? part : part.slice(0, at);
      return [name.trim().toLowerCase(), at < 0 ? '' : unquoted(part.slice(at + 1).trim())];
    }),
  );
  const media = type.toLowerCase();
  const multipart = media === 'multipart/related';
  const inner = multipart ? (parameters.get('type') ?? '*').toLowerCase() : media;
  const quality = Number(parameters.get('q') ?? 1);
  return {
    multipart,
    type: inner === '*/*' || inner === '' ? '*' : inner,
    transferSyntax: parameters.get('transfer-syntax'),
    quality: Number.isFinite(quality) ? quality : 0,
  };
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) || /^'.*'$/s.test(text) ? text.slice(1, -1) : text;
}

/** Splits at a separator outside quotes. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"') quote = character;
    else if (character === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

export function matches(choice: MediaChoice, type: string): boolean {
  return (
    choice.type === '*' ||
    choice.type === type ||
    (choice.type.endsWith('/*') && type.startsWith(choice.type.slice(0, -1)))
  );
}

/** @throws always HTTP_NOT_ACCEPTABLE (406) */
export function notAcceptable(offered: readonly string[], asked: string | undefined): PhotopeakError {
  return new PhotopeakError('none of the accepted media types can be given', {
    code: 'HTTP_NOT_ACCEPTABLE',
    expected: offered.join(' or '),
    found: (asked ?? '').slice(0, 200),
    remedy: 'ask for one of the expected types, or for transfer-syntax=*',
  });
}
