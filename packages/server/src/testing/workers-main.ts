/** Entry of a machine of workers in a process of its own. Settings come as JSON in the first argument. */
import { parseConfiguration } from '../config/index.ts';
import { startWorkerMachine } from '../node/index.ts';
import { createLogger } from '../operations/index.ts';
import { testPipelines } from './test-pipelines.ts';

const settings = JSON.parse(process.argv[2]!) as { readonly dataFolder: string; readonly yaml: string };
const workers = await startWorkerMachine({
  configuration: parseConfiguration(settings.yaml, 'test.yaml', {}),
  dataFolder: settings.dataFolder,
  pipelinesModule: testPipelines,
  log: createLogger(process.env.PHOTOPEAK_TEST_LOG ?? 'fatal'),
});
const timer = setInterval(() => {
  if (workers.ready() === 0) return;
  clearInterval(timer);
  console.log('ready');
}, 50);
process.on('SIGTERM', () => void workers.close().then(() => process.exit(0)));
