import {
  checkProjections,
  filterResponse,
  type Grid,
  type ProjectionGeometry,
  type Projections,
  type RowFilter,
  Tomograph,
  type Volume,
} from '@photopeak/imaging';
import { arcRampTap, type RampWindow, rampTap, rampWindow } from './ramp-filter.ts';
import { type Scan, type ViewWeights, viewWeights } from './redundancy.ts';
import { viewBatches } from './view-batches.ts';

export interface FilteredBackprojectionOptions {
  readonly window?: RampWindow;
  /** Share of the Nyquist frequency of the detector from which nothing passes. */
  readonly cutoff?: number;
  /** Without, it follows from the angles and the place of the detector. */
  readonly scan?: Scan;
  /**
   * Rows go on beyond both ends of the detector by this share of its length, falling to zero as a cosine: for objects that
   * are wider than the detector. 0 for objects that are not.
   */
  readonly extendShare?: number;
  /** Unit of a voxel; the values are those of the line integrals per mm. */
  readonly unit?: string;
}

/**
 * Filtered backprojection: of parallel beams and fans, and of cones after Feldkamp, Davis and Kress (1984), which is exact
 * in the plane of the source's circle and an approximation above and below. Voxels that some views do not see along the
 * axis get the part of the others. Attenuation per mm from line integrals.
 *
 * Throws `TOMOGRAPHY_GEOMETRY`, `TOMOGRAPHY_DATA_LENGTH`, `TOMOGRAPHY_GRID_TURNED`, `RECONSTRUCTION_ANGLES`.
 */
export async function filteredBackprojection(
  projections: Projections,
  grid: Grid,
  options: FilteredBackprojectionOptions = {},
): Promise<Volume<Float32Array>> {
  checkProjections(projections);
  const weights = viewWeights(projections.geometry, options.scan);
  const wide = weights.scan === 'offset' ? widened(projections.geometry) : { ...projections, before: 0 };
  const { geometry } = wide;
  using tomograph = new Tomograph(grid, geometry);
  const volume = tomograph.newVolume();
  const filter = rowFilter(geometry, options);
  const batches = viewBatches(geometry.views.length);
  const batch = tomograph.newViews(batches[0]!.length);
  for (const indices of batches) {
    if (weights.scan === 'offset') {
      const data = paddedRows(projections, indices, geometry.detectorSize[0], wide.before);
      tomograph.loadViews(
        { data },
        indices.map((_, n) => n),
        batch,
      );
    } else tomograph.loadViews(projections, indices, batch);
    const rays = rayWeights(geometry, weights, indices, wide.before);
    await tomograph.filter(batch, indices, { ...filter, weights: rays });
    await tomograph.backproject(batch, volume, indices, (index) => weights.angle[index]!);
  }
  return tomograph.read(volume, options.unit ?? '/mm');
}

/**
 * An offset detector with columns of zeros on its short side: the filter reaches beyond the rays that were measured, and
 * voxels there need what it gives.
 */
function widened(geometry: ProjectionGeometry): { geometry: ProjectionGeometry; before: number } {
  const [columns, rows] = geometry.detectorSize;
  const pitch = geometry.pixelMm[0];
  const first = geometry.views[0]!.firstPixelMm[0];
  const last = first + (columns - 1) * pitch;
  const missing = Math.max(0, Math.round(Math.abs(last + first) / pitch));
  const before = last > -first ? missing : 0;
  return {
    before,
    geometry: {
      ...geometry,
      detectorSize: [columns + missing, rows],
      views: geometry.views.map((view) => ({
        ...view,
        firstPixelMm: [view.firstPixelMm[0] - before * pitch, view.firstPixelMm[1]],
      })),
    },
  };
}

function paddedRows(
  { geometry, data }: Projections,
  indices: readonly number[],
  wide: number,
  before: number,
): Float32Array {
  const [columns, rows] = geometry.detectorSize;
  const padded = new Float32Array(wide * rows * indices.length);
  for (const [n, index] of indices.entries()) {
    for (let v = 0; v < rows; v++) {
      const from = columns * (v + rows * index);
      padded.set(data.subarray(from, from + columns), wide * (v + rows * n) + before);
    }
  }
  return padded;
}

/** The ramp with its window for the rows of a detector, long enough that ends do not meet. */
function rowFilter(
  geometry: ProjectionGeometry,
  { window = 'ram-lak', cutoff = 1, extendShare = 0 }: FilteredBackprojectionOptions,
): Omit<RowFilter, 'weights'> {
  const columns = geometry.detectorSize[0];
  const beyond = Math.round(extendShare * columns);
  const length = 2 ** Math.ceil(Math.log2(2 * (columns + beyond)));
  const { sourceToDetectorMm } = geometry.views[0]!;
  const tap = geometry.shape === 'arc' ? arcRampTap(geometry.pixelMm[0] / sourceToDetectorMm) : rampTap;
  const slant = geometry.divergesAlongAxis ? { slant: inPlaneDistances(geometry) } : {};
  const taper = Float32Array.from(
    { length: beyond },
    (_, n) => 0.5 * (1 + Math.cos((Math.PI * (n + 1)) / (beyond + 1))),
  );
  return { ...filterResponse(length, tap, rampWindow(window, cutoff)), taper, ...slant };
}

function inPlaneDistances({ shape, detectorSize, pixelMm, views }: ProjectionGeometry): Float32Array {
  const { sourceToDetectorMm, firstPixelMm } = views[0]!;
  return Float32Array.from({ length: detectorSize[0] }, (_, u) =>
    shape === 'flat' ? Math.hypot(sourceToDetectorMm, firstPixelMm[0] + pixelMm[0] * u) : sourceToDetectorMm,
  );
}

/**
 * What each column of each view is multiplied by before the filter: its share in its line, the cosine of its ray in the
 * fan, and the pitch of the filter at the axis.
 */
function rayWeights(
  { shape, detectorSize, pixelMm, views }: ProjectionGeometry,
  { share }: ViewWeights,
  indices: readonly number[],
  before: number,
): Float32Array {
  const columns = detectorSize[0];
  const weights = new Float32Array(columns * indices.length);
  for (const [n, index] of indices.entries()) {
    const { sourceToAxisMm, sourceToDetectorMm, firstPixelMm } = views[index]!;
    for (let u = 0; u < columns; u++) {
      const mm = firstPixelMm[0] + pixelMm[0] * u;
      const pitchAtAxis = shape === 'parallel' ? 1 : sourceToDetectorMm / sourceToAxisMm;
      const cosine =
        shape === 'parallel'
          ? 1
          : shape === 'flat'
            ? sourceToDetectorMm / Math.hypot(sourceToDetectorMm, mm)
            : Math.cos(mm / sourceToDetectorMm);
      weights[columns * n + u] = (share(index, u - before) * cosine * pitchAtAxis) / pixelMm[0];
    }
  }
  return weights;
}
