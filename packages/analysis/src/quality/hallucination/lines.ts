import type { Vec3 } from '@photopeak/imaging';
import type { Band } from './bands.ts';
import { localScale, ScaleRows } from './local-scale.ts';
import { type Explained, Highest, kindOf, type Spot } from './spots.ts';

export interface LineProbe {
  readonly lengthMm: number;
  /** Directions over half a turn. */
  readonly directions: number;
}

/** Long lines are few to a block: smaller ones would tell the noise badly. */
const BLOCK_MM = 96;
const BLOCK_LENGTHS = 2.5;
const MOST_PLACES = 60;
const LEAST_SCORE = 3.5;
/** A ridge of Gaussian width 1.5σ answers to the difference of Gaussians of σ and 1.6σ by this part of its height. */
const RIDGE_RESPONSE = 0.15;

/** Planes in which lines are nearer to the second axis than to the first; the others are sought in their transpose. */
interface Planes {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly spacingMm: Vec3;
  readonly change: Float32Array;
  readonly original: Float32Array;
  readonly anatomy: Float32Array;
  readonly mask: Uint8Array;
  readonly isTransposed: boolean;
}

/**
 * Lines in the planes [from, to) of a band of the change: means along pieces of digital lines in all directions, over
 * √(noise² + (share·anatomy)²) as for blobs, with noise and anatomy along the same pieces. Voxels in the grid of the image.
 */
export function findLines(
  band: Band,
  mask: Uint8Array,
  probes: readonly LineProbe[],
  explained: Explained,
  [from, to]: readonly [number, number],
): Spot[] {
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
  for (const planes of [upright, transposed(upright)])
    for (const probe of probes)
      for (let turn = 0; turn < probe.directions; turn++) {
        const angle = (Math.PI * turn) / probe.directions;
        const line = digitalLine(angle, probe.lengthMm, planes);
        if (line === undefined) continue;
        for (const { at, score, added, was } of search(planes, line, probe.lengthMm, explained)) {
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
  return spots;
}

function transposed(planes: Planes): Planes {
  const { width, height, depth, spacingMm } = planes;
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
    original: turn(planes.original, new Float32Array(planes.change.length)),
    anatomy: turn(planes.anatomy, new Float32Array(planes.change.length)),
    mask: turn(planes.mask, new Uint8Array(planes.mask.length)),
    isTransposed: true,
  };
}

/** A piece of a line with one pixel in each of its 2·half + 1 rows; `shifts` are the columns of row n against row 0. */
interface DigitalLine {
  readonly half: number;
  readonly shifts: Int32Array;
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

function search(planes: Planes, line: DigitalLine, lengthMm: number, explained: Explained): Place[] {
  const { width, height, depth, spacingMm, change, anatomy, mask } = planes;
  const area = width * height;
  const along = new Float32Array(change.length);
  const structure = new Float32Array(area);
  const running = new Float64Array(area);
  for (let k = 0; k < depth; k++) {
    const plane = change.subarray(k * area, (k + 1) * area);
    lineMeans(plane, width, height, line, running, along.subarray(k * area, (k + 1) * area));
  }
  const size: Vec3 = [width, height, depth];
  const blockMm = Math.max(BLOCK_MM, BLOCK_LENGTHS * lengthMm);
  const [across, down] = [0, 1].map((axis) =>
    Math.min(size[axis]!, Math.max(1, Math.round(blockMm / spacingMm[axis]!))),
  ) as unknown as readonly [number, number];
  // Plane by plane: streaks of noise, as at the shoulders, come and go from one to the next.
  const steps: Vec3 = [across, down, 1];
  const noise = new ScaleRows(localScale(along, size, mask, steps, 'middle'), size);
  const highest = new Highest(MOST_PLACES, LEAST_SCORE);
  const share = explained.anatomyShare.lost;
  for (let k = 0; k < depth; k++) {
    lineMeans(anatomy.subarray(k * area, (k + 1) * area), width, height, line, running, structure);
    for (let j = 0; j < height; j++) {
      const here = noise.at(j, k);
      const row = width * j;
      const base = k * area + row;
      for (let i = 0; i < width; i++) {
        const value = Math.abs(along[base + i]!);
        if (!(value > highest.least * here[i]!) || mask[base + i] === 0) continue;
        highest.add(base + i, value / Math.sqrt(here[i]! ** 2 + share * share * structure[row + i]! ** 2));
      }
    }
  }
  return highest
    .sorted()
    .map(({ at, score }) => ({ at, score, added: along[at]!, was: meanAt(planes, line, at) }));
}

/** Mean over the piece centred at each pixel, by running sums along parallel lines; 0 where it leaves the plane. */
function lineMeans(
  plane: Float32Array,
  width: number,
  height: number,
  { half, shifts }: DigitalLine,
  running: Float64Array,
  target: Float32Array,
): void {
  const scale = 1 / (2 * half + 1);
  for (let i = 0; i < width; i++) running[i] = plane[i]!;
  for (let j = 1; j < height; j++) {
    const shift = shifts[j]! - shifts[j - 1]!;
    const row = width * j;
    const before = row - width - shift;
    const [low, high] = [Math.max(0, shift), Math.min(width, width + shift)];
    for (let i = 0; i < low; i++) running[row + i] = plane[row + i]!;
    for (let i = low; i < high; i++) running[row + i] = running[before + i]! + plane[row + i]!;
    for (let i = high; i < width; i++) running[row + i] = plane[row + i]!;
  }
  target.fill(0);
  for (let j = half + 1; j + half < height; j++) {
    const ahead = shifts[j + half]! - shifts[j]!;
    const behind = shifts[j - half - 1]! - shifts[j]!;
    const low = Math.max(0, -ahead, -behind);
    const high = Math.min(width, width - ahead, width - behind);
    const end = width * (j + half) + ahead;
    const start = width * (j - half - 1) + behind;
    const row = width * j;
    for (let i = low; i < high; i++) target[row + i] = scale * (running[end + i]! - running[start + i]!);
  }
}

function meanAt({ original, width, height }: Planes, { half, shifts }: DigitalLine, at: number): number {
  const j = Math.floor(at / width) % height;
  const plane = at - (at % (width * height));
  const i = at % width;
  let sum = 0;
  for (let n = j - half; n <= j + half; n++)
    sum += original[plane + width * n + i + shifts[n]! - shifts[j]!]!;
  return sum / (2 * half + 1);
}
