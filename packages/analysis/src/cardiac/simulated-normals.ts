import type { NormalSet } from './normal-sets.ts';
import data from './simulated-normals.json' with { type: 'json' };

/**
 * Normal limits from phantoms (`scripts/write-simulated-normals.ts`), so that everything can be tried without a
 * database of a site. Not for diagnosis: no person was scanned for them.
 */
export const simulatedNormals: readonly NormalSet[] = data as readonly NormalSet[];
