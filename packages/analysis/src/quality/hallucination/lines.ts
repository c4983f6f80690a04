import { type DigitalLine, LineSearch, type Vec3 } from '@photopeak/imaging';
import type { Band } from './bands.ts';
import { localScale, ScaleRows } from './local-scale.ts';
import { type BandNoise, floored } from './noise-and-blur.ts';
import { Highest, kindOf, type Spot } from './spots.ts';

export interface LineProbe {
  readonly lengthMm: number;
  /** Directions over half a turn. */
  readonly directions: number;
}

/** Long lines are few to a block: smaller ones would tell the noise badly. */
const BLOCK_MM = 96;
const BLOCK_LENGTHS = 2.5;
/** Of a block: neighbours on a line have most of their pixels in common. */
const NOISE_PIXELS = 400;
const MOST_PLACES = 60;
const LEAST_SCORE = 3.5;
/** Share of the anatomy along a line that any method blurs. */
const LEAST_BLUR = 0.03;
/** A ridge of Gaussian width 1.5σ answers to the difference of Gaussians of σ and 1.6σ by this part of its height. */
const RIDGE_RESPONSE = 0.15;

/** Planes in which lines are nearer to the second axis than to the first; the others are sought in their transpose. */
interface Planes {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly spacingMm: Vec3;
  readonly change: Float32Array;
  readonly mask: Uint8Array;
  /** Of the image, not turned; read where a line stands out. */
  readonly original: Float32Array;
  readonly anatomy: Float32Array;
  readonly isTransposed: boolean;
}

/**
 * Lines in the planes [from, to) of a band of the change: means along pieces of digital lines in all directions, over
 * √(noise² + blur²), with the noise of such pieces and the blur that the band shows for the anatomy along them. Voxels in the grid of the image.
 */
export async function findLines(
  band: Band,
  mask: Uint8Array,
  probes: readonly LineProbe[],
  bandNoise: BandNoise,
  [from, to]: readonly [number, number],
): Promise<Spot[]> {
  const { size, spacingMm } = band.change;
  const area = size[0] * size[1];
  const part = <T extends Float32Array | Uint8Array>(values: T) =>
    values.subarray(from * area, to * area) as T;
  const upright: Planes = {
    width: size[0],
    height: size[1],
    depth: to - from,
    spacingMm,
    change: part(band.change.data),
    original: part(band.original.data),
    anatomy: part(band.anatomy.data),
    mask: part(mask),
    isTransposed: false,
  };
  const spots: Spot[] = [];
  for (const planes of [upright, transposed(upright)]) {
    using lines = new LineSearch([planes.width, planes.height, planes.depth], planes.change, planes.mask);
    for (const probe of probes)
      for (let turn = 0; turn < probe.directions; turn++) {
        const angle = (Math.PI * turn) / probe.directions;
        const line = digitalLine(angle, probe.lengthMm, planes);
        if (line === undefined) continue;
        for (const { at, score, added, was } of await search(planes, lines, line, probe.lengthMm, {
          noise: bandNoise,
          size,
          from,
        })) {
          const [a, b] = [at % planes.width, Math.floor(at / planes.width) % planes.height];
          const [i, j] = planes.isTransposed ? [b, a] : [a, b];
          spots.push({
            kind: kindOf(was, added),
            form: 'line',
            voxel: [
              Math.round((i + 0.5) * band.factors[0] - 0.5),
              Math.round((j + 0.5) * band.factors[1] - 0.5),
              from + Math.floor(at / area),
            ],
            sizeMm: probe.lengthMm,
            contrast: Math.abs(added) / RIDGE_RESPONSE,
            score,
          });
        }
      }
  }
  return spots;
}

function transposed(planes: Planes): Planes {
  const { width, height, depth, spacingMm, original, anatomy } = planes;
  const area = width * height;
  const turn = <T extends Float32Array | Uint8Array>(from: T, to: T): T => {
    for (let k = 0; k < depth; k++)
      for (let j = 0; j < height; j++)
        for (let i = 0; i < width; i++) to[k * area + j + height * i] = from[k * area + i + width * j]!;
    return to;
  };
  return {
    width: height,
    height: width,
    depth,
    spacingMm: [spacingMm[1], spacingMm[0], spacingMm[2]],
    change: turn(planes.change, new Float32Array(planes.change.length)),
    mask: turn(planes.mask, new Uint8Array(planes.mask.length)),
    original,
    anatomy,
    isTransposed: true,
  };
}

