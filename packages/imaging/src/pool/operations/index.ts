import type { Arena } from '../arena.ts';
import { ball } from './ball.ts';
import { call } from './call.ts';
import { labelSlab, relabel, seam } from './components.ts';
import { columnDistance, planeDistance } from './distance.ts';
import { flood } from './flood.ts';
import { jointAffine, pairs } from './histogram.ts';
import { fill } from './holes.ts';
import { nonlocal } from './nonlocal.ts';
import { resampleTile } from './resample.ts';
import { median, smooth } from './smooth.ts';

/** All that a worker can do, by name. */
const operations = {
  ball,
  call,
  columnDistance,
  fill,
  flood,
  jointAffine,
  labelSlab,
  median,
  nonlocal,
  pairs,
  planeDistance,
  relabel,
  resampleTile,
  seam,
  smooth,
} as const;

export type OperationName = keyof typeof operations;
export type TaskOf<N extends OperationName> = Parameters<(typeof operations)[N]>[1];
export type AnswerOf<N extends OperationName> = ReturnType<(typeof operations)[N]>;

export function perform<N extends OperationName>(arena: Arena, name: N, task: TaskOf<N>): AnswerOf<N> {
  const operation = operations[name] as (arena: Arena, task: TaskOf<N>) => AnswerOf<N>;
  return operation(arena, task);
}
