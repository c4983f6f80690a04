import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVolume, type Grid, type Mat3, type Vec3, type Volume, voxelCount } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetwork } from '../onnx/network.ts';
import { openPackage } from '../package/open.ts';
import {
  affineNetwork,
  type Dimension,
  manifestText,
  node,
  onnx,
  tensor,
  valueInfo,
} from '../testing/index.ts';
import { inferVolume } from './infer.ts';
import type { ModelImages } from './prepare.ts';
import type { ModelResult } from './sinks.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-infer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A model package as a site writes it, opened and run. */
async function infer(
  bytes: Uint8Array,
  parts: Parameters<typeof manifestText>[0],
  images: ModelImages,
): Promise<readonly ModelResult[]> {
  await writeFile(path.join(folder, 'model.yaml'), manifestText(parts));
  await writeFile(path.join(folder, 'model.onnx'), bytes);
  const { network: facts, manifest } = await openPackage(folder);
  await using network = await openNetwork(facts!.file, { memoryMb: 1000, timeoutMs: 60_000, threads: 1 });
  return await inferVolume(network, facts!.tensors, manifest, images);
}

const axial: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const grid = (size: Vec3, direction: Mat3 = axial): Grid => ({
  size,
  spacingMm: [1.5, 2, 3],
  origin: [-10, 20, 5],
  direction,
});

function volumeOf(g: Grid, value: (i: number, j: number, k: number) => number): Volume<Float32Array> {
  const data = new Float32Array(voxelCount(g));
  const [nx, ny] = g.size;
  for (let n = 0; n < data.length; n++)
    data[n] = value(n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny)));
  return createVolume(g, data, '1');
}

/** No two neighbours alike, whatever the axis. */
const speckle = (i: number, j: number, k: number) => ((i * 7 + j * 13 + k * 29) % 31) + i / 10;

const imageOf = ([result]: readonly ModelResult[]) => {
  if (result?.kind !== 'image') throw new Error(result?.kind);
  return result.volume;
};

