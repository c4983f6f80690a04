import { type BoostedTrees, evaluate, probabilityOf, type Tree } from './trees.ts';

export interface Sample {
  readonly inputs: readonly number[];
  /** Physiological. */
  readonly positive: boolean;
}

export interface TrainingOptions {
  readonly rounds: number;
  readonly depth: number;
  readonly rate: number;
  /** Least sum of p(1−p) in a leaf. */
  readonly leastWeight: number;
  /** Added to it against extreme leaves. */
  readonly ridge: number;
}

export const TRAINING: TrainingOptions = { rounds: 90, depth: 3, rate: 0.1, leastWeight: 1.5, ridge: 1 };

/** Gradient boosting of the logistic loss by Newton steps (Friedman 2001; Chen and Guestrin 2016). No chance in it. */
export function trainTrees(samples: readonly Sample[], options: TrainingOptions = TRAINING): BoostedTrees {
  const share = samples.reduce((sum, { positive }) => sum + Number(positive), 0) / samples.length;
  const base = Math.log(share / (1 - share));
  const scores = new Float64Array(samples.length).fill(base);
  // Orders of the samples by each input, once; unknown values come last, where the comparison sends them.
  const orders = samples[0]!.inputs.map((_, input) =>
    Uint32Array.from(samples.keys()).sort(
      (a, b) => order(samples[a]!.inputs[input]!, samples[b]!.inputs[input]!) || a - b,
    ),
  );
  const trees: Tree[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const gradient = new Float64Array(samples.length);
    const weight = new Float64Array(samples.length);
    samples.forEach(({ positive }, n) => {
      const p = probabilityOf(scores[n]!);
      gradient[n] = Number(positive) - p;
      weight[n] = p * (1 - p);
    });
    const tree = growTree(samples, orders, gradient, weight, options);
    trees.push(tree);
    samples.forEach(({ inputs }, n) => {
      scores[n]! += evaluate({ base: 0, trees: [tree] }, inputs).logOdds;
    });
  }
  return { base, trees };
}

function order(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}

function growTree(
  samples: readonly Sample[],
  orders: readonly Uint32Array[],
  gradient: Float64Array,
  weight: Float64Array,
  { depth, rate, leastWeight, ridge }: TrainingOptions,
): Tree {
  const inner = 2 ** depth - 1;
  const inputs = new Array<number>(inner).fill(-1);
  const thresholds = new Array<number>(inner).fill(0);
  const values = new Array<number>(2 * inner + 1).fill(0);
  const nodeOf = new Int32Array(samples.length);
  const sums = (node: number) => {
    let [g, h] = [0, 0];
    for (let n = 0; n < nodeOf.length; n++)
      if (nodeOf[n] === node) {
        g += gradient[n]!;
        h += weight[n]!;
      }
    return { g, h };
  };
  const worth = (g: number, h: number) => (g * g) / (h + ridge);
  for (let node = 0; node < values.length; node++) {
    const { g, h } = sums(node);
    values[node] = round((rate * g) / (h + ridge));
    if (node >= inner || h < 2 * leastWeight) continue;
    let best = { gain: 1e-6, input: -1, threshold: 0 };
    orders.forEach((sorted, input) => {
      let [left, leftWeight] = [0, 0];
      let before = Number.NaN;
      for (const n of sorted) {
        if (nodeOf[n] !== node) continue;
        const value = samples[n]!.inputs[input]!;
        if (value > before && leftWeight >= leastWeight && h - leftWeight >= leastWeight) {
          const gain = worth(left, leftWeight) + worth(g - left, h - leftWeight) - worth(g, h);
          if (gain > best.gain) best = { gain, input, threshold: round((before + value) / 2) };
        }
        if (Number.isNaN(value)) break;
        left += gradient[n]!;
        leftWeight += weight[n]!;
        before = value;
      }
    });
    if (best.input < 0) continue;
    inputs[node] = best.input;
    thresholds[node] = best.threshold;
    for (let n = 0; n < nodeOf.length; n++)
      if (nodeOf[n] === node)
        nodeOf[n] = samples[n]!.inputs[best.input]! < best.threshold ? 2 * node + 1 : 2 * node + 2;
  }
  return { inputs, thresholds, values };
}

/** Short numbers make a short table; what they lose is far below what the data tell. */
const round = (value: number): number => Number(value.toPrecision(5));
