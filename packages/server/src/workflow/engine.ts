import type { ResourceClass } from '@photopeak/pipelines';

/**
 * What the node asks of a workflow engine. Everything durable about a run that people see is in our own tables; the
 * engine remembers which steps are done and sees to it that somebody goes on with the rest.
 */
export interface WorkflowEngine {
  /**
   * Starts the workflow of a run, in a worker that has what it needs. Idempotent by run id: asking twice starts it
   * once.
   */
  start(runId: string, priority: number, resource: ResourceClass): Promise<void>;
  /** Starts a failed run again from its beginning. */
  restart(runId: string, resource: ResourceClass): Promise<void>;
  /** No further step of the run begins. Nothing happens to a run that the engine does not know. */
  cancel(runId: string): Promise<void>;
  /**
   * Gives the work of processes that no longer live to those that do.
   * @returns how many runs changed hands.
   */
  reap(): Promise<number>;
  close(): Promise<void>;
}

/** One step's memory: runs `work` unless an earlier life of this run already finished it. */
export interface Checkpoints {
  /** `work` must be safe to repeat: it may run again if the process dies before its answer is stored. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Does the whole of one run; called again with the same checkpoints after a crash. */
export type RunExecution = (runId: string, checkpoints: Checkpoints) => Promise<void>;
