import type { Volume } from '@photopeak/imaging';
import type { Finding, FoundLesions, Organ, Site } from '../lesions/index.ts';
import type { Assessment } from './assessment.ts';
import {
  type MiTnm,
  miTnm,
  type PsmaReferences,
  type PsmaScore,
  type PsmaSite,
  psmaScore,
} from './promise.ts';

export interface PromiseDraft {
  /** Mean SUV. */
  readonly references: PsmaReferences;
  /** How each reference was measured, or why it was not. */
  readonly notes: readonly string[];
  /** By the number of the finding. */
  readonly scores: readonly { readonly finding: number; readonly score: Assessment<PsmaScore> }[];
  readonly miTnm: MiTnm;
}

/** The middle of an organ's uptake: blur takes from its rim. */
const CORE_SHARE = 0.5;
/** A gland smaller than this is no parotid gland, ml. */
const SMALLEST_PAROTID_ML = 4;

/**
 * miPSMA scores of the lesions that were found with a PSMA ligand, and miTNM as far as their sites tell it; a draft. The
 * blood pool and the liver are the reference regions; the parotid glands are the largest uptake set aside as salivary
 * gland on either side, the spleen the uptake set aside as spleen, each within half of its maximum.
 */
export function promiseDraft(suv: Volume, found: FoundLesions): PromiseDraft {
  const lesions = found.findings.filter(({ hidden }) => !hidden);
  const notes: string[] = [];
  const region = (name: string, outcome: FoundLesions['liver']): number | null => {
    if (outcome.status === 'placed') return outcome.region.mean;
    notes.push(`${name}: ${outcome.reason}`);
    return null;
  };
  const organ = (name: string, findings: readonly Finding[]): number | null => {
    if (findings.length === 0) {
      notes.push(`${name}: no uptake of it was recognised`);
      return null;
    }
    notes.push(`${name}: mean within half of the maximum of ${findings.length} region(s) set aside`);
    return coreMean(suv, found, new Set(findings.map(({ id }) => id)));
  };
  const references: PsmaReferences = {
    bloodPool: region('blood pool', found.bloodPool),
    liver: region('liver', found.liver),
    spleen: organ('spleen', largest(asideAs(found, 'spleen'))),
    parotid: organ('parotid glands', parotids(found)),
  };
  const liverExcreted = found.tracer === 'psma-1007';
  return {
    references,
    notes,
    scores: lesions.map(({ id, measurement }) => ({
      finding: id,
      score: psmaScore(measurement.mean, references, { liverExcreted }),
    })),
    miTnm: miTnm({ lesions: lesions.map(({ site }, n) => ({ id: `L${n + 1}`, site: psmaSite(site) })) }),
  };
}

const asideAs = ({ findings }: FoundLesions, organ: Organ): Finding[] =>
  findings.filter((finding) => finding.kind === 'physiological' && finding.organ === organ);

const largest = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => b.measurement.mtvMl - a.measurement.mtvMl || a.id - b.id).slice(0, 1);

/** The largest gland on either side. */
function parotids(found: FoundLesions): Finding[] {
  const glands = asideAs(found, 'lacrimal or salivary gland').filter(
    ({ measurement }) => measurement.mtvMl >= SMALLEST_PAROTID_ML,
  );
  const isLeft = ({ features }: Finding) => features.leftOfMiddle > 0;
  return [...largest(glands.filter(isLeft)), ...largest(glands.filter((gland) => !isLeft(gland)))];
}

function coreMean(suv: Volume, { labels }: FoundLesions, ids: ReadonlySet<number>): number {
  const most = new Map<number, number>();
  for (let n = 0; n < labels.data.length; n++) {
    const id = labels.data[n]!;
    if (ids.has(id)) most.set(id, Math.max(most.get(id) ?? 0, suv.data[n]!));
  }
  let [sum, count] = [0, 0];
  for (let n = 0; n < labels.data.length; n++) {
    const top = most.get(labels.data[n]!);
    if (top === undefined || suv.data[n]! < CORE_SHARE * top) continue;
    sum += suv.data[n]!;
    count++;
  }
  return sum / count;
}

/** What miTNM needs of a site; null where a person has to say. */
function psmaSite({ name, side }: Site): PsmaSite | null {
  switch (name) {
    case 'bone':
      return { kind: 'bone' };
    case 'iliac region':
      return { kind: 'pelvic-node', region: `${side ?? 'midline'} iliac` };
    case 'inguinal region':
    case 'retroperitoneum':
    case 'mediastinum':
    case 'hilum':
    case 'axilla':
    case 'supraclavicular region':
    case 'neck':
      return { kind: 'extrapelvic-node' };
    case 'lung':
    case 'liver':
      return { kind: 'other-organ', organ: name };
    default:
      return null;
  }
}
