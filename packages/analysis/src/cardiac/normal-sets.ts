import { PhotopeakError } from '@photopeak/imaging';
import type { NormalLimits } from './normals.ts';
import { PIXELS, RINGS, SECTORS } from './polar-map.ts';

/** Who and what a set of normal limits is for. */
export interface NormalKind {
  readonly modality: 'NM' | 'PT';
  readonly attenuationCorrected: boolean;
  readonly sex: 'M' | 'F';
  readonly state: 'stress' | 'rest' | 'any';
  /** Radiopharmaceutical as the studies name it, lower case; empty where it does not matter. */
  readonly tracer: string;
}

/** Normal limits as text: one line a ring from the apex, the sectors from lateral through anterior. */
export interface NormalSet extends NormalKind {
  /** Studies that it was built from. */
  readonly count: number;
  readonly mean: readonly string[];
  readonly sd: readonly string[];
}

const DIGITS = 3;

const lines = (values: Float32Array): string[] =>
  Array.from({ length: RINGS }, (_, ring) =>
    Array.from(values.subarray(ring * SECTORS, (ring + 1) * SECTORS), (value) => value.toFixed(DIGITS)).join(
      ' ',
    ),
  );

export function encodeNormals(kind: NormalKind, limits: NormalLimits): NormalSet {
  return { ...kind, count: limits.count, mean: lines(limits.mean), sd: lines(limits.sd) };
}

/** Throws `CARDIAC_NORMALS_INVALID`. */
export function decodeNormals({ mean, sd, count }: NormalSet): NormalLimits {
  return { mean: numbers(mean, 'mean'), sd: numbers(sd, 'sd'), count };
}

function numbers(text: readonly string[], where: string): Float32Array {
  const values = Float32Array.from(
    text.flatMap((line) => line.trim().split(/\s+/)),
    Number,
  );
  if (values.length !== PIXELS || !values.every((value) => value > 0 && value < 10)) {
    throw new PhotopeakError('a set of normal limits cannot be read', {
      code: 'CARDIAC_NORMALS_INVALID',
      expected: `${RINGS} lines of ${SECTORS} numbers above 0`,
      found: `${values.length} numbers`,
      where,
      remedy: 'build the file again with: photopeak cardiac normals',
    });
  }
  return values;
}

/**
 * The set that fits a study best: modality and attenuation correction must be the same; then sex, state and tracer
 * count in this order. Undefined where none fits.
 */
export function chooseNormals<S extends NormalKind>(sets: readonly S[], wanted: NormalKind): S | undefined {
  const points = (set: NormalKind): number =>
    (set.sex === wanted.sex ? 8 : 0) +
    (set.state === wanted.state ? 4 : set.state === 'any' ? 2 : 0) +
    (set.tracer !== '' && set.tracer === wanted.tracer ? 1 : 0);
  return sets
    .filter(
      (set) => set.modality === wanted.modality && set.attenuationCorrected === wanted.attenuationCorrected,
    )
    .reduce<S | undefined>(
      (best, set) => (best === undefined || points(set) > points(best) ? set : best),
      undefined,
    );
}
