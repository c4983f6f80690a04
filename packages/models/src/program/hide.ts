/** Shorter pieces (initials, a sex, a digit) stand in every text and say nothing. */
const SHORTEST = 3;
const HIDDEN = '[removed]';

/**
 * A text without these identifiers, as whole or in the parts that `^`, `=` and blanks separate, whatever their case.
 * A text that a program wrote itself may hold them in other forms: only where none were given to it is it safe.
 */
export function withoutTexts(text: string, identifiers: readonly string[]): string {
  const parts = identifiers.flatMap((one) => [one, ...one.split(/[\^=\s,]+/)]).map((one) => one.trim());
  const wanted = [...new Set(parts)].filter(({ length }) => length >= SHORTEST);
  wanted.sort((a, b) => b.length - a.length);
  return wanted.reduce(
    (clean, one) => clean.replaceAll(new RegExp(one.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), HIDDEN),
    text,
  );
}
