import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { CT_PADDING_HU, reduceBlocks } from '../sampling/index.ts';
import { type Foreground, foregroundOf } from './foreground.ts';
import { type BinMap, binMap, binOf } from './intensity.ts';
import { scatter } from './samples.ts';
import { type Similarity, similarity } from './similarity.ts';

export interface LevelOptions {
  /** Voxels of both images are joined up to about this size. */
  readonly spacingMm: number;
  /** Points at which the images are compared. */
  readonly samples: number;
  /** First step of the optimiser in mm. */
  readonly stepMm: number;
  /** Movement in mm below which the level ends. */
  readonly toleranceMm: number;
}

/** Coarse to fine; enough for a whole body and for a head. */
export const DEFAULT_LEVELS: readonly LevelOptions[] = [
  { spacingMm: 12, samples: 8_000, stepMm: 8, toleranceMm: 0.5 },
  { spacingMm: 6, samples: 15_000, stepMm: 2, toleranceMm: 0.15 },
  { spacingMm: 4, samples: 25_000, stepMm: 0.6, toleranceMm: 0.04 },
];

export interface Level {
  readonly options: LevelOptions;
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly movingMap: BinMap;
}

/** The bodies are found on voxels of about this size. */
const BODY_SPACING_MM = 6;
/** Fewer body voxels than this are no body. */
const SMALLEST_BODY_VOXELS = 100;
/** Points of the moving image that place its bins. */
const MAP_SAMPLES = 20_000;

function reduced(volume: Volume, spacingMm: number): Volume {
  return volume.unit === "[hnsf'U]"
    ? reduceBlocks(volume, spacingMm, { paddingBelow: CT_PADDING_HU, paddingValue: -1000 })
    : reduceBlocks(volume, spacingMm);
}

function bodyOf(volume: Volume, name: string): Foreground {
  const body = foregroundOf(volume);
  if (body.voxels < SMALLEST_BODY_VOXELS) {
    throw new PhotopeakError(`The ${name} image shows no body to register`, {
      code: 'REGISTRATION_EMPTY',
      expected: 'a region that stands out from air',
      found: `${body.voxels} voxels of ${volume.spacingMm.map((mm) => mm.toFixed(1)).join('×')} mm`,
      where: `${name} image`,
      remedy: 'Check that the series is an attenuation-corrected image of the patient.',
    });
  }
  return body;
}

/** Levels are built from fine to coarse, each from the one before, and used from coarse to fine. */
function pyramid(volume: Volume, spacings: readonly number[]): Volume[] {
  const levels: Volume[] = [];
  for (const spacingMm of [...spacings].reverse()) levels.unshift(reduced(levels[0] ?? volume, spacingMm));
  return levels;
}

/** The two images at some points of the body, on one level. */
export function compare(level: Level, body: Foreground, seed: number): Similarity {
  const points = scatter(level.fixed, body, level.options.samples, seed);
  const map = binMap(points.value);
  const fixedBin = points.value.map((value) => binOf(map, value));
  return similarity(
    { count: points.count, position: points.position, fixedBin },
    level.moving,
    level.movingMap,
  );
}

export interface Levels {
  /** From coarse to fine. */
  readonly levels: readonly Level[];
  readonly body: Foreground;
  readonly movingBody: Foreground;
}

/** Both images at every level, and the bodies in them. Fails with REGISTRATION_EMPTY where an image shows none. */
export function levelsOf(
  fixed: Volume,
  moving: Volume,
  levelOptions: readonly LevelOptions[],
  seed: number,
): Levels {
  const spacings = levelOptions.map((level) => level.spacingMm);
  const fixedLevels = pyramid(fixed, spacings);
  const movingLevels = pyramid(moving, spacings);
  const body = bodyOf(reduced(fixedLevels.at(-1)!, BODY_SPACING_MM), 'fixed');
  const movingBody = bodyOf(reduced(movingLevels.at(-1)!, BODY_SPACING_MM), 'moving');
  const levels = levelOptions.map((level, n): Level => {
    const movingLevel = movingLevels[n]!;
    return {
      options: level,
      fixed: fixedLevels[n]!,
      moving: movingLevel,
      movingMap: binMap(scatter(movingLevel, movingBody, MAP_SAMPLES, seed).value),
    };
  });
  return { levels, body, movingBody };
}
