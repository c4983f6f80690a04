/**
 * The pairs of rows and columns with the lowest total cost (Hungarian method by shortest augmenting paths, Jonker and
 * Volgenant), where leaving a row and a column alone together costs `alone`. A cost of Infinity forbids a pair.
 * Returns the column of each row, −1 where it stays alone. Equal totals are decided by the order of the input.
 */
export function assign(costs: readonly (readonly number[])[], alone: number): Int32Array {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  const size = rows + columns;
  const result = new Int32Array(rows).fill(-1);
  if (rows === 0 || columns === 0) return result;
  // Each row has a partner of its own that stands for staying alone, and so has each column.
  const half = alone / 2;
  const forbidden = (alone + 1) * (size + 1);
  const cost = (row: number, column: number): number => {
    if (row < rows && column < columns) return Math.min(costs[row]![column]!, forbidden);
    if (row < rows) return column - columns === row ? half : forbidden;
    if (column < columns) return row - rows === column ? half : forbidden;
    return 0;
  };
  // Potentials and matches are counted from 1; 0 is the start of each search.
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOfColumn = new Int32Array(size + 1);
  const cameFrom = new Int32Array(size + 1);
  for (let row = 1; row <= size; row++) {
    rowOfColumn[0] = row;
    let column = 0;
    const shortest = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(size + 1);
    do {
      visited[column] = 1;
      const at = rowOfColumn[column]!;
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let candidate = 1; candidate <= size; candidate++) {
        if (visited[candidate] === 1) continue;
        const reduced = cost(at - 1, candidate - 1) - rowPotential[at]! - columnPotential[candidate]!;
        if (reduced < shortest[candidate]!) {
          shortest[candidate] = reduced;
          cameFrom[candidate] = column;
        }
        if (shortest[candidate]! < step) {
          step = shortest[candidate]!;
          next = candidate;
        }
      }
      for (let each = 0; each <= size; each++) {
        if (visited[each] === 1) {
          rowPotential[rowOfColumn[each]!]! += step;
          columnPotential[each]! -= step;
        } else shortest[each]! -= step;
      }
      column = next;
    } while (rowOfColumn[column] !== 0);
    while (column !== 0) {
      const from = cameFrom[column]!;
      rowOfColumn[column] = rowOfColumn[from]!;
      column = from;
    }
  }
  for (let column = 1; column <= columns; column++) {
    const row = rowOfColumn[column]! - 1;
    if (row < rows && costs[row]![column - 1]! < forbidden) result[row] = column - 1;
  }
  return result;
}
