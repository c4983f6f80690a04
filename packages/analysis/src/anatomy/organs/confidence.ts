import type { Mask } from '@photopeak/imaging';
import type { OrganFind } from './find.ts';
import type { OrganName } from './names.ts';
import type { Trunk } from './trunk.ts';

interface Expectation {
  /** Probability of a good outline: 1 / (1 + exp(−(offset + slope · fit))). Set on twelve tuning phantoms (docs/anatomy.md). */
  readonly offset: number;
  readonly slope: number;
  /** Usual volume of an adult, ml; beyond it the confidence is halved. */
  readonly volumeMl: readonly [number, number];
}

const EXPECTATIONS: Readonly<Record<OrganName, Expectation>> = {
  brain: { offset: 3.2, slope: 0, volumeMl: [900, 1900] },
  heart: { offset: 3.2, slope: 0, volumeMl: [300, 1100] },
  aorta: { offset: -3.2, slope: 0, volumeMl: [70, 450] },
  liver: { offset: 3.2, slope: 0, volumeMl: [700, 3200] },
  spleen: { offset: -2, slope: 6.5, volumeMl: [50, 700] },
  kidneyRight: { offset: -8.7, slope: 17, volumeMl: [70, 330] },
  kidneyLeft: { offset: -8.7, slope: 17, volumeMl: [70, 330] },
  stomach: { offset: 0.4, slope: 0, volumeMl: [60, 1200] },
  bladder: { offset: -4.4, slope: 13.3, volumeMl: [30, 900] },
  spinalCanal: { offset: 1.5, slope: 0, volumeMl: [70, 190] },
};

const UNUSUAL = 0.5;
const CUT = 0.5;

/** True where a mask reaches the first or last slice. */
function isCutOff(mask: Mask): boolean {
  const perSlice = mask.size[0] * mask.size[1];
  const last = mask.data.length - perSlice;
  for (let n = 0; n < perSlice; n++) if (mask.data[n] !== 0 || mask.data[last + n] !== 0) return true;
  return false;
}

/** Confidence of an organ and what speaks against it. */
export function organConfidence(
  _trunk: Trunk,
  name: OrganName,
  find: OrganFind,
  volumeMl: number,
): { readonly confidence: number; readonly findings: readonly string[] } {
  const { offset, slope, volumeMl: usual } = EXPECTATIONS[name];
  const findings = [...(find.findings ?? [])];
  let confidence = 1 / (1 + Math.exp(-(offset + slope * find.fit)));
  if (isCutOff(find.mask)) {
    findings.push('reaches the end of the scan: only a part of it is seen');
    confidence *= CUT;
  } else if (volumeMl < usual[0] || volumeMl > usual[1]) {
    findings.push(`${volumeMl.toFixed(0)} ml is unusual: adults have ${usual[0]} to ${usual[1]} ml`);
    confidence *= UNUSUAL;
  }
  return { confidence, findings };
}
