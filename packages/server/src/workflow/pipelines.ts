import {
  cardiacPerfusion,
  ctNoise,
  enhancement,
  frameMotionPipeline,
  type Pipeline,
  petctOncology,
  petmr,
  priorComparison,
  radiotherapyOar,
  spectct,
} from '@photopeak/pipelines';

/** The pipelines of a node, loaded by its server and by each of its workers. */
export const pipelines: readonly Pipeline[] = [
  petctOncology as Pipeline,
  petmr as Pipeline,
  priorComparison as Pipeline,
  cardiacPerfusion as Pipeline,
  radiotherapyOar as Pipeline,
  spectct as Pipeline,
  frameMotionPipeline as Pipeline,
  ctNoise as Pipeline,
  enhancement as Pipeline,
];
