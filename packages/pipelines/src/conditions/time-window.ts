import { type TimeWindow, type Weekday, weekdays } from './condition.ts';
import type { Complain } from './parse-condition.ts';
import { isMap } from './parse-tests.ts';

const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const KEYS = ['from', 'to', 'timeZone', 'weekdays'];

/** `{ from: "20:00", to: "06:00", timeZone: Europe/Berlin, weekdays: [sat, sun] }`; each part may be left out. */
export function parseTimeWindow(value: unknown, complain: Complain): TimeWindow | undefined {
  if (!isMap(value)) {
    complain([], 'expected { from, to, timeZone, weekdays }');
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key))
      complain([key], `"${key}" is not a setting of a time; there are: ${KEYS.join(', ')}`, 'key');
  }
  if (Object.keys(value).length === 0) complain([], 'name from and to, or weekdays');
  return {
    from: time(value.from ?? '00:00', (message) => complain(['from'], message)),
    to: time(value.to ?? '24:00', (message) => complain(['to'], message)),
    timeZone: zone(value.timeZone, (message) => complain(['timeZone'], message)),
    weekdays: days(value.weekdays, complain),
  };
}

function time(value: unknown, complain: (message: string) => void): number {
  const match = TIME.exec(String(value));
  if (match === null) {
    complain('expected a time of day in quotes, such as "20:00"');
    return 0;
  }
  return match[1] === undefined ? 24 * 60 : Number(match[1]) * 60 + Number(match[2]);
}

function zone(value: unknown, complain: (message: string) => void): string {
  if (value === undefined) return Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: String(value) }).resolvedOptions().timeZone;
  } catch {
    complain(`there is no time zone "${String(value)}"; names are such as Europe/Berlin`);
    return 'UTC';
  }
}

function days(value: unknown, complain: Complain): readonly Weekday[] {
  if (value === undefined) return weekdays;
  if (!Array.isArray(value) || value.length === 0) {
    complain(['weekdays'], `expected a list of ${weekdays.join(', ')}`);
    return weekdays;
  }
  return value.flatMap((entry: unknown, index) => {
    const day = weekdays.find((name) => name === String(entry).toLowerCase());
    if (day === undefined) complain(['weekdays', index], `expected one of ${weekdays.join(', ')}`);
    return day === undefined ? [] : [day];
  });
}
