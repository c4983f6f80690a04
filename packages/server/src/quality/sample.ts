import { createHash } from 'node:crypto';

/** How many of a stratum (model, modality, scanner) passed before, and how many of those were drawn. */
export interface Drawn {
  readonly passed: number;
  readonly sampled: number;
}

/** A stratum may be this many draws behind its share before the next one is taken without a draw. */
const MOST_BEHIND = 1;

/**
 * Whether a series that passed is looked at as well: the first of each stratum, then by a draw that only the study and the
 * series decide, so that nobody can choose, and a repeat draws the same; and where luck leaves a stratum behind its
 * share, the next one.
 */
export function isSampled(study: string, series: string, share: number, { passed, sampled }: Drawn): boolean {
  if (!(share > 0)) return false;
  if (passed === 0) return true;
  const hash = createHash('sha256').update(`quality sample\n${study}\n${series}`).digest();
  if (hash.readUInt32BE(0) / 2 ** 32 < share) return true;
  return share * (passed + 1) - sampled > MOST_BEHIND;
}
