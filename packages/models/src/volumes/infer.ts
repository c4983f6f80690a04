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
  withSpacing,
} from '@photopeak/imaging';
import type { ModelInput, ModelManifest, ModelOutput } from '../manifest/schema.ts';
import type { TensorNames } from '../onnx/check.ts';
import type { Tensor } from '../onnx/protocol.ts';
import type { Runner } from '../runner.ts';
import { fromNetwork, type Scaling, scalingOf, toNetwork } from './intensity.ts';
import { oriented } from './orient.ts';
import { paddedIndex, planTiles, ramp, type TilePlan } from './tiles.ts';

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

export interface InferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Images by the names that the manifest gives its channels; all on one grid. */
export type ModelImages = Readonly<Record<string, Volume>>;

/**
 * Runs a network over a volume: oriented, resampled and scaled as the manifest says, in overlapping patches whose
 * results are blended, and back. Memory beside input and output: a slab of one patch's planes per class.
 * Throws `MODEL_INPUT_MISSING`, `MODEL_OUTPUT_SHAPE` and what the network throws.
 */
export async function inferVolume(
  network: Pick<Runner, 'run'>,
  tensors: TensorNames,
  manifest: ModelManifest,
  images: ModelImages,
  options: InferOptions = {},
): Promise<readonly ModelResult[]> {
  const prepared = await prepare(manifest, images);
  const sinks = manifest.output.map((output) => sinkFor(output, prepared));
  const { working } = prepared;
  const groups = groupsOf(prepared);
  for (const [n, group] of groups.entries()) {
    options.signal?.throwIfAborted();
    const places = group.map(({ at }) => at);
    const feeds = Object.fromEntries(
      manifest.input.map((input, which) => [tensors.inputs[which]!, gather(prepared, input, which, places)]),
    );
    const found = await network.run(feeds, tensors.outputs);
    sinks.forEach((sink, which) => {
      const tensor = found[tensors.outputs[which]!]!;
      for (const [member, tile] of group.entries()) sink.take(tensor, member, group.length, tile);
    });
    const settled = Math.max(0, groups[n + 1]?.[0]?.at[2] ?? working.size[2]);
    for (const sink of sinks) sink.settle(settled);
    options.onProgress?.((n + 1) / groups.length);
  }
  return Promise.all(sinks.map((sink) => sink.finish()));
}

interface Tile {
  readonly at: Vec3;
  /** Which patch along each axis. */
  readonly index: Vec3;
}

/** Patches that go to the network together, in the order of their planes; of 3D patches those of one layer. */
function groupsOf({ plan, isFlat, batch }: Prepared): Tile[][] {
  const [xs, ys, zs] = plan.starts;
  const groups: Tile[][] = [];
  let layer: Tile[] = [];
  for (const [k, z] of zs.entries()) {
    for (const [j, y] of ys.entries())
      for (const [i, x] of xs.entries()) layer.push({ at: [x, y, z], index: [i, j, k] });
    if (isFlat && layer.length < batch && k + 1 < zs.length) continue;
    for (let n = 0; n < layer.length; n += batch) groups.push(layer.slice(n, n + batch));
    layer = [];
  }
  return groups;
}

/** Planes that a slab must hold: those of the patches of one group. */
const depthOf = ({ plan, isFlat, batch }: Prepared): number => (isFlat ? batch + 1 : plan.patch[2]);

interface Prepared {
  /** The first image as it was given. */
  readonly original: Volume;
  /** Of every input, of every channel. */
  readonly channels: readonly (readonly { readonly volume: Volume; readonly scaling: Scaling }[])[];
  readonly working: Grid;
  readonly plan: TilePlan;
  readonly isFlat: boolean;
  readonly batch: number;
}

async function prepare(manifest: ModelManifest, images: ModelImages): Promise<Prepared> {
  const [first] = manifest.input;
  const { orientation, spacingMm, patch, multipleOf, overlap, layout, batch } = first!;
  const isFlat = !layout.includes('D');
  const ready = new Map<string, Volume>();
  const bring = async (name: string): Promise<Volume> => {
    const known = ready.get(name);
    if (known !== undefined) return known;
    const image = images[name];
    if (image === undefined) {
      throw new PhotopeakError('an image that the model needs is missing', {
        code: 'MODEL_INPUT_MISSING',
        expected: name,
        found: Object.keys(images).join(', '),
        remedy: 'give it beside the image, or use a model that does without',
      });
    }
    const turned = orientation === 'as-is' ? image : oriented(image, orientation);
    const wanted = spacingMm === undefined ? turned : withSpacing(turned, spacingMm);
    const volume = sameGrid(turned, wanted)
      ? turned
      : await resample(turned, { grid: wanted, interpolation: 'linear' });
    ready.set(name, volume);
    return volume;
  };
  const channels = [];
  for (const { channels: wanted } of manifest.input) {
    const own = [];
    for (const { image, intensity } of wanted) {
      const volume = await bring(image);
      own.push({ volume, scaling: scalingOf(intensity, volume.data) });
    }
    channels.push(own);
  }
  const primary = channels[0]![0]!.volume;
  for (const { volume } of channels.flat()) {
    if (sameGrid(volume, primary)) continue;
    throw new PhotopeakError('the images for the model lie on different grids', {
      code: 'MODEL_INPUT_MISSING',
      expected: 'images of one size and place',
      remedy: 'resample them to the first one',
    });
  }
  const whole = planTiles(primary.size, { patch, multipleOf, overlap });
  const planes = Array.from({ length: primary.size[2] }, (_, k) => k);
  const plan: TilePlan = isFlat
    ? { patch: [whole.patch[0], whole.patch[1], 1], starts: [whole.starts[0], whole.starts[1], planes] }
    : whole;
  const original = images[manifest.input[0]!.channels[0]!.image]!;
  return { original, channels, working: gridOf(primary), plan, isFlat, batch };
}

