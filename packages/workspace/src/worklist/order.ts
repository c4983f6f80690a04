import type { WorklistEntry } from '../api/index.ts';
import { personName } from '../text/index.ts';

export type SortKey = 'priority' | 'patient' | 'study' | 'state' | 'registration' | 'findings';

const priorities = { urgent: 0, high: 1, routine: 2 } as const;
/** What waits for a reader comes first. */
const states = {
  draft: 0,
  failed: 1,
  'awaiting-input': 2,
  processing: 3,
  complete: 4,
  receiving: 5,
  signed: 6,
} as const;

type Compare = (a: WorklistEntry, b: WorklistEntry) => number;

const newest: Compare = (a, b) =>
  `${b.studyDate}${b.studyTime}`.localeCompare(`${a.studyDate}${a.studyTime}`) ||
  a.studyInstanceUid.localeCompare(b.studyInstanceUid);

const orders: Readonly<Record<SortKey, Compare>> = {
  priority: (a, b) =>
    Number(a.state === 'signed') - Number(b.state === 'signed') ||
    priorities[a.priority.level] - priorities[b.priority.level] ||
    states[a.state] - states[b.state],
  patient: (a, b) => a.patientName.localeCompare(b.patientName),
  study: newest,
  state: (a, b) => states[a.state] - states[b.state],
  registration: (a, b) => (a.registration?.score ?? 101) - (b.registration?.score ?? 101),
  findings: (a, b) => b.findingCount - a.findingCount,
};

export interface Sorting {
  readonly key: SortKey;
  readonly isReversed: boolean;
}

/** Entries that hold every word of the filter, sorted; equal ones newest first. */
export function arrange(
  entries: readonly WorklistEntry[],
  filter: string,
  { key, isReversed }: Sorting,
): WorklistEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (entry: WorklistEntry) =>
    [
      personName(entry.patientName),
      entry.patientId,
      entry.accessionNumber,
      entry.description,
      entry.studyDate,
      entry.state,
      entry.priority.level,
    ]
      .join(' ')
      .toLowerCase();
  const order = orders[key];
  return entries
    .filter((entry) => words.every((word) => text(entry).includes(word)))
    .sort((a, b) => (isReversed ? -order(a, b) : order(a, b)) || newest(a, b));
}
