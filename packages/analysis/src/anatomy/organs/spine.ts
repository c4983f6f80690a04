import type { SpineAnchor } from './spine-anchors.ts';
import { boundaryEvidence } from './spine-profile.ts';
import type { Trunk } from './trunk.ts';
import { VERTEBRAE, type VertebraName } from './vertebrae.ts';

/** Sizes of people relative to the table. */
const SCALES = [0.86, 0.92, 0.98, 1.04, 1.1, 1.16] as const;
/** How much a clear boundary counts, in units of log-likelihood. */
const BOUNDARY_WEIGHT = 5;
/** An anchor fails in this share of people (transitional vertebrae, tumours, a bed of odd height). */
const ODD_SHARE = 0.04;
const ODD_SPAN_MM = 600;
/** A name is counted as certain at a boundary within this distance. */
const SAME_MM = 8;

export interface NamedVertebra {
  readonly name: VertebraName;
  readonly topZ: number;
  readonly bottomZ: number;
  /** Probability, under the model, that the vertebra here bears this name. */
  readonly confidence: number;
  readonly isCut: boolean;
}

const gauss = (x: number, mean: number, sd: number) =>
  Math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

/**
 * Names the vertebrae: of all ways to lay the boundaries of C1 to L5 along the spine, weighted by how much each
 * slice looks like a boundary, the usual heights at several body sizes and the anchors, the best one, and for each vertebra the share of
 * all ways that agree with it. Sum and best over a chain (forward and backward), all in closed form.
 */
export function nameVertebrae(
  trunk: Trunk,
  anchors: readonly SpineAnchor[],
  visible: { readonly topZ: number; readonly bottomZ: number },
): NamedVertebra[] {
  const { labels } = trunk;
  const mm = labels.spacingMm[2];
  const kTop = Math.min(labels.size[2] - 1, Math.round((visible.topZ - labels.origin[2]) / mm));
  const kBottom = Math.max(0, Math.round((visible.bottomZ - labels.origin[2]) / mm));
  const length = kTop - kBottom + 1;
  const count = VERTEBRAE.length;
  if (length * mm < 40) return [];
  const seen = boundaryEvidence(trunk);
  // Position p runs downwards from the top; boundary b lies between vertebra b − 1 and b.
  const z = (p: number) => labels.origin[2] + (kTop - p) * mm;
  const node = Array.from({ length: count + 1 }, (_, b) =>
    Float64Array.from({ length }, (_unused, p) => {
      let weight = Math.exp(BOUNDARY_WEIGHT * (seen[kTop - p]! - 0.5));
      for (const anchor of anchors) {
        if (anchor.boundary !== b) continue;
        weight *= (1 - ODD_SHARE) * gauss(z(p), anchor.z, anchor.sdMm) + ODD_SHARE / ODD_SPAN_MM;
      }
      return weight;
    }),
  );
  // An anchor whose boundary is not laid counts as odd.
  const unlaid = (b: number) =>
    anchors.filter(({ boundary }) => boundary === b).reduce((w) => w * (ODD_SHARE / ODD_SPAN_MM), 1);
  const below = Array.from({ length: count + 2 }, () => 1);
  for (let b = count; b >= 0; b--) below[b] = below[b + 1]! * unlaid(b);
  const above = Array.from({ length: count + 2 }, () => 1);
  for (let b = 1; b <= count + 1; b++) above[b] = above[b - 1]! * unlaid(b - 1);

  const marginal = Array.from({ length: count + 1 }, () => new Float64Array(length));
  let evidence = 0;
  let best: { score: number; path: { b: number; p: number }[] } = {
    score: Number.NEGATIVE_INFINITY,
    path: [],
  };
  for (const scale of SCALES) {
    const run = runChain(node, scale, mm, length, count, above, below);
    evidence += run.evidence;
    for (let b = 0; b <= count; b++)
      for (let p = 0; p < length; p++) marginal[b]![p]! += run.marginal[b]![p]!;
    if (run.bestScore > best.score) best = { score: run.bestScore, path: run.bestPath };
  }
  if (evidence <= 0 || best.path.length < 2) return [];
  const reach = Math.round(SAME_MM / mm);
  const agreement = ({ b, p }: { b: number; p: number }) => {
    let sum = 0;
    for (let q = Math.max(0, p - reach); q <= Math.min(length - 1, p + reach); q++) sum += marginal[b]![q]!;
    return Math.min(1, sum / evidence);
  };
  const named: NamedVertebra[] = [];
  for (let n = 0; n + 1 < best.path.length; n++) {
    const [upper, lower] = [best.path[n]!, best.path[n + 1]!];
    named.push({
      name: VERTEBRAE[upper.b]!.name,
      topZ: z(upper.p),
      bottomZ: z(lower.p),
      confidence: Math.min(agreement(upper), agreement(lower)),
      isCut: false,
    });
  }
  return withCutEnds(named, best.path, z, visible, agreement);
}

