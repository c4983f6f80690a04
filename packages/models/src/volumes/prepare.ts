import {
  type Grid,
  gridOf,
  PhotopeakError,
  resample,
  sameGrid,
  type Vec3,
  type Volume,
  withSpacing,
} from '@photopeak/imaging';
import type { ModelInput, ModelManifest } from '../manifest/schema.ts';
import type { Tensor } from '../onnx/protocol.ts';
import { type Scaling, scalingOf, toNetwork } from './intensity.ts';
import { oriented } from './orient.ts';
import { paddedIndex, planTiles, type TilePlan } from './tiles.ts';

/** Images by the names that the manifest gives its channels; all on one grid. */
export type ModelImages = Readonly<Record<string, Volume>>;

export interface Prepared {
  /** The first image as it was given. */
  readonly original: Volume;
  /** Of every input, of every channel. */
  readonly channels: readonly (readonly { readonly volume: Volume; readonly scaling: Scaling }[])[];
  readonly working: Grid;
  readonly plan: TilePlan;
  readonly isFlat: boolean;
  readonly batch: number;
}

/** Images oriented, resampled and with the numbers of their intensity rules. Throws `MODEL_INPUT_MISSING`. */
export async function prepare(manifest: ModelManifest, images: ModelImages): Promise<Prepared> {
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

export interface Tile {
  readonly at: Vec3;
  /** Which patch along each axis. */
  readonly index: Vec3;
}

/** Patches that go to the network together, in the order of their planes; of 3D patches those of one layer. */
export function groupsOf({ plan, isFlat, batch }: Prepared): Tile[][] {
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
export const depthOf = ({ plan, isFlat, batch }: Prepared): number => (isFlat ? batch + 1 : plan.patch[2]);

/** The patches at these places as one tensor. */
export function gather(
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

export interface Steps {
  readonly N: number;
  readonly C: number;
  readonly D: number;
  readonly H: number;
  readonly W: number;
}

/** How far neighbours along each axis lie apart in a tensor of a layout. */
export function stepsOf(layout: string, dims: readonly number[]): Steps {
  const steps = { N: 0, C: 0, D: 0, H: 0, W: 0 };
  let step = 1;
  for (let axis = layout.length - 1; axis >= 0; axis--) {
    steps[layout[axis] as keyof Steps] = step;
    step *= dims[axis]!;
  }
  return steps;
}