/** Undefined for lines that are nearer to the rows. */
function digitalLine(angle: number, lengthMm: number, planes: Planes): DigitalLine | undefined {
  const { spacingMm, height, isTransposed } = planes;
  const [along, across] = isTransposed
    ? [Math.cos(angle), Math.sin(angle)]
    : [Math.sin(angle), Math.cos(angle)];
  const [rows, columns] = [along / spacingMm[1], across / spacingMm[0]];
  if (Math.abs(rows) < Math.abs(columns) || (isTransposed && Math.abs(rows) === Math.abs(columns)))
    return undefined;
  return {
    half: Math.max(1, Math.round((lengthMm * Math.abs(rows)) / 2)),
    shifts: Int32Array.from({ length: height }, (_, n) => Math.round((n * columns) / rows)),
  };
}

interface Place {
  readonly at: number;
  readonly score: number;
  readonly added: number;
  readonly was: number;
}

async function search(
  planes: Planes,
  lines: LineSearch,
  line: DigitalLine,
  lengthMm: number,
  {
    noise: bandNoise,
    size: bandSize,
    from,
  }: { readonly noise: BandNoise; readonly size: Vec3; readonly from: number },
): Promise<Place[]> {
  const { width, height, depth, spacingMm, anatomy, mask } = planes;
  const size: Vec3 = [width, height, depth];
  const blockMm = Math.max(BLOCK_MM, BLOCK_LENGTHS * lengthMm);
  const [across, down] = [0, 1].map((axis) =>
    Math.min(size[axis]!, Math.max(1, Math.round(blockMm / spacingMm[axis]!))),
  ) as unknown as readonly [number, number];
  const along = await lines.means(line);
  // Plane by plane: streaks of noise, as at the shoulders, come and go from one to the next.
  const noise = floored(localScale(along, size, mask, [across, down, 1], 'most', NOISE_PIXELS));
  const rows = new ScaleRows(noise, size);
  const [blocksAcross, blocksDown] = noise.size;
  const peaks = await lines.peaks(
    { across: blocksAcross, down: blocksDown, values: noise.values },
    LEAST_SCORE,
  );
  const highest = new Highest(MOST_PLACES, LEAST_SCORE);
  const blocks = new ScaleRows(bandNoise.map, bandSize);
  for (const at of peaks) {
    const j = Math.floor(at / width) % height;
    const here = rows.at(j, Math.floor(at / (width * height)))[at % width]!;
    const value = Math.abs(along[at]!);
    if (!(value > highest.least * here)) continue;
    const [a, k] = [at % width, from + Math.floor(at / (width * height))];
    const noiseHere = planes.isTransposed ? blocks.at(a, k)[j]! : blocks.at(j, k)[a]!;
    const kind = kindOf(meanAt(planes.original, planes, line, at), along[at]!);
    const near = meanAt(anatomy, planes, line, at);
    const growth = bandNoise.growth(kind, near / noiseHere);
    // What blurring does is the same along a line: it does not average out as noise does.
    const blur = noiseHere * Math.sqrt(Math.max(0, growth * growth - 1));
    highest.add(at, value / Math.hypot(here, blur, LEAST_BLUR * near));
  }
  return highest.sorted().map(({ at, score }) => ({
    at,
    score,
    added: along[at]!,
    was: meanAt(planes.original, planes, line, at),
  }));
}

/** Mean of values, which are not turned, along the piece through a pixel, which lies in the plane with all of it. */
function meanAt(
  values: Float32Array,
  { width, height, isTransposed }: Planes,
  { half, shifts }: DigitalLine,
  at: number,
): number {
  const area = width * height;
  const [i, j, first] = [at % width, Math.floor(at / width) % height, at - (at % area)];
  const [across, down] = isTransposed ? [height, 1] : [1, width];
  let sum = 0;
  for (let n = j - half; n <= j + half; n++)
    sum += values[first + down * n + across * (i + shifts[n]! - shifts[j]!)]!;
  return sum / (2 * half + 1);
}
