import { type TimeWindow, weekdays } from './condition.ts';

const DAY = 24 * 60;

/** Whether a moment lies in a window of the local clock. A window over midnight belongs to the day on which it begins. */
export function isWithin(window: TimeWindow, at: Date): boolean {
  const { day, minute } = localTime(window.timeZone, at);
  const overMidnight = window.to <= window.from;
  if (!overMidnight) return begins(window, day) && minute >= window.from && minute < window.to;
  return (begins(window, day) && minute >= window.from) || (begins(window, day + 6) && minute < window.to);
}

function begins(window: TimeWindow, day: number): boolean {
  const name = weekdays[day % weekdays.length];
  return name !== undefined && window.weekdays.includes(name);
}

/** Day of the week (Monday is 0) and minute of the day, as a clock in that zone shows them. */
export function localTime(timeZone: string, at: Date): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((entry) => entry.type === type)?.value ?? '';
  const day = weekdays.map(String).indexOf(part('weekday').toLowerCase().slice(0, 3));
  return { day, minute: (Number(part('hour')) * 60 + Number(part('minute'))) % DAY };
}
