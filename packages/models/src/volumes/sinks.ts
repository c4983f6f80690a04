import {
  createVolume,
  emptyVolume,
  type Grid,
  gridOf,
  PhotopeakError,
  resample,
  sameGrid,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { ModelOutput } from '../manifest/schema.ts';
import type { Tensor } from '../onnx/protocol.ts';
import { fromNetwork } from './intensity.ts';
import { depthOf, type Prepared, stepsOf, type Tile } from './prepare.ts';
import { Slab, scaled, weightsOf } from './slab.ts';

/** What a model gave for a volume. */
export type ModelResult =
  | { readonly kind: 'image'; readonly volume: Volume<Float32Array> }
  | {
      readonly kind: 'labels';
      /** On the grid of the image that was given. */
      readonly labels: Volume<Uint16Array>;
      /** Mean probability within each label, by its number. */
      readonly confidence: Readonly<Record<number, number>>;
    }
  | { readonly kind: 'scalar'; readonly values: readonly number[] };

/** Takes the results of patches and makes one of them. */
export interface Sink {
  take(tensor: Tensor, member: number, members: number, tile: Tile): void;
  /** No patch that comes later reaches planes before this one. */
  settle(plane: number): void;
  finish(): Promise<ModelResult>;
}

export function sinkFor(output: ModelOutput, prepared: Prepared): Sink {
  switch (output.kind) {
    case 'image':
      return imageSink(output, prepared);
    case 'labels':
      return labelSink(output, prepared);
    case 'scalar':
      return scalarSink(output);
    case 'field':
      throw new PhotopeakError('a displacement field is not an output for a single volume', {
        code: 'MODEL_OUTPUT_SHAPE',
        expected: 'image, labels or scalar',
        remedy: 'models that register are used by registration, with two images',
      });
  }
}

/** Where the values of one member of a batch lie: with or without an axis for a single channel or plane. */
function reader(tensor: Tensor, members: number, patch: Vec3, layout: string, channels: number | undefined) {
  const [px, py, pz] = patch;
  const voxels = px * py * pz;
  const all = tensor.data.length / (members * voxels);
  const wrong = () =>
    new PhotopeakError('an output of the network has another shape than model.yaml says', {
      code: 'MODEL_OUTPUT_SHAPE',
      expected: `${members} × ${channels ?? 'some'} channels × ${pz} × ${py} × ${px}`,
      found: `[${tensor.dims.join(', ')}]`,
      remedy: 'compare output, scale and layout in model.yaml with the network',
    });
  if (!Number.isInteger(all) || all < 1 || (channels !== undefined && all !== channels)) throw wrong();
  const sizes: Readonly<Record<string, number>> = { N: members, C: all, D: pz, H: py, W: px };
  const dims = [...layout].map((axis) => sizes[axis]!);
  const real = tensor.dims.filter((size) => size !== 1);
  const told = dims.filter((size) => size !== 1);
  if (real.length !== told.length || real.some((size, axis) => size !== told[axis])) throw wrong();
  return { channels: all, step: stepsOf(layout, dims) };
}

function imageSink(output: Extract<ModelOutput, { kind: 'image' }>, prepared: Prepared): Sink {
  const { plan, working, channels, original, isFlat } = prepared;
  const scale: Vec3 = [output.scale, output.scale, output.scalePlanes];
  const size = scaled(working.size, scale);
  const patch = scaled(plan.patch, scale);
  const slab = new Slab(size, depthOf(prepared) * scale[2], 1);
  const { volume: source, scaling } = channels[0]![0]!;
  const isFiner = scale.some((factor) => factor > 1);
  const grid = isFiner ? finerGrid(working, scale) : working;
  const result = emptyVolume(grid, 'float32', source.unit);
  const layout = isFlat ? 'NCHW' : 'NCDHW';
  const area = size[0] * size[1];
  const sign = output.residual === 'add' ? 1 : output.residual === 'subtract' ? -1 : 0;
  return {
    take(tensor, member, members, { at, index }) {
      const { step } = reader(tensor, members, patch, layout, 1);
      const base = member * step.N;
      slab.add(
        (_, x, y, z) => tensor.data[base + z * step.D + y * step.H + x * step.W]!,
        scaled(at, scale),
        patch,
        weightsOf(prepared, index, scale),
      );
    },
    settle(plane) {
      slab.settle(plane * scale[2], (z, [sums], weights) => {
        for (let n = 0; n < area; n++) {
          const value = weights[n]! > 0 ? sums![n]! / weights[n]! : 0;
          const at = z * area + n;
          if (sign === 0) result.data[at] = fromNetwork(scaling, value);
          else {
            // Only the correction comes of the network: what it was cut to is not lost from the image.
            const own = source.data[at]!;
            const change = scaling.factor === 0 ? 0 : (sign * value) / scaling.factor;
            result.data[at] = own + change;
          }
        }
      });
    },
    async finish() {
      if (isFiner || sameGrid(result, original)) return { kind: 'image', volume: result };
      const back = await resample(result, { grid: original, interpolation: 'linear' });
      return {
        kind: 'image',
        volume: createVolume(gridOf(original), new Float32Array(back.data), source.unit),
      };
    },
  };
}

/** Voxels split into `scale` parts each: the same space, finer. */
function finerGrid(grid: Grid, scale: Vec3): Grid {
  const spacingMm = [0, 1, 2].map((axis) => grid.spacingMm[axis]! / scale[axis]!) as unknown as Vec3;
  const shift = [0, 1, 2].map((axis) => (spacingMm[axis]! - grid.spacingMm[axis]!) / 2);
  const origin = [0, 1, 2].map((row) =>
    shift.reduce((at, mm, axis) => at + grid.direction[3 * row + axis]! * mm, grid.origin[row]!),
  ) as unknown as Vec3;
  return { size: scaled(grid.size, scale), spacingMm, origin, direction: grid.direction };
}

function labelSink(output: Extract<ModelOutput, { kind: 'labels' }>, prepared: Prepared): Sink {
  const { plan, working, original, isFlat } = prepared;
  const layout = isFlat ? 'NCHW' : 'NCDHW';
  const numbers = Object.keys(output.labels).map(Number);
  const highest = Math.max(...numbers);
  // A sigmoid has a channel for each label; softmax one for the background before them.
  const classes = output.activation === 'sigmoid' ? highest : highest + 1;
  const slab = new Slab(working.size, depthOf(prepared), classes);
  const labels = emptyVolume(working, 'uint16', '1');
  const area = working.size[0] * working.size[1];
  const sums = new Map<number, { probability: number; voxels: number }>();
  const scores = new Float64Array(classes);
  return {
    take(tensor, member, members, { at, index }) {
      const { step } = reader(tensor, members, plan.patch, layout, classes);
      const base = member * step.N;
      slab.add(
        (channel, x, y, z) => tensor.data[base + channel * step.C + z * step.D + y * step.H + x * step.W]!,
        at,
        plan.patch,
        weightsOf(prepared, index, [1, 1, 1]),
      );
    },
    settle(plane) {
      slab.settle(plane, (z, all, weights) => {
        for (let n = 0; n < area; n++) {
          for (let c = 0; c < classes; c++) scores[c] = weights[n]! > 0 ? all[c]![n]! / weights[n]! : 0;
          const { label, probability } = choose(scores, output);
          if (label === 0 || output.labels[label] === undefined) continue;
          labels.data[z * area + n] = label;
          const sum = sums.get(label) ?? { probability: 0, voxels: 0 };
          sums.set(label, { probability: sum.probability + probability, voxels: sum.voxels + 1 });
        }
      });
    },
    async finish() {
      const back = sameGrid(labels, original)
        ? labels
        : await resample(labels, { grid: original, interpolation: 'nearest', outside: 0 });
      const confidence =
        output.confidence === 'none'
          ? {}
          : Object.fromEntries(
              [...sums].map(([label, { probability, voxels }]) => [label, probability / voxels]),
            );
      return {
        kind: 'labels',
        labels: createVolume(gridOf(original), Uint16Array.from(back.data), '1'),
        confidence,
      };
    },
  };
}

/** The class of a voxel and its probability. */
function choose(
  scores: Float64Array,
  { activation, threshold }: Extract<ModelOutput, { kind: 'labels' }>,
): { readonly label: number; readonly probability: number } {
  let best = 0;
  for (let c = 1; c < scores.length; c++) if (scores[c]! > scores[best]!) best = c;
  if (activation === 'sigmoid') {
    const probability = 1 / (1 + Math.exp(-scores[best]!));
    return probability >= threshold
      ? { label: best + 1, probability }
      : { label: 0, probability: 1 - probability };
  }
  if (activation === 'none') return { label: best, probability: scores[best]! };
  let sum = 0;
  for (let c = 0; c < scores.length; c++) sum += Math.exp(scores[c]! - scores[best]!);
  return { label: best, probability: 1 / sum };
}

function scalarSink({ values, activation }: Extract<ModelOutput, { kind: 'scalar' }>): Sink {
  const sums = new Float64Array(values.length);
  let patches = 0;
  return {
    take(tensor, member, members) {
      if (tensor.data.length !== members * values.length) {
        throw new PhotopeakError('an output of the network has another shape than model.yaml says', {
          code: 'MODEL_OUTPUT_SHAPE',
          expected: `${members} × ${values.length} values`,
          found: `[${tensor.dims.join(', ')}]`,
          remedy: 'name every value under output.values',
        });
      }
      for (let n = 0; n < values.length; n++) sums[n]! += tensor.data[member * values.length + n]!;
      patches++;
    },
    settle() {},
    async finish() {
      const means = Array.from(sums, (sum) => sum / Math.max(1, patches));
      if (activation === 'none') return { kind: 'scalar', values: means };
      if (activation === 'sigmoid')
        return { kind: 'scalar', values: means.map((x) => 1 / (1 + Math.exp(-x))) };
      const most = Math.max(...means);
      const parts = means.map((x) => Math.exp(x - most));
      const all = parts.reduce((sum, part) => sum + part, 0);
      return { kind: 'scalar', values: parts.map((part) => part / all) };
    },
  };
}
