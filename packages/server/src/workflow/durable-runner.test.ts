import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { inProcessRunner, type Step, type StepRunner } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durableRunner } from './durable-runner.ts';
import { createStepOutputs } from './step-outputs.ts';

const RUN = { key: 'a'.repeat(64), at: '2026-11-29T10:00:00' };

const failing = (error: Error): Step<null, null> => ({
  name: 'fails',
  version: '1',
  resource: 'cpu',
  run: async () => {
    throw error;
  },
});

const errorOf = (runner: StepRunner, error: Error): Promise<unknown> =>
  runner.step(failing(error), null).catch((thrown: unknown) => thrown);

describe('a step that fails in the node', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-runner-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Answers go through JSON, as those that a database remembers. */
  const durable = () =>
    durableRunner({
      run: RUN,
      checkpoints: { once: async (_, work) => JSON.parse(JSON.stringify(await work())) },
      outputs: createStepOutputs(folder),
      journal: { started: async () => {}, progressed: () => {}, ended: async () => {} },
      signal: new AbortController().signal,
      models: { open: () => Promise.reject(new Error('no model is asked for')) },
      gpu: undefined,
    });

  it('tells a pipeline the same about its input as in one process, so that it can go on without the step', async () => {
    const about = new PhotopeakError('no body was found', {
      code: 'ANATOMY_NO_BODY',
      expected: 'a CT of a body',
      found: 'air',
      where: 'the CT',
      remedy: 'choose another series',
    });
    const there = await errorOf(durable(), about);
    expect(there).toBeInstanceOf(PhotopeakError);
    expect((there as PhotopeakError).toJSON()).toEqual(about.toJSON());
    expect(await errorOf(inProcessRunner({ run: RUN }), about)).toBe(about);
  });

  it('ends the run where nobody foresaw the error', async () => {
    const there = await errorOf(durable(), new TypeError('x is undefined'));
    expect(there).not.toBeInstanceOf(PhotopeakError);
    expect(there).toMatchObject({ name: 'StepBroken', step: 'fails', details: { code: 'RUN_STEP_BROKEN' } });
  });
});
