import { allocateVoxels, type Vec3, type Volume, type VoxelArray } from '@photopeak/imaging';
import { type DecodedFrame, decodeFrame, frameDecoder } from '../codecs/decode.ts';
import { decodePool } from '../codecs/pool.ts';
import type { Dataset } from '../data/index.ts';
import { type DicomErrorCode, dicomError, type Finding } from '../errors/index.ts';
import { readFilePart10 } from '../read/index.ts';
import { dateTimeOf, dicomDateTime } from './date-time.ts';
import type { Series, SeriesKind } from './group.ts';
import { fillGaps, shearedGrid, shearPlane } from './regrid.ts';
import type { Slice } from './slices.ts';
import { planStack, type StackPlan } from './stack.ts';
import { unitOf } from './unit.ts';

export interface LoadOptions {
  /** Missing slices: `refuse` (default) or `interpolate` linearly between their neighbours, with a finding. */
  readonly gaps?: 'refuse' | 'interpolate';
  /**
   * Tilted gantry: `shear` (default) resamples each slice linearly onto a rectangular grid, with a finding; `keep` leaves
   * every plane as it was stored, so that the grid is right within a plane only, with a finding.
   */
  readonly tilt?: 'shear' | 'refuse' | 'keep';
  /** Largest volume in bytes. Default 4 GiB. */
  readonly maxBytes?: number;
  readonly onProgress?: (slices: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** What a plane of the volume was made from. */
export interface VolumeSlice {
  readonly path: string;
  readonly sopInstanceUid: string;
  /** Frame of the instance, counted from 1 as DICOM does. */
  readonly frameNumber: number;
  /** Plane of the volume, k. */
  readonly index: number;
  /** LPS mm of the first voxel, as in the file. */
  readonly position: Vec3;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  /** Local ISO 8601. */
  readonly acquisitionDateTime: string | undefined;
  readonly frameReferenceTimeMs: number | undefined;
  readonly frameDurationMs: number | undefined;
  /** The header of the instance. */
  readonly dataset: Dataset;
}

export interface SeriesVolume {
  /**
   * Rescaled values. CT is Int16 where all values are whole numbers in its range, everything else Float32. The axes
   * are right-handed: i along a row, j along a column, k along their cross product, whatever the order of the files.
   */
  readonly volume: Volume<Int16Array | Float32Array>;
  /** One for each plane that has a slice, by index. */
  readonly slices: readonly VolumeSlice[];
  /** Units (0054,1001) of PET, Rescale Type (0028,1054) of others, as written. */
  readonly declaredUnit: string | undefined;
  /** Voxels that were Pixel Padding and hold the fill value (−1024 in CT, else 0). */
  readonly paddedVoxels: number;
  readonly findings: readonly Finding[];
}

const DEFAULT_MAX_BYTES = 4 * 1024 ** 3;
const CT_FILL = -1024;

const refusals: Readonly<Record<Exclude<SeriesKind, 'volume'>, DicomErrorCode>> = {
  localizer: 'SERIES_LOCALIZER',
  colour: 'SERIES_COLOUR',
  projections: 'SERIES_NOT_A_VOLUME',
  'no-geometry': 'SERIES_NO_GEOMETRY',
  object: 'SERIES_NOT_A_VOLUME',
};

/**
 * Reads the pixels of a stack into one volume: slope and intercept of each slice, slices ordered by position.
 *
 * @throws SERIES_* by name where the stack is not a regular volume, and what reading and decoding throw.
 */
export async function loadSeriesVolume(series: Series, options: LoadOptions = {}): Promise<SeriesVolume> {
  if (series.kind !== 'volume') {
    throw dicomError(refusals[series.kind], `The series cannot be a volume: ${series.reason}`, {
      where: series.seriesInstanceUid,
    });
  }
  const plan = planStack(series.slices, {
    gaps: options.gaps ?? 'refuse',
    tilt: options.tilt ?? 'shear',
  });
  const grid = plan.shear === undefined ? plan.grid : shearedGrid(plan.grid, plan.shear);
  const voxels = grid.size[0] * grid.size[1] * grid.size[2];
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const integers = series.modality === 'CT' && plan.planes.every(hasWholeRescale);
  if (voxels * (integers ? 2 : 4) > limit) {
    throw dicomError('SERIES_TOO_LARGE', 'The volume is larger than the limit', {
      where: series.seriesInstanceUid,
      expected: `at most ${limit} bytes`,
      found: `${grid.size.join(' × ')} voxels`,
    });
  }
  let target = new Target(series, plan, grid, integers ? 'int16' : 'float32');
  await readInto(target, series, options);
  if (target.overflowed) {
    target = new Target(series, plan, grid, 'float32');
    await readInto(target, series, options);
  }
  fillGaps(target.data, grid, plan.planes);
  const { unit, declared, finding: unitFinding } = unitOf(series);
  const instanceFindings = series.instances.flatMap((instance) => instance.findings.slice(0, 1)).slice(0, 1);
  return {
    volume: { ...grid, data: target.data, unit },
    slices: plan.planes.flatMap((slice, index) => (slice === undefined ? [] : [volumeSlice(slice, index)])),
    declaredUnit: declared,
    paddedVoxels: target.padded,
    findings: [...plan.findings, ...(unitFinding === undefined ? [] : [unitFinding]), ...instanceFindings],
  };
}

function hasWholeRescale(slice: Slice | undefined): boolean {
  return (
    slice === undefined || (Number.isInteger(slice.rescaleSlope) && Number.isInteger(slice.rescaleIntercept))
  );
}

function volumeSlice(slice: Slice, index: number): VolumeSlice {
  const { instance, frame, position, rescaleSlope, rescaleIntercept, acquisition } = slice;
  const { dataset } = instance;
  const timezone = dataset.text('TimezoneOffsetFromUTC');
  return {
    path: instance.path,
    sopInstanceUid: instance.sopInstanceUid,
    frameNumber: frame + 1,
    index,
    position: position!,
    rescaleSlope,
    rescaleIntercept,
    acquisitionDateTime:
      dicomDateTime(acquisition.dateTime, timezone) ??
      dateTimeOf(dataset, 'AcquisitionDate', 'AcquisitionTime') ??
      dicomDateTime(dataset.text('AcquisitionDateTime'), timezone),
    frameReferenceTimeMs: dataset.number('FrameReferenceTime'),
    frameDurationMs: acquisition.durationMs,
    dataset,
  };
}

/** The voxels while they are filled. */
class Target {
  readonly data: Int16Array | Float32Array;
  readonly #plan: StackPlan;
  readonly #grid: Volume<VoxelArray> | StackPlan['grid'];
  readonly #fill: number;
  readonly #planeOf = new Map<Slice, number>();
  padded = 0;
  /** A value did not fit Int16. */
  overflowed = false;

  constructor(series: Series, plan: StackPlan, grid: StackPlan['grid'], type: 'int16' | 'float32') {
    this.#plan = plan;
    this.#grid = grid;
    this.#fill = series.modality === 'CT' ? CT_FILL : 0;
    this.data = allocateVoxels(type, grid.size[0] * grid.size[1] * grid.size[2]) as Int16Array | Float32Array;
    for (const [index, slice] of plan.planes.entries())
      if (slice !== undefined) this.#planeOf.set(slice, index);
  }

  has(slice: Slice): boolean {
    return this.#planeOf.has(slice);
  }

  put(slice: Slice, frame: DecodedFrame): void {
    const plane = this.#planeOf.get(slice)!;
    const { size } = this.#grid;
    const area = size[0] * size[1];
    const out = this.data.subarray(plane * area, (plane + 1) * area);
    const { shear } = this.#plan;
    if (shear === undefined) {
      this.#rescale(slice, frame, out);
      return;
    }
    const flat =
      this.data instanceof Int16Array
        ? new Int16Array(frame.data.length)
        : new Float32Array(frame.data.length);
    this.#rescale(slice, frame, flat);
    shearPlane(flat, this.#plan.grid, out, this.#grid, [shear[0] * plane, shear[1] * plane], this.#fill);
  }

  #rescale(slice: Slice, frame: DecodedFrame, out: Int16Array | Float32Array): void {
    const { data } = frame;
    if (frame.samples !== 1 || data.length !== out.length) {
      throw dicomError('SERIES_INCONSISTENT', 'A slice has another size than its stack', {
        where: slice.instance.path,
        expected: `${out.length} samples`,
        found: `${data.length}`,
      });
    }
    const { rescaleSlope, rescaleIntercept } = slice;
    const padding = paddingOf(slice.instance.dataset);
    const narrow = out instanceof Int16Array;
    const float = data instanceof Float32Array || data instanceof Float64Array;
    for (let i = 0; i < data.length; i++) {
      const stored = data[i]!;
      if (padding !== undefined && stored >= padding[0] && stored <= padding[1]) {
        out[i] = this.#fill;
        this.padded += 1;
        continue;
      }
      const value = stored * rescaleSlope + rescaleIntercept;
      out[i] = float && !Number.isFinite(value) ? this.#fill : value;
      if (narrow && (value < -32768 || value > 32767)) this.overflowed = true;
    }
  }
}

/** Stored values that mean "no data": Pixel Padding Value, to its Range Limit (PS3.3 C.7.5.1.1.2). */
function paddingOf(dataset: Dataset): readonly [number, number] | undefined {
  const value = signedStored(dataset, dataset.number('PixelPaddingValue'));
  if (value === undefined) return undefined;
  const limit = signedStored(dataset, dataset.number('PixelPaddingRangeLimit')) ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** Padding of signed images is sometimes written as US. */
function signedStored(dataset: Dataset, value: number | undefined): number | undefined {
  const signed = dataset.number('PixelRepresentation') === 1;
  return value !== undefined && signed && value > 0x7fff ? value - 0x10000 : value;
}

/** Files read ahead of the decoders: enough to keep them busy, few enough to stay small in memory. */
function filesAhead(): number {
  return decodePool().width + 2;
}

async function readInto(target: Target, series: Series, options: LoadOptions): Promise<void> {
  const wanted = series.slices.filter((slice) => target.has(slice));
  const byInstance = new Map<string, Slice[]>();
  for (const slice of wanted) {
    const list = byInstance.get(slice.instance.path);
    if (list === undefined) byInstance.set(slice.instance.path, [slice]);
    else list.push(slice);
  }
  const queue = [...byInstance.values()];
  let next = 0;
  let done = 0;
  const take = async (): Promise<void> => {
    while (next < queue.length && !target.overflowed) {
      options.signal?.throwIfAborted();
      const slices = queue[next++]!;
      await readInstance(target, slices);
      done += slices.length;
      options.onProgress?.(done, wanted.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(filesAhead(), queue.length) }, take));
}

async function readInstance(target: Target, slices: readonly Slice[]): Promise<void> {
  const file = readFilePart10(slices[0]!.instance.path);
  if (file.dataset.has('ModalityLUTSequence')) {
    throw dicomError('DICOM_PIXEL_TYPE_UNSUPPORTED', 'Values through a Modality LUT are not supported', {
      where: file.path,
      expected: 'Rescale Slope and Intercept',
    });
  }
  if (slices.length === 1) {
    target.put(slices[0]!, await decodeFrame(file, slices[0]!.frame, { colour: 'stored' }));
    return;
  }
  const { decode } = frameDecoder(file, { colour: 'stored' });
  let next = 0;
  const take = async (): Promise<void> => {
    while (next < slices.length) {
      const slice = slices[next++]!;
      target.put(slice, await decode(slice.frame));
    }
  };
  await Promise.all(Array.from({ length: Math.min(filesAhead(), slices.length) }, take));
}
