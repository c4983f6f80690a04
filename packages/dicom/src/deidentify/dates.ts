const DAY_MS = 86_400_000;

/**
 * A DA or DT value moved by whole days; undefined for what is no date. The time of day and the offset of a DT stay, so
 * that what is between two moments stays the same, over midnight too. A DT of only year or month keeps its length.
 */
export function shiftDate(text: string, days: number): string | undefined {
  const match = /^(\d{4})([.-]?)(?:(\d{2})\2(?:(\d{2})(.*))?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, year, separator = '', month, day, rest = ''] = match;
  if (rest !== '' && !/^\s?\d{2,6}(\.\d{1,6})?([+-]\d{4})?$|^[+-]\d{4}$/.test(rest)) return undefined;
  const time = Date.UTC(Number(year), Number(month ?? '07') - 1, Number(day ?? '15'));
  if (Number.isNaN(time)) return undefined;
  const [y, m, d] = new Date(time + days * DAY_MS).toISOString().slice(0, 10).split('-');
  if (month === undefined) return y!;
  return day === undefined ? [y, m].join(separator) : `${[y, m, d].join(separator)}${rest}`;
}

/** Range matching is for queries; in stored objects a date is one date. Values that are no dates are dropped. */
export function shiftDates(values: readonly string[], days: number): string[] {
  return values.flatMap((value) => {
    const shifted = value === '' ? '' : shiftDate(value, days);
    return shifted === undefined ? [] : [shifted];
  });
}
