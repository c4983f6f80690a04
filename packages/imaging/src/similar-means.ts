import { PhotopeakError } from './errors.ts';
import { Resident } from './pool/resident.ts';

/** Pictures of one size, one behind the other; x fastest. */
export interface SimilarPictures {
  readonly width: number;
  readonly height: number;
  /** What is averaged: positive numbers. */
  readonly values: Float32Array;
  /** What places are compared by. */
  readonly pilot: Float32Array;
  /** -1 where there is a value, 0 where there is none; the pilot must hold something plausible there too. */
  readonly mask: Int8Array;
}

/** One pass: patches of the pilot are compared, the values averaged; the logarithm of the means is the next pilot. */
export interface SimilarityStage {
  /** Places that are compared: (dx, dy) of one half of the neighbourhood, dy ≥ 0, without (0, 0). */
  readonly offsets: readonly (readonly [number, number])[];
  /** Patches of (2·radius + 1)² places, `step` (x, y) pixels apart. */
  readonly radius: number;
  readonly step: readonly [number, number];
  /** Patches that differ by more than this root of the mean square count nothing (Tukey's biweight below). */
  readonly cut: number;
  /** No single place of a patch differs by more than this: one outlier does not set a patch apart. */
  readonly most: number;
}

/** Rows that similar.c works on at a time. */
const BLOCK_ROWS = 64;
const FEWEST_COLUMNS = 4;
/** Numbers that vectors of similar.c read and write beyond the end. */
const SLACK = 8;
const INT16 = 2 ** 15;
const UINT16 = 2 ** 16;

function scratchBytes(width: number, { offsets, radius, step }: SimilarityStage): number {
  const far = Math.max(...offsets.map(([, dy]) => dy));
  const summed = (BLOCK_ROWS + 2 * far) * width + SLACK;
  const compared = (BLOCK_ROWS + far + 2 * radius * step[1]) * width + SLACK;
  return 6 * summed + 2 * compared + 2 * (width + 2 * radius * step[0] + 2 * SLACK);
}

/** How similar.c compares in whole numbers of 16 bits. */
interface Likeness {
  /** Steps of the pilot for a difference of 1. */
  readonly scale: number;
  /** The largest difference of a place, and the sum of squares of a patch from which on it counts nothing, in steps. */
  readonly most: number;
  readonly cut: number;
  /** Left shift that brings the cut to 15 bits, right shift after which weights of all places add up to 16 bits. */
  readonly shift: number;
  readonly drop: number;
}

function likenessOf({ radius, cut, most, offsets }: SimilarityStage): Likeness {
  const places = (2 * radius + 1) ** 2;
  const relative = Math.min(1, cut / most);
  const steps = Math.floor(
    Math.sqrt(Math.min((UINT16 - 1) / places, (INT16 - 1) / (places * relative ** 2))),
  );
  const whole = Math.max(1, Math.round(places * (relative * steps) ** 2));
  const shift = Math.max(0, 14 - Math.floor(Math.log2(whole)));
  let drop = 0;
  while ((2 * offsets.length + 1) * (INT16 >> drop) >= UINT16) drop++;
  return { scale: steps / most, most: steps, cut: whole, shift, drop };
}

/** The pilot in steps, rounded; where that does not fit, the nearest that does. */
function inSteps(pilot: Float32Array, scale: number, into: Int16Array): void {
  const most = INT16 / 2;
  for (let n = 0; n < pilot.length; n++) {
    const value = Math.min(most, Math.max(-most, pilot[n]! * scale));
    into[n] = ((value + (INT16 + 0.5)) | 0) - INT16;
  }
}

/**
 * Logarithms of the means of the values over similar places of each picture, stage by stage (non-local means, Buades
 * et al., SIAM Multiscale Model. Simul. 2005); 0 where the mask is 0 and nothing near is similar. Differences
 * are told in steps of a 28th to a 255th of `most` (the larger the patch, the coarser), weights in steps of a 512th for up to 63
 * offsets. The same bytes for any number of threads. Memory: 12 bytes a pixel.
 * @throws PhotopeakError IMAGING_DATA_LENGTH
 */
export async function similarMeans(
  { width, height, values, pilot, mask }: SimilarPictures,
  stages: readonly SimilarityStage[],
): Promise<Float32Array> {
  const count = values.length;
  const pictures = count / (width * height);
  if (
    width < FEWEST_COLUMNS ||
    !Number.isInteger(pictures) ||
    pilot.length !== count ||
    mask.length !== count
  ) {
    throw new PhotopeakError('pictures and their size do not fit together', {
      code: 'IMAGING_DATA_LENGTH',
      expected: `whole pictures of ${width} × ${height} pixels, at least ${FEWEST_COLUMNS} wide, with pilot and mask`,
      found: `${count} values, ${pilot.length} of the pilot, ${mask.length} of the mask`,
    });
  }
  using memory = new Resident();
  const valuesAt = memory.put('float32', values);
  const maskAt = memory.take('int16', count);
  memory.view('int16', maskAt, count).set(mask);
  const pilotAt = memory.take('int16', count);
  const meansAt = memory.take('float32', count);
  let compared = pilot;
  for (const stage of stages) {
    const { scale, most, cut, shift, drop } = likenessOf(stage);
    inSteps(compared, scale, memory.view('int16', pilotAt, count));
    const offsets = memory.put('int32', stage.offsets.flat());
    await memory.call(
      'similar_means',
      pictures * height,
      count,
      (first, last) => [
        ...[pilotAt, valuesAt, maskAt, width, height, offsets, stage.offsets.length],
        ...[stage.radius, ...stage.step, most, cut, shift, drop, first, last, meansAt],
      ],
      scratchBytes(width, stage),
    );
    memory.give(offsets);
    compared = memory.view('float32', meansAt, count);
  }
  return compared.slice();
}
