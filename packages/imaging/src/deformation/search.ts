import type { Resident } from '../pool/resident.ts';
import type { Features } from './features.ts';
import type { Nodes } from './nodes.ts';
import { smoothed } from './nodes.ts';
import type { SearchPlan } from './plan.ts';

/**
 * Coupled convex search (Heinrich et al., MICCAI 2014): for every voxel the cost of all displacements of whole voxels
 * within a radius of the start, then alternately the best of them, pulled to the smoothed field, and the smoothing.
 */
export async function search(
  memory: Resident,
  fixed: Features,
  moving: Features,
  start: Nodes,
  plan: SearchPlan,
): Promise<Nodes> {
  const [nx, ny, nz] = fixed.size;
  const count = nx * ny * nz;
  const choices = (2 * plan.radius + 1) ** 3;
  const cost = memory.take('uint16', count * choices);
  await memory.call('search_cost', nz, count * choices, (from, to) => [
    ...[fixed.features, moving.features, fixed.weights, start.u],
    ...[nx, ny, nz, plan.radius, from, to, cost],
  ]);
  const best: Nodes = { size: fixed.size, u: memory.take('float32', 3 * count) };
  let field: Nodes = {
    size: fixed.size,
    u: memory.put('float32', memory.view('float32', start.u, 3 * count)),
  };
  for (const pull of plan.couplings) {
    await memory.call('search_best', nz, count * choices, (from, to) => [
      ...[cost, start.u, field.u, nx, ny, nz, plan.radius, pull, from, to, best.u],
    ]);
    memory.give(field.u);
    field = await smoothed(memory, best, plan.smoothing);
  }
  memory.give(cost, best.u);
  return field;
}
