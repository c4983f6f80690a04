import { type SimilarityStage, similarMeans } from '@photopeak/imaging';
import {
  cropPictures,
  type GreyPictures,
  pictureCount,
  putPictures,
  RunningSums,
  tissueBox,
} from './pictures.ts';
import { askedAtHalfSize, type SpecklePilot } from './pilot.ts';
import { type SpeckleGrain, type SpeckleStatistics, speckleStatistics } from './speckle-statistics.ts';
import { steadied } from './steady.ts';

/** How much is averaged: `preserve` keeps most structure, `strong` averages most. */
export type SpeckleStrength = 'preserve' | 'standard' | 'strong';

export interface SpeckleOptions {
  readonly strength?: SpeckleStrength;
  /** Part of the change that is made, 0 to 1. Default 1. */
  readonly amount?: number;
  /** Decibels that 255 grey levels span; fitted to the speckle where absent. */
  readonly dynamicRangeDb?: number;
  /**
   * Tells which places are alike, instead of a first pass: a network, for instance. What is averaged stays the picture;
   * `strength` is not looked at then.
   */
  readonly pilot?: SpecklePilot;
}

export interface SpeckleReduction {
  /** As the pictures were; unchanged where the mask is 0. */
  readonly grey: Uint8Array;
  readonly statistics: SpeckleStatistics;
  /** The log compression that was undone: grey levels for a factor of e in the envelope, and the same in decibels. */
  readonly greyPerNeper: number;
  readonly dynamicRangeDb: number;
}

const DB_PER_NEPER = 20 / Math.LN10;
/** Scanners compress 40 to 100 dB; speckle that was averaged by the scanner would fit to more. */
const DYNAMIC_RANGE_DB = [40, 100] as const;
const WHITE = 255;

/** Patches that differ by more than this many standard deviations count nothing: first of the picture, then of its means. */
const cuts: Readonly<Record<SpeckleStrength, readonly [number, number]>> = {
  preserve: [1.85, 0.6],
  standard: [1.95, 0.8],
  strong: [2.03, 1.0],
};
/** The same where a pilot is given, whose own noise is far below that of speckle; it grows with the root of its steps. */
const PILOT_CUT = 0.18;
/** Speckle of this size is compared pixel by pixel; of larger speckle only each second (third, …) pixel says something new. */
const SPECKLE_OF_ONE_STEP_PX = 2.5;
const MOST_STEPS = 4;
/** Neighbouring frames whose means differ by more than this many standard deviations of speckle show something else. */
const FRAME_CUT = 0.5;
/** Frames that are worked on at a time, so that long clips need no more memory. */
const PIXELS_AT_ONCE = 8 * 512 * 512;

/** The dark of destructive interference is deep: one such pixel must not set a patch apart. In standard deviations. */
const MOST_DIFFERENT = 2.5;

/**
 * Half of the places within an ellipse, every second one like on a chessboard; with the nearest ones always, or the
 * picture would fall apart into two that know nothing of each other.
 */
function neighbourhood(
  radius: number,
  [stepX, stepY]: readonly [number, number],
): (readonly [number, number])[] {
  const offsets: (readonly [number, number])[] = [];
  for (let y = 0; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      const isKept = (x + y) % 2 === 0 || (Math.abs(x) <= 1 && y <= 1);
      if ((y === 0 && x <= 0) || x * x + y * y > radius * radius || !isKept) continue;
      offsets.push([x * stepX, y * stepY]);
    }
  }
  return offsets;
}

/** Pixels from one compared place to the next: lateral, axial. */
const stepsOf = ({ sizePx }: SpeckleGrain): [number, number] =>
  sizePx.map((px) => Math.min(MOST_STEPS, Math.max(1, Math.round(px / SPECKLE_OF_ONE_STEP_PX)))) as [
    number,
    number,
  ];

function stagesOf(
  strength: SpeckleStrength,
  sd: number,
  steps: readonly [number, number],
  hasPilot: boolean,
): SimilarityStage[] {
  // Places of a patch further apart would average more, and blur the edges of large speckle.
  const patch = [steps[0] + 1, steps[1] + 1] as const;
  const most = MOST_DIFFERENT * sd;
  const [first, second] = cuts[strength];
  if (hasPilot) {
    const cut = PILOT_CUT * sd * Math.sqrt(Math.max(...steps));
    return [{ offsets: neighbourhood(7, steps), radius: 1, step: [1, 1], cut, most }];
  }
  return [
    { offsets: neighbourhood(6, steps), radius: 2, step: patch, cut: first * sd, most },
    { offsets: neighbourhood(7, steps), radius: 1, step: patch, cut: second * sd, most },
  ];
}