describe('a network over a volume', () => {
  const image = volumeOf(grid([23, 18, 7]), speckle);
  const expectSame = (volume: Volume, expected: Volume, digits = 4) => {
    expect([volume.size, volume.origin, volume.direction]).toEqual([
      expected.size,
      expected.origin,
      expected.direction,
    ]);
    let worst = 0;
    for (let n = 0; n < expected.data.length; n++)
      worst = Math.max(worst, Math.abs(volume.data[n]! - expected.data[n]!));
    expect(worst).toBeLessThan(10 ** -digits);
  };

  it.each([
    { name: '2D, whole planes of any size', shape: ['n', 1, 'h', 'w'], input: 'layout: NCHW, batch: 3' },
    {
      name: '2D, padded to multiples',
      shape: ['n', 1, 'h', 'w'],
      input: 'layout: NCHW, multipleOf: [16, 16, 1], padding: reflect',
    },
    {
      name: '2D, fixed patches',
      shape: [1, 1, 8, 10],
      input: 'layout: NCHW, patch: [10, 8, 1], overlap: 0.5',
    },
    { name: '2D, channels last', shape: ['n', 'h', 'w', 1], input: 'layout: NHWC, batch: 2' },
    {
      name: '3D, fixed patches',
      shape: [2, 1, 4, 8, 8],
      input: 'layout: NCDHW, patch: [8, 8, 4], batch: 2, overlap: 0.3',
    },
    { name: '3D, the whole', shape: ['n', 1, 'd', 'h', 'w'], input: 'layout: NCDHW, multipleOf: [4, 4, 4]' },
    {
      name: '3D, patches larger than the image',
      shape: [1, 1, 32, 32, 32],
      input: 'layout: NCDHW, patch: [32, 32, 32], padding: zero',
    },
    {
      name: '3D, channels last, other axes',
      shape: ['n', 'd', 'h', 'w', 1],
      input: 'layout: NDHWC, orientation: RAS',
    },
  ] as const)('that changes nothing gives the image back: $name', async ({ shape, input }) => {
    // A fixed batch is filled up: the last group may be smaller.
    const given = shape[0] === 2 ? (['n', ...shape.slice(1)] as Dimension[]) : shape;
    const result = await infer(affineNetwork(given), { input: `  - { ${input} }` }, { image });
    expectSame(imageOf(result), image);
  });

  it.each([
    'kind: window, low: -100, high: 400, to: [-1, 1]',
    'kind: percentile, low: 1, high: 99, clip: false',
    'kind: z-score',
    'kind: affine, mean: 12, sd: 4',
  ])('takes values there and back: %s', async (rule) => {
    const input = `  - { layout: NCHW, channels: [{ intensity: { ${rule} } }] }`;
    expectSame(imageOf(await infer(affineNetwork(['n', 1, 'h', 'w']), { input }, { image })), image, 3);
  });

  it('adds a correction to the image, even where its input was cut', async () => {
    // The window is cut at 10; a correction of −0.1 of a window of 20 is −2.
    const input = '  - { layout: NCHW, channels: [{ intensity: { kind: window, low: -10, high: 10 } }] }';
    const bytes = affineNetwork(['n', 1, 'h', 'w'], 0, 0.1);
    const [minus, plus] = [
      imageOf(await infer(bytes, { input, output: '  - { kind: image, residual: subtract }' }, { image })),
      imageOf(await infer(bytes, { input, output: '  - { kind: image, residual: add }' }, { image })),
    ];
    const changed = (mm: number) =>
      createVolume(
        image,
        Float32Array.from(image.data, (v) => v + mm),
        '1',
      );
    expectSame(minus, changed(-2));
    expectSame(plus, changed(2));
  });

  it('2.5D takes neighbouring planes as channels and repeats the last', async () => {
    // The sum of five planes: a 1×1 convolution with ones.
    const bytes = onnx({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      inputs: [valueInfo('x', ['n', 5, 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 1, 'h', 'w'])],
      initializers: [tensor('w', [1, 5, 1, 1], [1, 1, 1, 1, 1])],
    });
    const byPlane = volumeOf(grid([6, 5, 4]), (_, __, k) => 10 ** k);
    const result = imageOf(
      await infer(bytes, { input: '  - { layout: NCHW, neighbours: 2 }' }, { image: byPlane }),
    );
    const planes = [0, 1, 2, 3].map((k) => result.data[30 * k]);
    expect(planes).toEqual([
      1 + 1 + 1 + 10 + 100,
      1 + 1 + 10 + 100 + 1000,
      1 + 10 + 100 + 1000 + 1000,
      10 + 100 + 3000,
    ]);
  });

  it('sees columns, rows and planes in the wanted directions, and answers in those of the image', async () => {
    // Columns to the feet, rows to the back, planes to the right: a sagittal acquisition.
    const sagittal: Mat3 = [0, 0, -1, 0, 1, 0, -1, 0, 0];
    const turned = volumeOf(grid([5, 4, 3], sagittal), speckle);
    // What lies one column further: a convolution with a kernel that looks to the right.
    const bytes = onnx({
      nodes: [node('Conv', ['x', 'w'], ['y'], { pads: { ints: [0, 0, 0, 1] } })],
      inputs: [valueInfo('x', ['n', 1, 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 1, 'h', 'w'])],
      initializers: [tensor('w', [1, 1, 1, 2], [0, 1])],
    });
    const shifted = imageOf(
      await infer(bytes, { input: '  - { layout: NCHW, orientation: LPS }' }, { image: turned }),
    );
    // One column further to the left of the patient is one plane back: they run to the right.
    const expected = volumeOf(grid([5, 4, 3], sagittal), (i, j, k) => (k === 0 ? 0 : speckle(i, j, k - 1)));
    expectSame(shifted, expected);
  });

  it('works on the voxels it was trained on and comes back to the own ones', async () => {
    const smooth = volumeOf(grid([24, 20, 12]), (i, j, k) => i + 2 * j + 3 * k);
    const input = '  - { layout: NCDHW, spacingMm: [2, 2, 2], patch: [8, 8, 8] }';
    const result = imageOf(await infer(affineNetwork([1, 1, 8, 8, 8]), { input }, { image: smooth }));
    expect(result.size).toEqual(smooth.size);
    const at = 10 + 24 * (9 + 20 * 5);
    expect(result.data[at]).toBeCloseTo(smooth.data[at]!, 3);
  });

  it('makes finer images that lie in the same place', async () => {
    const bytes = onnx({
      nodes: [
        node('Resize', ['x', '', 'scales'], ['y'], {
          mode: { text: 'nearest' },
          coordinate_transformation_mode: { text: 'asymmetric' },
          nearest_mode: { text: 'floor' },
        }),
      ],
      inputs: [valueInfo('x', ['n', 1, 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 1, 'h2', 'w2'])],
      initializers: [tensor('scales', [4], [1, 1, 2, 2])],
    });
    const result = imageOf(await infer(bytes, { output: '  - { kind: image, scale: 2 }' }, { image }));
    expect([result.size, result.spacingMm]).toEqual([
      [46, 36, 7],
      [0.75, 1, 3],
    ]);
    // The first four fine voxels fill the first coarse one.
    expect(result.origin).toEqual([-10 - 0.375, 20 - 0.5, 5]);
    expect([0, 1, 46, 47].map((n) => result.data[n])).toEqual([0, 0, 0, 0]);
    expect(result.data[2]).toBeCloseTo(speckle(1, 0, 0), 5);
  });

  const LABELS =
    'labels: { "1": { name: low, type: { value: "1", scheme: TEST, meaning: Low } }, "2": { name: high, type: { value: "2", scheme: TEST, meaning: High } } }';
  it('labels voxels by softmax or sigmoid, with the mean probability as confidence', async () => {
    // Channels: 0, x, 2x − 10.
    const bytes = onnx({
      nodes: [node('Conv', ['x', 'w', 'b'], ['y'])],
      inputs: [valueInfo('x', ['n', 1, 'd', 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 3, 'd', 'h', 'w'])],
      initializers: [tensor('w', [3, 1, 1, 1, 1], [0, 1, 2]), tensor('b', [3], [0, 0, -10])],
    });
    const ramp = volumeOf(grid([41, 3, 3]), (i) => i - 20);
    const [result] = await infer(
      bytes,
      { input: '  - { layout: NCDHW, patch: [16, 2, 2] }', output: `  - { kind: labels, ${LABELS} }` },
      { image: ramp },
    );
    if (result?.kind !== 'labels') throw new Error(result?.kind);
    const row = [...result.labels.data.subarray(0, 41)];
    expect(row).toEqual(row.map((_, i) => (i - 20 <= 0 ? 0 : i - 20 > 10 ? 2 : 1)));
    expect(result.confidence[1]).toBeGreaterThan(0.8);
    expect(result.confidence[2]).toBeGreaterThan(0.9);
    expect(result.labels.size).toEqual(ramp.size);
  });

  it('gives numbers for a whole image', async () => {
    const bytes = onnx({
      nodes: [node('GlobalAveragePool', ['x'], ['mean']), node('Flatten', ['mean'], ['y'])],
      inputs: [valueInfo('x', ['n', 1, 'd', 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 1])],
    });
    const [result] = await infer(
      bytes,
      { input: '  - { layout: NCDHW }', output: '  - { kind: scalar, values: [{ name: mean }] }' },
      { image },
    );
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length;
    expect(result).toEqual({ kind: 'scalar', values: [expect.closeTo(mean, 3)] });
  });

  it('says what is missing or of another shape', async () => {
    const two = onnx({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      inputs: [valueInfo('x', ['n', 2, 'h', 'w'])],
      outputs: [valueInfo('y', ['n', 2, 'h', 'w'])],
      initializers: [tensor('w', [2, 2, 1, 1], [1, 1, 1, 1])],
    });
    const input = '  - { layout: NCHW, channels: [{ image: image }, { image: noise }] }';
    await expect(infer(two, { input }, { image })).rejects.toMatchObject({
      code: 'MODEL_INPUT_MISSING',
      expected: 'noise',
    });
    await expect(infer(two, { input }, { image, noise: image })).rejects.toMatchObject({
      code: 'MODEL_OUTPUT_SHAPE',
      found: '[1, 2, 18, 23]',
    });
  });
});
