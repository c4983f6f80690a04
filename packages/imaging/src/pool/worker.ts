import { parentPort, workerData } from 'node:worker_threads';
import { collectGarbage } from '../shared-memory.ts';
import { Arena } from './arena.ts';
import { instantiateKernels } from './kernels.ts';
import { COLLECT, type Request, type Response, type WorkerSetup } from './messages.ts';
import { perform, type TaskOf } from './operations/index.ts';

const { module, memory, index } = workerData as WorkerSetup;
const kernels = instantiateKernels(module, memory, index);

parentPort!.on('message', (request: Request | typeof COLLECT) => {
  if (request === COLLECT) {
    collectGarbage();
    return;
  }
  const { id, name, task, base, bytes } = request;
  let response: Response;
  try {
    const arena = new Arena(kernels, memory, base, bytes);
    response = { id, ok: true, answer: perform(arena, name, task as TaskOf<typeof name>) };
  } catch (error) {
    response = { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(response);
});
