import type { SuvStatus } from '../api/index.ts';
import { isSuvUnit } from './presets.ts';

export type SuvKind = 'bw' | 'lbm' | 'bsa';

export const suvKinds: readonly { readonly kind: SuvKind; readonly label: string; readonly unit: string }[] =
  [
    { kind: 'bw', label: 'SUVbw', unit: 'g/ml' },
    { kind: 'lbm', label: 'SUVlbm', unit: 'g/ml' },
    { kind: 'bsa', label: 'SUVbsa', unit: 'cm²/ml' },
  ];

/**
 * A voxel of the PET as SUV of every kind, by the node's own factors; undefined where a kind cannot be computed
 * (no height, no sex).
 */
export function suvOf(
  value: number,
  unit: string,
  status: SuvStatus | null,
): Readonly<Record<SuvKind, number | undefined>> | undefined {
  if (status === null || status.status === 'refused') return undefined;
  const times = (kind: SuvKind) => {
    if (isSuvUnit(unit)) {
      const ratio = kind === 'bw' ? 1 : status.ratios[kind];
      return ratio === undefined ? undefined : value * ratio;
    }
    const factor = status.factors[kind];
    return factor === null ? undefined : value * factor;
  };
  return { bw: times('bw'), lbm: times('lbm'), bsa: times('bsa') };
}
