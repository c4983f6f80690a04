import { emptyVolume, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { spreadSeed, uniforms } from '../../numbers/index.ts';

/** The method under test, as a function of an image. It gives the same for the same. */
export type Enhance = (volume: Volume) => Promise<Volume>;

export interface InsertionOptions {
  /** Diameter of the lesions, mm. */
  readonly diameterMm: number;
  /** Above what is around them, in the unit of the image; below 0: darker. */
  readonly contrast: number;
  /** Whole number that chooses the places. */
  readonly seed: number;
  /** Where lesions may lie: values of the enhanced image in this range all around. */
  readonly range: readonly [number, number];
  /** Default 6. */
  readonly count?: number;
}

export interface Insertion {
  /** Part of the contrast that each inserted lesion has in the result: 1 kept, 0 gone. */
  readonly recovered: readonly number[];
  /** The least of them. */
  readonly least: number;
  /** Largest change farther than two diameters from every lesion, over the contrast: what one lesion does elsewhere. */
  readonly elsewhere: number;
}

/**
 * Inserts small lesions into the original and tells what is left of them in the result: the change of the result by
 * them, fitted by their own shape. `enhanced` is the result without them. Throws `QUALITY_NO_PLACE` where there is no
 * flat place for them.
 */
export async function insertionRecovery(
  original: Volume,
  enhanced: Volume,
  enhance: Enhance,
  options: InsertionOptions,
): Promise<Insertion> {
  const places = choosePlaces(enhanced, options);
  const shape = emptyVolume(original, 'float32', original.unit);
  for (const place of places) addBall(shape, place, options.diameterMm / 2);
  const changed = emptyVolume(original, 'float32', original.unit);
  for (let at = 0; at < changed.data.length; at++)
    changed.data[at] = original.data[at]! + options.contrast * shape.data[at]!;
  const after = await enhance(changed);
  const recovered = places.map((place) => fit(shape, enhanced, after, place, options));
  return { recovered, least: Math.min(...recovered), elsewhere: farthest(enhanced, after, places, options) };
}

const MARGIN = 2;

/** Places in space at which a ball of twice the diameter lies in the range, far from each other. */
function choosePlaces(
  enhanced: Volume,
  { diameterMm, seed, range, count = 6 }: InsertionOptions,
): readonly Vec3[] {
  const uniform = uniforms(spreadSeed(seed));
  const { size, spacingMm } = enhanced;
  const reach = spacingMm.map((mm) => Math.ceil(diameterMm / mm)) as unknown as Vec3;
  const places: Vec3[] = [];
  for (let trial = 0; trial < 4000 && places.length < count; trial++) {
    const place = size.map((n, axis) => {
      const margin = Math.min(reach[axis]!, Math.floor((n - 1) / 2));
      return margin + Math.floor(uniform() * (n - 2 * margin));
    }) as unknown as Vec3;
    const isApart = places.every(
      (other) =>
        Math.hypot(...place.map((at, axis) => (at - other[axis]!) * spacingMm[axis]!)) >
        2 * MARGIN * diameterMm,
    );
    if (isApart && isFlat(enhanced, place, reach, range)) places.push(place);
  }
  if (places.length > 0) return places;
  throw new PhotopeakError('there is no place for a test lesion', {
    code: 'QUALITY_NO_PLACE',
    expected: `a flat place of ${2 * diameterMm} mm within ${range.join(' to ')}`,
    found: 'none',
    remedy: 'leave the insertion test out for this series',
  });
}

function isFlat(volume: Volume, place: Vec3, reach: Vec3, [low, high]: readonly [number, number]): boolean {
  const [nx, ny, nz] = volume.size;
  for (let c = -reach[2]; c <= reach[2]; c++)
    for (let b = -reach[1]; b <= reach[1]; b++)
      for (let a = -reach[0]; a <= reach[0]; a++) {
        const [i, j, k] = [place[0] + a, place[1] + b, place[2] + c];
        if (i < 0 || j < 0 || i >= nx || j >= ny) return false;
        if (k < 0 || k >= nz) continue;
        const value = volume.data[i + nx * (j + ny * k)]!;
        if (!(value >= low && value <= high)) return false;
      }
  return true;
}

/** A ball with an edge as wide as a voxel. */
function addBall({ data, size, spacingMm }: Volume<Float32Array>, place: Vec3, radiusMm: number): void {
  const soft = Math.max(spacingMm[0], spacingMm[1]);
  eachNear(size, spacingMm, place, radiusMm + soft, (at, distance) => {
    data[at] = Math.max(data[at]!, Math.min(1, Math.max(0, (radiusMm + soft / 2 - distance) / soft)));
  });
}

function eachNear(
  [nx, ny, nz]: Vec3,
  spacingMm: Vec3,
  place: Vec3,
  reachMm: number,
  use: (at: number, distanceMm: number) => void,
): void {
  const reach = spacingMm.map((mm) => Math.ceil(reachMm / mm));
  const from = place.map((at, axis) => Math.max(0, at - reach[axis]!));
  const to = place.map((at, axis) => Math.min([nx, ny, nz][axis]! - 1, at + reach[axis]!));
  for (let k = from[2]!; k <= to[2]!; k++)
    for (let j = from[1]!; j <= to[1]!; j++)
      for (let i = from[0]!; i <= to[0]!; i++) {
        const distance = Math.hypot(
          (i - place[0]) * spacingMm[0],
          (j - place[1]) * spacingMm[1],
          (k - place[2]) * spacingMm[2],
        );
        use(i + nx * (j + ny * k), distance);
      }
}

/** Least-squares height of the shape and a level in what changed around one place, over the contrast. */
function fit(
  shape: Volume<Float32Array>,
  before: Volume,
  after: Volume,
  place: Vec3,
  { diameterMm, contrast }: InsertionOptions,
): number {
  let [n, sumS, sumD, sumSS, sumSD] = [0, 0, 0, 0, 0];
  eachNear(shape.size, shape.spacingMm, place, diameterMm, (at, distance) => {
    if (distance > diameterMm) return;
    const s = shape.data[at]!;
    const d = after.data[at]! - before.data[at]!;
    n++;
    sumS += s;
    sumD += d;
    sumSS += s * s;
    sumSD += s * d;
  });
  return (sumSD - (sumS * sumD) / n) / (sumSS - (sumS * sumS) / n) / contrast;
}

function farthest(
  before: Volume,
  after: Volume,
  places: readonly Vec3[],
  { diameterMm, contrast }: InsertionOptions,
): number {
  const near = new Uint8Array(before.data.length);
  for (const place of places)
    eachNear(before.size, before.spacingMm, place, MARGIN * diameterMm, (at, distance) => {
      if (distance <= MARGIN * diameterMm) near[at] = 1;
    });
  let most = 0;
  for (let at = 0; at < near.length; at++)
    if (near[at] === 0) most = Math.max(most, Math.abs(after.data[at]! - before.data[at]!));
  return most / Math.abs(contrast);
}

export interface Jitter {
  /** Standard deviation of what the result moves by, over that of what was added: below 1 noise is damped. */
  readonly gain: number;
  /** The highest such gain of any block of the image: unstable places make up detail from noise. */
  readonly worstGain: number;
}

const JITTER_BLOCK = 16;

/** Adds a little independent noise (`sigma`, in the unit of the image) and tells how far the result moves. */
export async function jitterOf(
  original: Volume,
  enhanced: Volume,
  enhance: Enhance,
  { sigma, seed }: { readonly sigma: number; readonly seed: number },
): Promise<Jitter> {
  const uniform = uniforms(spreadSeed(seed));
  const changed = emptyVolume(original, 'float32', original.unit);
  for (let at = 0; at < changed.data.length; at++) {
    // Sum of four uniform numbers, of variance 4/12: near enough to normal, and the same on every machine.
    const sum = uniform() + uniform() + uniform() + uniform() - 2;
    changed.data[at] = original.data[at]! + sigma * sum * Math.sqrt(3);
  }
  const after = await enhance(changed);
  const [nx, ny, nz] = original.size;
  let [squares, worst] = [0, 0];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j += JITTER_BLOCK)
      for (let i = 0; i < nx; i += JITTER_BLOCK) {
        let [sum, n] = [0, 0];
        for (let y = j; y < Math.min(ny, j + JITTER_BLOCK); y++)
          for (let x = i; x < Math.min(nx, i + JITTER_BLOCK); x++) {
            const at = x + nx * (y + ny * k);
            sum += (after.data[at]! - enhanced.data[at]!) ** 2;
            n++;
          }
        squares += sum;
        worst = Math.max(worst, sum / n);
      }
  return { gain: Math.sqrt(squares / original.data.length) / sigma, worstGain: Math.sqrt(worst) / sigma };
}
