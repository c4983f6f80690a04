import type { Finding } from '../pipeline.ts';

export interface SeenMisalignment {
  /** In words: the whole body, a region. */
  readonly where: string;
  readonly mm: number;
}

/** A notice for a person where images of one frame of reference lie further apart than the limit. */
export function alignmentFinding(
  images: string,
  seen: readonly SeenMisalignment[],
  limitMm: number,
): Finding[] {
  const beyond = seen.filter(({ mm }) => mm > limitMm).sort((a, b) => b.mm - a.mm);
  if (beyond.length === 0) return [];
  const places = beyond.map(({ where, mm }) => `${where} ${mm.toFixed(0)} mm`).join(', ');
  return [
    {
      code: 'ALIGNMENT_TO_CHECK',
      severity: 'warning',
      message: `Check fusion alignment of ${images}: ${places}`,
      remedy: 'look at the fused images there before trusting the place and the organ of a finding',
    },
  ];
}
