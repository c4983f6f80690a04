import {
  crop,
  emptyVolume,
  PhotopeakError,
  quantize,
  sameGrid,
  type Volume,
  voxelCount,
  voxelType,
} from '@photopeak/imaging';
import type {
  Enhanced,
  EnhancedVolumes,
  EnhancementImage,
  EnhancementMethod,
  MethodContext,
} from './method.ts';

/** Voxels that a method is given at once where it can work in slabs: 128 planes of a CT. */
const SLAB_VOXELS = 128 * 512 * 512;

export interface ApplyOptions extends MethodContext {
  /** Voxels of a slab without its margins. */
  readonly slabVoxels?: number;
}

/**
 * Runs a method on an image; long series in slabs with margins where the method allows it, so that its own memory stays
 * that of a slab. Throws `ENHANCE_NOT_FOR_IMAGE`, `ENHANCE_RESULT_INVALID`, and what the method throws.
 */
export async function applyMethod(
  method: EnhancementMethod,
  image: EnhancementImage,
  settings: unknown,
  options: ApplyOptions,
): Promise<Enhanced> {
  refuseOther(method, image, settings);
  const { volume } = image;
  const area = volume.size[0] * volume.size[1];
  const depth = Math.max(1, Math.floor((options.slabVoxels ?? SLAB_VOXELS) / area));
  const reach = method.reachPlanes?.(settings, volume);
  const whole = reach === undefined || volume.size[2] <= depth + 2 * reach;
  const enhanced = whole
    ? await method.run(image, settings, options)
    : await inSlabs(method, image, settings, options, depth, reach);
  check(method, volume, enhanced.volume);
  return enhanced;
}

/** Voxels of all volumes of a series together: 4 GiB of numbers before and after. */
const MOST_VOXELS = 2 ** 29;

/** Runs a method on all volumes of a series at once. Throws as `applyMethod`. */
export async function applyToVolumes(
  method: EnhancementMethod,
  images: readonly EnhancementImage[],
  settings: unknown,
  context: MethodContext,
): Promise<Required<EnhancedVolumes>> {
  const voxels = images.reduce((sum, { volume }) => sum + voxelCount(volume), 0);
  if (method.series === undefined || voxels > MOST_VOXELS)
    throw new PhotopeakError('the method cannot take this series as a whole', {
      code: 'ENHANCE_NOT_FOR_IMAGE',
      expected: `a series of at most ${MOST_VOXELS} voxels for ${method.id}@${method.version}`,
      found: `${images.length} volumes, ${voxels} voxels`,
      remedy: 'choose another method or another series',
    });
  const { volumes, facts = [], findings = [] } = await method.series.run(images, settings, context);
  images.forEach(({ volume }, n) => {
    check(method, volume, volumes[n] ?? null);
  });
  return { volumes, facts, findings };
}

/** Which of the volumes differs most from its original, as a part of the spread of that. */
export function mostChanged(originals: readonly Volume[], results: readonly Volume[]): number {
  let [most, at] = [-1, 0];
  for (const [n, { data }] of originals.entries()) {
    let [sum, squares, change] = [0, 0, 0];
    for (let voxel = 0; voxel < data.length; voxel++) {
      const value = data[voxel]!;
      sum += value;
      squares += value * value;
      change += (results[n]!.data[voxel]! - value) ** 2;
    }
    const spread = squares - (sum * sum) / data.length;
    const part = spread > 0 ? change / spread : 0;
    if (part > most) [most, at] = [part, n];
  }
  return at;
}

function refuseOther(method: EnhancementMethod, image: EnhancementImage, settings: unknown): void {
  const { modality } = image.facts;
  const reason = method.modalities.includes(modality)
    ? method.refuses?.(image, settings)
    : `it is for ${method.modalities.join(', ')}, not for ${modality || 'an unknown modality'}`;
  if (reason === undefined) return;
  throw new PhotopeakError('the method cannot take this image', {
    code: 'ENHANCE_NOT_FOR_IMAGE',
    expected: `an image for ${method.id}@${method.version}`,
    found: reason,
    remedy: 'choose another method or another series',
  });
}

async function inSlabs(
  method: EnhancementMethod,
  image: EnhancementImage,
  settings: unknown,
  { signal, progress }: MethodContext,
  depth: number,
  reach: number,
): Promise<Enhanced> {
  const { volume } = image;
  const [columns, rows, planes] = volume.size;
  const area = columns * rows;
  // Whole numbers stay whole numbers: what is written is one as well.
  const result = emptyVolume(volume, voxelType(volume.data), volume.unit);
  let first: Enhanced | undefined;
  for (let at = 0; at < planes; at += depth) {
    signal.throwIfAborted();
    const end = Math.min(planes, at + depth);
    const [from, to] = [Math.max(0, at - reach), Math.min(planes, end + reach)];
    const slab = crop(volume, { start: [0, 0, from], size: [columns, rows, to - from] });
    const part = await method.run({ ...image, volume: slab }, settings, {
      signal,
      progress: (fraction, message) => progress((at + fraction * (end - at)) / planes, message),
    });
    check(method, slab, part.volume);
    first ??= part;
    if (part.volume === null) continue;
    copyPlanes(part.volume, at - from, result, at, end - at, area);
  }
  return { ...first, volume: result };
}

function copyPlanes(
  from: Volume,
  fromPlane: number,
  to: Volume,
  toPlane: number,
  count: number,
  area: number,
): void {
  const start = fromPlane * area;
  const target = toPlane * area;
  if (from.data.constructor === to.data.constructor || to.data instanceof Float32Array) {
    to.data.set(from.data.subarray(start, start + count * area), target);
    return;
  }
  const { data } = to;
  const type = voxelType(data);
  for (let n = 0; n < count * area; n++) data[target + n] = quantize(type, Math.round(from.data[start + n]!));
}

/** A method that gives numbers that are none, or another unit, is at fault; its image is not let out. */
function check(method: EnhancementMethod, original: Volume, result: Volume | null): void {
  if (result === null) return;
  const mayRegrid = method.task === 'super-resolution' || method.task === 'harmonise';
  const found =
    result.unit !== original.unit
      ? `the unit ${result.unit}`
      : !mayRegrid && !sameGrid(result, original)
        ? 'another grid'
        : result.data.length !== voxelCount(result)
          ? `${result.data.length} voxels`
          : hasNoNumber(result)
            ? 'voxels that are no number'
            : undefined;
  if (found === undefined) return;
  throw new PhotopeakError('the method gave an image that cannot be used', {
    code: 'ENHANCE_RESULT_INVALID',
    expected: `finite values in ${original.unit}${mayRegrid ? '' : ' on the grid of the image'}`,
    found,
    where: `${method.id}@${method.version}`,
    remedy: 'report this with the series: the method is at fault',
  });
}

function hasNoNumber({ data }: Volume): boolean {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return false;
  for (let n = 0; n < data.length; n++) if (!Number.isFinite(data[n])) return true;
  return false;
}
