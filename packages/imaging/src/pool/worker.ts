import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from './arena.ts';
import { instantiateKernels } from './kernels.ts';
import type { Request, Response, WorkerSetup } from './messages.ts';
import { perform, type TaskOf } from './operations/index.ts';

const { module, memory, index } = workerData as WorkerSetup;
const kernels = instantiateKernels(module, memory, index);

parentPort!.on('message', ({ id, name, task, base, bytes }: Request) => {
  let response: Response;
  try {
    const arena = new Arena(kernels, memory, base, bytes);
    response = { id, ok: true, answer: perform(arena, name, task as TaskOf<typeof name>) };
  } catch (error) {
    response = { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(response);
});