/** The patches at these places as one tensor. */
function gather(
  { channels, plan, working }: Prepared,
  { layout, neighbours, padding }: ModelInput,
  which: number,
  places: readonly Vec3[],
): Tensor {
  const [px, py, pz] = plan.patch;
  const planes = 2 * neighbours + 1;
  const own = channels[which]!;
  const count = own.length * planes;
  const sizes: Readonly<Record<string, number>> = { N: places.length, C: count, D: pz, H: py, W: px };
  const dims = [...layout].map((axis) => sizes[axis]!);
  const step = stepsOf(layout, dims);
  const data = new Float32Array(dims.reduce((product, size) => product * size, 1));
  const [nx, ny, nz] = working.size;
  const columns = new Int32Array(px);
  for (const [n, [x0, y0, z0]] of places.entries()) {
    for (let i = 0; i < px; i++) columns[i] = paddedIndex(x0 + i, nx, padding);
    own.forEach(({ volume, scaling }, channel) => {
      for (let plane = 0; plane < planes; plane++)
        for (let k = 0; k < pz; k++) {
          const z = paddedIndex(
            z0 + k + plane - neighbours,
            nz,
            neighbours > 0 && padding === 'zero' ? 'zero' : padding,
          );
          for (let j = 0; j < py; j++) {
            const y = paddedIndex(y0 + j, ny, padding);
            let to = n * step.N + (channel * planes + plane) * step.C + k * step.D + j * step.H;
            const from = nx * (y + ny * z);
            for (let i = 0; i < px; i++, to += step.W) {
              const x = columns[i]!;
              data[to] = x < 0 || y < 0 || z < 0 ? 0 : toNetwork(scaling, volume.data[from + x]!);
            }
          }
        }
    });
  }
  return { dims, data };
}

interface Steps {
  readonly N: number;
  readonly C: number;
  readonly D: number;
  readonly H: number;
  readonly W: number;
}

function stepsOf(layout: string, dims: readonly number[]): Steps {
  const steps = { N: 0, C: 0, D: 0, H: 0, W: 0 };
  let step = 1;
  for (let axis = layout.length - 1; axis >= 0; axis--) {
    steps[layout[axis] as keyof Steps] = step;
    step *= dims[axis]!;
  }
  return steps;
}

/** Takes the results of patches and makes one of them. */
interface Sink {
  take(tensor: Tensor, member: number, members: number, tile: Tile): void;
  /** No patch that comes later reaches planes before this one. */
  settle(plane: number): void;
  finish(): Promise<ModelResult>;
}

function sinkFor(output: ModelOutput, prepared: Prepared): Sink {
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

/** Weighted sums of a slab of planes, which moves through the volume. */
class Slab {
  readonly #size: Vec3;
  readonly #depth: number;
  readonly #sums: Float32Array[];
  readonly #weights: Float32Array;
  #first = 0;

  constructor(size: Vec3, depth: number, classes: number) {
    this.#size = size;
    this.#depth = depth;
    const voxels = size[0] * size[1] * depth;
    this.#sums = Array.from({ length: classes }, () => new Float32Array(voxels));
    this.#weights = new Float32Array(voxels);
  }

  add(
    values: (channel: number, x: number, y: number, z: number) => number,
    at: Vec3,
    patch: Vec3,
    w: Weights,
  ) {
    const [nx, ny, nz] = this.#size;
    for (let k = Math.max(0, -at[2]); k < patch[2] && at[2] + k < nz; k++) {
      const plane = at[2] + k - this.#first;
      for (let j = Math.max(0, -at[1]); j < patch[1] && at[1] + j < ny; j++) {
        const row = nx * (at[1] + j + ny * plane);
        const wzy = w.z[k]! * w.y[j]!;
        for (let i = Math.max(0, -at[0]); i < patch[0] && at[0] + i < nx; i++) {
          const weight = wzy * w.x[i]!;
          const to = row + at[0] + i;
          this.#weights[to]! += weight;
          for (let channel = 0; channel < this.#sums.length; channel++)
            this.#sums[channel]![to]! += weight * values(channel, i, j, k);
        }
      }
    }
  }

  /** Hands out the planes before `plane` and forgets them. */
  settle(
    plane: number,
    emit: (z: number, sums: readonly Float32Array[], weights: Float32Array) => void,
  ): void {
    const area = this.#size[0] * this.#size[1];
    const until = Math.min(plane, this.#size[2]);
    for (let z = this.#first; z < until; z++) {
      const from = (z - this.#first) * area;
      const cut = (all: Float32Array) => all.subarray(from, from + area);
      emit(z, this.#sums.map(cut), cut(this.#weights));
    }
    const gone = until - this.#first;
    if (gone <= 0) return;
    for (const all of [...this.#sums, this.#weights]) {
      all.copyWithin(0, gone * area);
      all.fill(0, Math.max(0, this.#depth - gone) * area);
    }
    this.#first = until;
  }
}

interface Weights {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

const enlarged = (weights: Float32Array, scale: number): Float32Array =>
  scale === 1
    ? weights
    : Float32Array.from({ length: weights.length * scale }, (_, n) => weights[Math.floor(n / scale)]!);

function weightsOf({ plan }: Prepared, index: Vec3, scale: Vec3): Weights {
  const along = (axis: 0 | 1 | 2) =>
    enlarged(ramp(plan.starts[axis], plan.patch[axis], index[axis]), scale[axis]);
  return { x: along(0), y: along(1), z: along(2) };
}

const scaled = (a: Vec3, b: Vec3): Vec3 => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];

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
        volume: createVolume(gridOf(original), Float32Array.from(back.data), source.unit),
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
