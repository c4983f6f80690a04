/** Entry of a node in a process of its own, for tests that kill it. Settings come as JSON in the first argument. */
import { parseConfiguration } from '../config/index.ts';
import { startNode } from '../node/index.ts';
import { createLogger } from '../operations/index.ts';
import { testPipelines } from './test-pipelines.ts';

const settings = JSON.parse(process.argv[2]!) as { readonly dataFolder: string; readonly yaml: string };
const node = await startNode({
  configuration: parseConfiguration(settings.yaml, 'test.yaml', {}),
  dataFolder: settings.dataFolder,
  pipelinesModule: testPipelines,
  log: createLogger(process.env.PHOTOPEAK_TEST_LOG ?? 'fatal'),
});
const state = () => ({ workers: node.workers(), ready: node.workersReady() });
process.send?.(state());
// The parent may ask who the workers are now.
process.on('message', () => process.send?.(state()));
process.on('SIGTERM', () => void node.close().then(() => process.exit(0)));
