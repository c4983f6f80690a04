import type { Dataset } from '../data/index.ts';
import { planSeriesGrid } from './grid.ts';
import type { Series } from './group.ts';
import { type PetAcquisition, petAcquisition } from './pet-acquisition.ts';
import { realWorldMapping } from './real-world.ts';

/** What quantification of a reconstructed SPECT needs beside what a PET says; as written, null where it is absent. */
export interface SpectAcquisition extends PetAcquisition {
  /** Whole acquisition of a voxel, seconds. */
  readonly acquisitionSeconds: number | null;
  readonly acquisitionSecondsFrom: string;
  /** Bq/ml per rescaled value by a Real World Value Mapping in the image. */
  readonly mapping: { readonly bqPerMlPerValue: number; readonly source: string } | null;
  readonly voxelMl: number;
}

const BQML = 'Bq/ml';

/**
 * Reads a reconstructed tomogram: NM (PS3.3 C.8.4), or the PET object in which some cameras write quantitative SPECT.
 * `series` is a stack that makes a volume.
 */
export function spectAcquisition(series: Series): SpectAcquisition {
  const { dataset } = series.instances[0]!;
  const { grid } = planSeriesGrid(series);
  const pet = petAcquisition(series);
  const [dx, dy, dz] = grid?.spacingMm ?? [0, 0, 0];
  return {
    ...pet,
    units: pet.units ?? (dataset.text('RescaleType') === 'BQML' ? 'BQML' : null),
    ...durationOf(dataset),
    mapping: mappingOf(series),
    voxelMl: (dx * dy * dz) / 1000,
  };
}

/**
 * Seconds that the camera looked: of NM the duration of a view times the views of a rotation, for each rotation after
 * the other (PS3.3 C.8.4.12; the detectors of a camera look at the same time).
 */
function durationOf(
  dataset: Dataset,
): Pick<SpectAcquisition, 'acquisitionSeconds' | 'acquisitionSecondsFrom'> {
  const rotations = dataset.items('RotationInformationSequence');
  const seconds = rotations.map((rotation) => {
    const views = rotation.number('NumberOfFramesInRotation');
    const milliseconds = rotation.number('ActualFrameDuration');
    return views === undefined || milliseconds === undefined ? Number.NaN : (views * milliseconds) / 1000;
  });
  const total = seconds.reduce((a, b) => a + b, 0);
  if (rotations.length > 0 && total > 0)
    return { acquisitionSeconds: total, acquisitionSecondsFrom: 'views × Actual Frame Duration (0018,1242)' };
  const milliseconds = dataset.number('ActualFrameDuration');
  return milliseconds === undefined || rotations.length > 0
    ? { acquisitionSeconds: null, acquisitionSecondsFrom: 'not written' }
    : {
        acquisitionSeconds: milliseconds / 1000,
        acquisitionSecondsFrom: 'Actual Frame Duration (0018,1242)',
      };
}

/** A mapping replaces the rescale of the image; the volume holds rescaled values. */
function mappingOf(series: Series): SpectAcquisition['mapping'] {
  const slice = series.slices[0];
  const mapping = realWorldMapping(series.instances[0]!.dataset);
  if (slice === undefined || mapping?.unit !== BQML || mapping.intercept !== 0) return null;
  return {
    bqPerMlPerValue: mapping.slope / slice.rescaleSlope,
    source: 'Real World Value Mapping of the image',
  };
}