/** Rows y0 ≤ y < y1 of a picture and their speckle. */
interface Band {
  readonly y0: number;
  readonly y1: number;
  readonly grain: SpeckleGrain;
}

/** Rows on either side of the middle that two bands share: the result goes over from one to the other. */
const SHARED_ROWS = 24;

/** The beams of a curved probe go apart, and their speckle becomes wider with depth: then each half is worked on by its own. */
function bandsOf(height: number, statistics: SpeckleStatistics): readonly Band[] {
  const whole = [{ y0: 0, y1: height, grain: statistics }];
  const [upper, lower] = statistics.halves;
  const middle = height >> 1;
  if (middle <= SHARED_ROWS || upper === undefined || lower === undefined) return whole;
  if (`${stepsOf(upper)}` === `${stepsOf(lower)}`) return whole;
  return [
    { y0: 0, y1: middle + SHARED_ROWS, grain: upper },
    { y0: middle - SHARED_ROWS, y1: height, grain: lower },
  ];
}

/** Puts the rows of a band into the picture; over the first `shared` of them it fades in. */
function fadeIn(grey: Uint8Array, band: Band, shared: number, into: GreyPictures): void {
  const { width, height, grey: whole } = into;
  const rows = band.y1 - band.y0;
  for (let n = 0; n < grey.length; n++) {
    const y = Math.floor(n / width) % rows;
    const at = Math.floor(n / (width * rows)) * width * height + band.y0 * width + (n % (width * rows));
    const part = Math.min(1, (y + 0.5) / Math.max(1, shared));
    whole[at] = Math.round(whole[at]! + part * (grey[n]! - whole[at]!));
  }
}

/**
 * Averages speckle over similar places, twice: places are compared in the log-compressed picture, where speckle is the
 * same everywhere (Coupé et al., IEEE Trans. Image Process. 2009), and averaged in the envelope that log compression
 * hides, so that means stay; then compared again by the result, whose noise misleads less, and averaged from the
 * original. In clips there is one set of numbers for all frames, and each frame is averaged with its neighbours where they
 * are alike, so that it does not flicker. Undefined where there is too little
 * uniform tissue to tell what speckle looks like. Deterministic.
 */
export async function reduceSpeckle(
  pictures: GreyPictures,
  options: SpeckleOptions = {},
  progress: (fraction: number) => void = () => {},
): Promise<SpeckleReduction | undefined> {
  const { strength = 'standard', amount = 1 } = options;
  const box = tissueBox(pictures);
  if (box === undefined) return undefined;
  const cropped = cropPictures(pictures, box);
  const statistics = speckleStatistics(cropped);
  if (statistics === undefined) return undefined;
  const fitted = (WHITE * DB_PER_NEPER) / statistics.greyPerNeper;
  const [least, most] = DYNAMIC_RANGE_DB;
  const dynamicRangeDb = options.dynamicRangeDb ?? Math.min(most, Math.max(least, fitted));
  const greyPerNeper = (WHITE * DB_PER_NEPER) / dynamicRangeDb;
  const changed = { ...cropped, grey: Uint8Array.from(cropped.grey) };
  const bands = bandsOf(cropped.height, statistics);
  for (const [index, band] of bands.entries()) {
    const sd = band.grain.sdGrey / greyPerNeper;
    const plan = {
      stages: stagesOf(strength, sd, stepsOf(band.grain), options.pilot !== undefined),
      greyPerNeper,
      amount,
      frameCut: FRAME_CUT * sd,
      pilot: options.pilot,
    };
    const rows = cropPictures(cropped, { x0: 0, x1: cropped.width, y0: band.y0, y1: band.y1 });
    const part = (fraction: number) => progress((index + fraction) / bands.length);
    fadeIn(await reduced(rows, plan, part), band, index === 0 ? 0 : 2 * SHARED_ROWS, changed);
  }
  const grey = Uint8Array.from(pictures.grey);
  putPictures(changed, box, { ...pictures, grey });
  return { grey, statistics, greyPerNeper, dynamicRangeDb };
}

interface Plan {
  readonly stages: readonly SimilarityStage[];
  readonly greyPerNeper: number;
  readonly amount: number;
  readonly frameCut: number;
  readonly pilot: SpecklePilot | undefined;
}

