import type { QualityList } from '../api/index.ts';
import type { Tone } from '../ui/index.ts';

export type Entry = QualityList['entries'][number];

export const VERDICTS: Readonly<Record<Entry['verdict'], { readonly word: string; readonly tone: Tone }>> = {
  passed: { word: 'Passed', tone: 'good' },
  flagged: { word: 'Flagged', tone: 'check' },
  held: { word: 'Held back', tone: 'bad' },
};

/** Why somebody is asked, or what they said. */
export function askedOf({ asked, decision, decidedBy, comment }: Entry): string {
  if (decision === 'released' || decision === 'rejected')
    return `${decision} by ${decidedBy ?? '?'}${comment === null ? '' : `: ${comment}`}`;
  switch (asked) {
    case 'held':
      return 'waits to be released or rejected';
    case 'flagged':
      return 'delivered, with a warning';
    case 'sample':
      return 'delivered; drawn to be looked at';
    case null:
      return 'delivered';
  }
}
