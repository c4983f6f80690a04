import type { Resident } from '../pool/resident.ts';
import type { Features } from './features.ts';
import { type Nodes, nodeCount } from './nodes.ts';
import type { RefinePlan } from './plan.ts';

/** Steps of conjugate gradients for one Gauss-Newton step. */
const SOLVER_STEPS = 40;
/** The linear solve ends when its residual has fallen to this share (squared, preconditioned). */
const SOLVED = 1e-4;
/** No node moves further than so many voxels of the level in one step. */
const LONGEST_STEP = 1.5;
/** Weight of the step itself, so that a node without data and neighbours has a solution. */
const FLOOR = 1e-5;

/** Mean squared difference of the descriptors before each step. */
export interface Refinement {
  readonly residuals: readonly number[];
}

/**
 * Least squares of descriptor differences and stiffness by Gauss-Newton; each linear system is solved by conjugate
 * gradients with the blocks of the diagonal as preconditioner. Changes `nodes` in place.
 */
export async function refine(
  memory: Resident,
  fixed: Features,
  moving: Features,
  nodes: Nodes,
  plan: RefinePlan,
): Promise<Refinement> {
  const [nx, ny, nz] = nodes.size;
  const count = nodeCount(nodes);
  const planar = (components: number) => memory.take('float32', components * count);
  const a = planar(6);
  const inverse = planar(6);
  const [b, r, z, p, q, x, laplace] = Array.from({ length: 7 }, () => planar(3)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const sums = memory.take('float64', 2 * nz);
  const images = memory.put('int32', [
    ...[fixed.features, moving.features, fixed.weights, moving.weights],
    ...fixed.size,
  ]);
  const total = () => memory.view('float64', sums, nz).reduce((sum, plane) => sum + plane, 0);
  const scratch = 4 * (nx + 16);
  const laplacian = (of: number) =>
    memory.call('deform_laplace', nz, 3 * count, (from, to) => [of, nx, ny, nz, from, to, laplace]);
  // Energies are per voxel of the level. A node stands for stride³ voxels and neighbours lie `stride` voxels apart; u and
  // distances are in voxels of the level, so that second derivatives are `pool` times those of the working grid.
  const membrane = plan.membrane * plan.stride;
  const bending = plan.bending / (plan.stride * plan.pool ** 2);
  const residuals: number[] = [];

  const solve = async () => {
    let rho = total();
    const enough = SOLVED * rho;
    for (let step = 0; step < SOLVER_STEPS && rho > enough; step++) {
      await laplacian(p);
      await memory.call(
        'deform_apply',
        nz,
        6 * count,
        (from, to) => [...[a, p, laplace, nx, ny, nz, membrane, bending, FLOOR, from, to, q, sums]],
        scratch,
      );
      const length = rho / total();
      await memory.call('deform_step', nz, 6 * count, (from, to) => [
        ...[inverse, p, q, nx, ny, nz, length, from, to, x, r, z, sums],
      ]);
      const next = total();
      const factor = next / rho;
      rho = next;
      await memory.call('deform_turn', nz, 3 * count, (from, to) => [z, factor, nx, ny, nz, from, to, p]);
    }
  };

  for (let iteration = 0; iteration < plan.iterations; iteration++) {
    await memory.call('deform_normal', nz, 16 * count * plan.stride ** 3, (from, to) => [
      ...[images, nodes.u, nx, ny, nz, plan.stride, plan.robust, from, to, a, b, sums],
    ]);
    const parts = memory.view('float64', sums, 2 * nz);
    let squares = 0;
    let weight = 0;
    for (let plane = 0; plane < nz; plane++) {
      squares += parts[2 * plane]!;
      weight += parts[2 * plane + 1]!;
    }
    residuals.push(weight > 0 ? squares / weight : 0);
    await laplacian(nodes.u);
    await memory.call(
      'deform_start',
      nz,
      8 * count,
      (from, to) => [
        ...[a, b, laplace, nx, ny, nz, membrane, bending, FLOOR, from, to],
        ...[inverse, r, z, p, x, sums],
      ],
      scratch,
    );
    await solve();
    await memory.call('deform_move', nz, 3 * count, (from, to) => [
      ...[x, LONGEST_STEP, nx, ny, nz, from, to, nodes.u],
    ]);
  }
  memory.give(a, inverse, b, r, z, p, q, x, laplace, sums, images);
  return { residuals };
}

/** Sums over the node planes of a level: squared differences of the descriptors under a field, and what was compared. */
export interface Comparison {
  readonly squares: readonly number[];
  readonly weights: readonly number[];
}

/** Compares the descriptors under a field without changing it. */
export async function compare(
  memory: Resident,
  fixed: Features,
  moving: Features,
  nodes: Nodes,
  stride: number,
): Promise<Comparison> {
  const [nx, ny, nz] = nodes.size;
  const count = nodeCount(nodes);
  const a = memory.take('float32', 6 * count);
  const b = memory.take('float32', 3 * count);
  const sums = memory.take('float64', 2 * nz);
  const images = memory.put('int32', [
    ...[fixed.features, moving.features, fixed.weights, moving.weights],
    ...fixed.size,
  ]);
  await memory.call('deform_normal', nz, 16 * count * stride ** 3, (from, to) => [
    ...[images, nodes.u, nx, ny, nz, stride, 0, from, to, a, b, sums],
  ]);
  const parts = memory.view('float64', sums, 2 * nz);
  const planes = Array.from({ length: nz }, (_, plane) => plane);
  const result = {
    squares: planes.map((plane) => parts[2 * plane]!),
    weights: planes.map((plane) => parts[2 * plane + 1]!),
  };
  memory.give(a, b, sums, images);
  return result;
}