/** Grey levels of all frames, as many at a time as memory is meant for. */
async function reduced(
  pictures: GreyPictures,
  plan: Plan,
  progress: (fraction: number) => void,
): Promise<Uint8Array> {
  const count = pictureCount(pictures);
  const atOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / (pictures.width * pictures.height)));
  const grey = Uint8Array.from(pictures.grey);
  for (let from = 0; from < count; from += atOnce) {
    progress(from / count);
    await reduceInto(grey, pictures, [from, Math.min(count, from + atOnce)], plan);
  }
  return grey;
}

/** Frames first..last of the result; their neighbours are looked at too. */
async function reduceInto(
  result: Uint8Array,
  pictures: GreyPictures,
  [first, last]: readonly [number, number],
  { stages, greyPerNeper, amount, frameCut, pilot: given }: Plan,
): Promise<void> {
  const { width, height, grey, mask } = pictures;
  const area = width * height;
  const [from, to] = [Math.max(0, first - 1), Math.min(pictureCount(pictures), last + 1)];
  const base = from * area;
  const count = (to - from) * area;
  const envelopes = Float32Array.from({ length: 256 }, (_, level) =>
    Math.exp((level - WHITE) / greyPerNeper),
  );
  const logs = Float32Array.from({ length: 256 }, (_, level) => (level - WHITE) / greyPerNeper);
  const values = new Float32Array(count);
  const pilot = new Float32Array(count);
  const inside = new Int8Array(count).fill(-1);
  for (let n = 0; n < count; n++) {
    const level = grey[base + n]!;
    values[n] = envelopes[level]!;
    pilot[n] = logs[level]!;
  }
  if (mask !== undefined) {
    for (let n = 0; n < count; n++) {
      if (mask[base + n] !== 0) continue;
      inside[n] = 0;
      values[n] = 0;
    }
    for (let at = 0; at < count; at += area) continueBeyondMask(pilot, inside, width, height, at);
  }
  const known = given === undefined ? pilot : await askedAtHalfSize(given, pilot, [width, height, to - from]);
  let means = await similarMeans({ width, height, values, pilot: known, mask: inside }, stages);
  if (to - from > 1) means = steadied(means, width, height, to - from, frameCut);
  const wanted = [(first - from) * area, (last - from) * area] as const;
  const [some, where] = [means.subarray(...wanted), inside.subarray(...wanted)];
  blend(result.subarray(first * area, last * area), some, where, greyPerNeper, amount);
}

/** Moves grey levels towards the means (logarithms of the envelope against white), by a part of the way. */
function blend(
  grey: Uint8Array,
  means: Float32Array,
  inside: Int8Array,
  greyPerNeper: number,
  amount: number,
): void {
  for (let n = 0; n < grey.length; n++) {
    if (inside[n] === 0) continue;
    const before = grey[n]!;
    const level = before + amount * (WHITE + greyPerNeper * means[n]! - before) + 0.5;
    grey[n] = Math.min(WHITE, Math.max(0, level));
  }
}

/** How far beyond the mask patches may look. */
const BEYOND_PX = 12;

/** Where there is no tissue the pilot is the mean of what is near, or else of all tissue, so that patches at the edge are compared fairly. */
function continueBeyondMask(
  pilot: Float32Array,
  inside: Int8Array,
  width: number,
  height: number,
  base: number,
): void {
  const known = new RunningSums(width, height, (at) => -inside[base + at]!);
  const tissue = known.over(0, 0, width, height);
  const sums = new RunningSums(width, height, (at) => -inside[base + at]! * pilot[base + at]!);
  const usual = tissue === 0 ? 0 : sums.over(0, 0, width, height) / tissue;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = base + x + width * y;
      if (inside[at] !== 0) continue;
      pilot[at] = usual;
      const far = [Math.max(0, x - BEYOND_PX), Math.max(0, y - BEYOND_PX)] as const;
      if (known.over(...far, Math.min(width, x + BEYOND_PX + 1), Math.min(height, y + BEYOND_PX + 1)) === 0)
        continue;
      for (let reach = 3; reach <= BEYOND_PX; reach *= 2) {
        const box = [Math.max(0, x - reach), Math.max(0, y - reach)] as const;
        const end = [Math.min(width, x + reach + 1), Math.min(height, y + reach + 1)] as const;
        const count = known.over(...box, ...end);
        if (count === 0) continue;
        pilot[at] = sums.over(...box, ...end) / count;
        break;
      }
    }
  }
}
