/**
 * A tree of fixed depth as flat tables: node n has the children 2n+1 and 2n+2. An input below the threshold goes to the
 * first, all else, also one that is not known (NaN), to the second.
 */
export interface Tree {
  /** Index of the input each inner node asks for; −1: the node is a leaf. */
  readonly inputs: readonly number[];
  readonly thresholds: readonly number[];
  /** Log-odds that each node stands for; an inner node's is that of all that pass it. */
  readonly values: readonly number[];
}

export interface BoostedTrees {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** Log-odds of the trees' sum, and how much of it each input moved (differences of node values along the path). */
export function evaluate(
  { base, trees }: BoostedTrees,
  inputs: readonly number[],
): { readonly logOdds: number; readonly byInput: Float64Array } {
  const byInput = new Float64Array(inputs.length);
  let logOdds = base;
  for (const tree of trees) {
    let node = 0;
    logOdds += tree.values[0]!;
    for (let input = tree.inputs[node]!; input >= 0; input = tree.inputs[node] ?? -1) {
      const next = inputs[input]! < tree.thresholds[node]! ? 2 * node + 1 : 2 * node + 2;
      const change = tree.values[next]! - tree.values[node]!;
      byInput[input]! += change;
      logOdds += change;
      node = next;
    }
  }
  return { logOdds, byInput };
}

export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
