import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { affineNetwork, graph, node, onnx, tensor, valueInfo } from '../testing/index.ts';
import { type NetworkOptions, openNetwork } from './network.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-network-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const limits = { memoryMb: 1000, timeoutMs: 60_000, threads: 1 } as const;

async function opened(bytes: Uint8Array, options: Partial<NetworkOptions> = {}) {
  const file = path.join(folder, 'model.onnx');
  await writeFile(file, bytes);
  return openNetwork(file, { ...limits, ...options });
}

const x = (values: readonly number[], dims = [1, values.length]) => ({
  x: { dims, data: Float32Array.from(values) },
});

/** Makes a tensor of so many numbers out of nothing, and gives its sum. */
const hungry = (count: number) =>
  onnx({
    nodes: [
      node('ConstantOfShape', ['size'], ['big'], { value: { tensor: tensor('one', [1], [1]) } }),
      node('Exp', ['big'], ['bigger']),
      node('ReduceSum', ['bigger'], ['sum'], { keepdims: { int: 1 } }),
      node('Add', ['x', 'sum'], ['y']),
    ],
    inputs: [valueInfo('x', [1, 1])],
    outputs: [valueInfo('y', [1, 1])],
    initializers: [tensor('size', [2], [1, count], 'int64')],
  });

/** Counts for hours. */
const endless = onnx({
  nodes: [
    node('Loop', ['trips', 'yes', 'x'], ['y'], {
      body: {
        graph: graph({
          nodes: [node('Identity', ['go'], ['again']), node('Sin', ['in'], ['out'])],
          inputs: [valueInfo('n', [], 'int64'), valueInfo('go', [], 'bool'), valueInfo('in', [1, 1])],
          outputs: [valueInfo('again', [], 'bool'), valueInfo('out', [1, 1])],
        }),
      },
    }),
  ],
  inputs: [valueInfo('x', [1, 1])],
  outputs: [valueInfo('y', [1, 1])],
  initializers: [tensor('trips', [], [2 ** 40], 'int64'), tensor('yes', [], [1], 'bool')],
});

describe('a network in a process of its own', () => {
  it('computes, and tells who did', async () => {
    await using network = await opened(affineNetwork(['n', 'm'], 3, 1));
    expect(network.provider).toBe('cpu');
    expect(network.runtimeVersion).toMatch(/^\d+\.\d+/);
    const { y } = await network.run(x([1, 2, -5]), ['y']);
    expect([y!.dims, [...y!.data]]).toEqual([
      [1, 3],
      [4, 7, -14],
    ]);
    const again = await network.run(x([1, 2, -5]), ['y']);
    expect(again.y!.data).toEqual(y!.data);
    expect(network.peakMemoryMb).toBeGreaterThan(10);
  });

  it('gives half floats what they are', async () => {
    const bytes = onnx({
      nodes: [node('Identity', ['x'], ['y'])],
      inputs: [valueInfo('x', ['n', 'm'], 'float16')],
      outputs: [valueInfo('y', ['n', 'm'], 'float16')],
    });
    await using network = await opened(bytes);
    const { y } = await network.run(x([1, 0.1, 2048.5]), ['y']);
    expect([...y!.data]).toEqual([1, 0.0999755859375, 2048]);
  });

  it('refuses what the runtime cannot load, with its words', async () => {
    await expect(opened(Uint8Array.of(8, 8))).rejects.toMatchObject({ code: 'MODEL_NOT_LOADED' });
    const unknown = onnx({
      nodes: [node('NoSuchOperator', ['x'], ['y'])],
      inputs: [valueInfo('x', [1])],
      outputs: [valueInfo('y', [1])],
    });
    await expect(opened(unknown)).rejects.toMatchObject({ found: expect.stringContaining('NoSuchOperator') });
  });

  it('says what is wrong with an input and goes on', async () => {
    await using network = await opened(affineNetwork([1, 3]));
    await expect(network.run(x([1, 2]), ['y'])).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(network.run({ z: x([1, 2, 3]).x }, ['y'])).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect([...(await network.run(x([1, 2, 3]), ['y'])).y!.data]).toEqual([1, 2, 3]);
  });

  it('is ended when it takes too long, too much, or dies, and nothing else is', async () => {
    await using slow = await opened(endless, { timeoutMs: 1500 });
    await expect(slow.run(x([1], [1, 1]), ['y'])).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
    await expect(slow.run(x([1], [1, 1]), ['y'])).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });

    await using large = await opened(hungry(400_000_000), { memoryMb: 600 });
    await expect(large.run(x([1], [1, 1]), ['y'])).rejects.toMatchObject({ code: 'MODEL_MEMORY' });

    await using dying = await opened(endless);
    const answer = dying.run(x([1], [1, 1]), ['y']);
    process.kill(dying.pid, 'SIGSEGV');
    await expect(answer).rejects.toMatchObject({ code: 'MODEL_CRASHED', found: 'signal SIGSEGV' });
  });

  it('stops when its caller does', async () => {
    const abort = new AbortController();
    await using network = await opened(endless, { signal: abort.signal });
    const answer = network.run(x([1], [1, 1]), ['y']);
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: 'MODEL_STOPPED' });
  });
});