/** The vertebrae that the ends of the scan cut: above the first boundary and below the last. */
function withCutEnds(
  named: NamedVertebra[],
  path: readonly { b: number; p: number }[],
  z: (p: number) => number,
  visible: { readonly topZ: number; readonly bottomZ: number },
  agreement: (at: { b: number; p: number }) => number,
): NamedVertebra[] {
  const first = path[0]!;
  const last = path.at(-1)!;
  const result = [...named];
  if (first.b > 0 && visible.topZ - z(first.p) > 4)
    result.unshift({
      name: VERTEBRAE[first.b - 1]!.name,
      topZ: visible.topZ,
      bottomZ: z(first.p),
      confidence: agreement(first),
      isCut: true,
    });
  if (last.b < VERTEBRAE.length && z(last.p) - visible.bottomZ > 4)
    result.push({
      name: VERTEBRAE[last.b]!.name,
      topZ: z(last.p),
      bottomZ: visible.bottomZ,
      confidence: agreement(last),
      isCut: true,
    });
  return result;
}

/** Forward and backward sums and the best path at one body size. */
function runChain(
  node: readonly Float64Array[],
  scale: number,
  mm: number,
  length: number,
  count: number,
  above: readonly number[],
  below: readonly number[],
) {
  const pitch = VERTEBRAE.map((vertebra) => ({
    mean: vertebra.pitchMm * scale,
    sd: vertebra.pitchMm * scale * vertebra.spread,
  }));
  /** The first boundary lies within one vertebra of the upper end, the last within one of the lower end. */
  const mayStart = (b: number, p: number) => p * mm <= (b === 0 ? length * mm : pitch[b - 1]!.mean * 1.25);
  const mayEnd = (b: number, p: number) => b === count || (length - 1 - p) * mm <= pitch[b]!.mean * 1.25;
  const step = pitch.map(({ mean, sd }) => {
    const from = Math.max(1, Math.floor((mean - 3 * sd) / mm));
    const to = Math.ceil((mean + 3 * sd) / mm);
    return {
      from,
      weights: Array.from({ length: to - from + 1 }, (_, n) => gauss((from + n) * mm, mean, sd) * mm),
    };
  });
  const forward = node.map((row) => new Float64Array(row.length));
  const score = node.map((row) => new Float64Array(row.length).fill(Number.NEGATIVE_INFINITY));
  const from = node.map((row) => new Int32Array(row.length).fill(-1));
  for (let b = 0; b <= count; b++)
    for (let p = 0; p < length; p++) {
      const weight = node[b]![p]!;
      let sum = mayStart(b, p) ? above[b]! : 0;
      let best = sum > 0 ? Math.log(sum) : Number.NEGATIVE_INFINITY;
      if (b > 0) {
        const { from: first, weights } = step[b - 1]!;
        for (let n = 0; n < weights.length; n++) {
          const q = p - first - n;
          if (q < 0) break;
          sum += forward[b - 1]![q]! * weights[n]!;
          const way = score[b - 1]![q]! + Math.log(weights[n]!);
          if (way > best) {
            best = way;
            from[b]![p] = q;
          }
        }
      }
      forward[b]![p] = sum * weight;
      score[b]![p] = best + Math.log(weight);
    }
  const backward = node.map((row) => new Float64Array(row.length));
  let evidence = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  let end = { b: 0, p: 0 };
  for (let b = count; b >= 0; b--)
    for (let p = length - 1; p >= 0; p--) {
      let sum = 0;
      if (mayEnd(b, p)) {
        sum = below[b + 1]!;
        evidence += forward[b]![p]! * sum;
        const total = score[b]![p]! + Math.log(sum);
        if (total > bestScore) {
          bestScore = total;
          end = { b, p };
        }
      }
      if (b < count) {
        const { from: first, weights } = step[b]!;
        for (let n = 0; n < weights.length; n++) {
          const q = p + first + n;
          if (q >= length) break;
          sum += weights[n]! * node[b + 1]![q]! * backward[b + 1]![q]!;
        }
      }
      backward[b]![p] = sum;
    }
  const bestPath: { b: number; p: number }[] = [];
  for (let { b, p } = end; ; b--) {
    bestPath.unshift({ b, p });
    const before = from[b]![p]!;
    if (b === 0 || before < 0) break;
    p = before;
  }
  return {
    evidence,
    bestScore,
    bestPath,
    marginal: forward.map((row, b) => row.map((value, p) => value * backward[b]![p]!)),
  };
}
