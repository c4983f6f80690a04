import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStepOutputs } from './step-outputs.ts';

describe('outputs of steps', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-steps-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('any storable value comes back equal, from disk and from memory', async () => {
    const outputs = createStepOutputs(path.join(folder, 'values'));
    const leaf = fc.oneof(
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt(),
      fc.float32Array({ maxLength: 20 }),
      fc.int16Array({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }),
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('node'), { maxLength: 4 }), tie('object')),
      object: fc.dictionary(fc.oneof(fc.constant('$'), fc.string()), tie('node'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    })).node;
    await fc.assert(
      fc.asyncProperty(value, async (original) => {
        const stored = await outputs.throughStore(original);
        expect(stored.value).toEqual(original);
        expect(await outputs.load(stored.address)).toEqual(original);
      }),
      { numRuns: 60 },
    );
  });

  it('shared memory, maps and sets keep their content; equal arrays are one file', async () => {
    const at = path.join(folder, 'shared');
    const outputs = createStepOutputs(at);
    const shared = new Float32Array(new SharedArrayBuffer(400_000));
    shared.fill(1.5);
    const value = {
      volume: { data: shared, size: [100, 100, 10] },
      again: shared,
      names: new Map([['a', new Set([1])]]),
    };
    const address = await outputs.store(value);
    expect(await outputs.load(address)).toEqual(value);
    expect(await readdir(at)).toHaveLength(2);
  });

  it('a damaged file is an error with its place, not a wrong number', async () => {
    const at = path.join(folder, 'damaged');
    const outputs = createStepOutputs(at);
    const address = await outputs.store({ data: new Uint8Array([1, 2, 3]) });
    for (const name of await readdir(at)) {
      if (name !== address) await writeFile(path.join(at, name), new Uint8Array([1, 2, 4]));
    }
    await expect(outputs.load(address)).rejects.toMatchObject({ code: 'STEP_OUTPUT_LOST' });
  });

  it('refuses what it could not give back', async () => {
    const outputs = createStepOutputs(path.join(folder, 'refused'));
    await expect(outputs.store({ when: new Date() })).rejects.toMatchObject({
      code: 'STEP_OUTPUT_KIND',
      found: 'Date',
    });
    await expect(outputs.store({ run: () => 1 })).rejects.toMatchObject({ code: 'STEP_OUTPUT_KIND' });
  });
});
