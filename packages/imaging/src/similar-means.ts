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
  /** 1 where there is a value, 0 where there is none; the pilot must hold something plausible there too. */
  readonly mask: Float32Array;
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

/** Weight of a place in its own mean; a place that is just like it has the same. */
const OWN_WEIGHT = 1;
/** Rows that similar.c works on at a time. */
const BLOCK_ROWS = 64;
const FEWEST_COLUMNS = 4;

function scratchBytes(width: number, { offsets, radius, step }: SimilarityStage): number {
  const far = Math.max(...offsets.map(([, dy]) => dy));
  const held = 2 * (BLOCK_ROWS + 2 * far) + BLOCK_ROWS + far + 2 * radius * step[1] + 2;
  return 4 * (held * width + 2 * radius * step[0] + 16);
}

/**
 * Logarithms of the means of the values over similar places of each picture, stage by stage (non-local means, Buades
 * et al., SIAM Multiscale Model. Simul. 2005); 0 where the mask is 0 and nothing near is similar. The same bytes for
 * any number of threads. Memory: four numbers of 4 bytes a pixel.
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
  const maskAt = memory.put('float32', mask);
  let from = memory.put('float32', pilot);
  let to = memory.take('float32', count);
  for (const stage of stages) {
    const offsets = memory.put('int32', stage.offsets.flat());
    const inverse = 1 / ((2 * stage.radius + 1) ** 2 * stage.cut ** 2);
    const [pilotAt, meansAt] = [from, to];
    await memory.call(
      'similar_means',
      pictures * height,
      count,
      (first, last) => [
        ...[pilotAt, valuesAt, maskAt, width, height, offsets, stage.offsets.length],
        ...[stage.radius, ...stage.step, inverse, stage.most ** 2, OWN_WEIGHT, first, last, meansAt],
      ],
      scratchBytes(width, stage),
    );
    memory.give(offsets);
    [from, to] = [to, from];
  }
  return Float32Array.from(memory.view('float32', from, count));
}
