import { checkGrid, emptyVolume } from '../create.ts';
import { PhotopeakError } from '../errors.ts';
import { gridOf } from '../geometry.ts';
import { Resident } from '../pool/resident.ts';
import type { Grid, Volume } from '../volume.ts';
import { Algebra } from './algebra.ts';
import {
  checkProjectionGeometry,
  type ProjectionGeometry,
  type Projections,
  VIEW_NUMBERS,
  viewTable,
} from './geometry.ts';
import type { FilterResponse } from './response.ts';
import { transpose } from './transpose.ts';

/** Address of a volume of the tomograph's grid in the memory of the kernels. */
export type ResidentVolume = number & { readonly kind?: 'volume' };
/** Address of some views in the memory of the kernels; which ones, the caller knows. */
export type ResidentViews = number & { readonly kind?: 'views' };

/** A filter along u with what is done to a row before; made by `rowFilter`. */
export interface RowFilter extends FilterResponse {
  /** For each of the views and each u. */
  readonly weights: Float32Array;
  /**
   * In-plane distance from the source to each u: a value is also multiplied by it over the length of its ray. Without,
   * rays do not leave their plane.
   */
  readonly slant?: Float32Array;
  /** Factors by which a row goes on beyond its ends. */
  readonly taper: Float32Array;
}

/** As PAD in kernels/tomography.c, on both sides, and what vectors may touch beyond. */
const PADDING = 2 * 4 + 4;
const FLOAT_BYTES = 4;
const PIECES_PER_THREAD = 8;
/** Views spread in one call: rays cannot be shared out in pieces, since each reaches all planes. */
const SPREAD_VIEWS = 8;

/**
 * Projects volumes of one grid along the rays of one geometry, and back: the memory that this takes, and what can be
 * done in it. x, y and z of the grid are those of the gantry, so its direction must be the identity.
 */
export class Tomograph implements Disposable {
  readonly grid: Grid;
  readonly geometry: ProjectionGeometry;
  readonly memory = new Resident();
  readonly algebra = new Algebra(this.memory);
  readonly #columns: number;

  /** Throws `TOMOGRAPHY_GEOMETRY`, `TOMOGRAPHY_GRID_TURNED`, `IMAGING_GRID_INVALID`. */
  constructor(grid: Grid, geometry: ProjectionGeometry) {
    checkGrid(grid);
    checkProjectionGeometry(geometry);
    const upright = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    if (grid.direction.some((cosine, n) => Math.abs(cosine - upright[n]!) > 1e-6)) {
      throw new PhotopeakError('a volume that is projected must lie along the axes of the gantry', {
        code: 'TOMOGRAPHY_GRID_TURNED',
        expected: 'the identity as direction',
        found: grid.direction.map((cosine) => cosine.toFixed(4)).join(' '),
        remedy: 'resample the volume, or state its grid in coordinates of the gantry',
      });
    }
    this.grid = gridOf(grid);
    this.geometry = geometry;
    const [nx, ny, nz] = grid.size;
    const place = this.memory.put('float64', [0, 0, ...grid.origin, ...grid.spacingMm]);
    this.memory.view('int32', place, 4).set([nx, ny, nz, nz]);
    this.#columns = place;
  }

  get voxels(): number {
    const [nx, ny, nz] = this.grid.size;
    return nx * ny * nz;
  }

  /** Pixels of one view. */
  get pixels(): number {
    return this.geometry.detectorSize[0] * this.geometry.detectorSize[1];
  }

  /** Zeros. */
  newVolume(): ResidentVolume {
    return this.memory.take('float32', this.voxels);
  }

  newViews(count: number): ResidentViews {
    return this.memory.take('float32', count * this.pixels);
  }

  /** The voxels, z fastest, then x, then y. */
  voxelsOf(volume: ResidentVolume): Float32Array {
    return this.memory.view('float32', volume, this.voxels);
  }

  /** The pixels of `count` views, v fastest, then u. */
  pixelsOf(views: ResidentViews, count: number): Float32Array {
    return this.memory.view('float32', views, count * this.pixels);
  }

  give(...addresses: readonly number[]): void {
    this.memory.give(...addresses);
  }

  load({ data }: Pick<Volume, 'data'>): ResidentVolume {
    const volume = this.newVolume();
    const [nx, ny, nz] = this.grid.size;
    transpose(data, 0, nz, nx * ny, this.voxelsOf(volume), 0);
    return volume;
  }

  read(volume: ResidentVolume, unit: string): Volume<Float32Array> {
    const result = emptyVolume(this.grid, 'float32', unit);
    const [nx, ny, nz] = this.grid.size;
    transpose(this.voxelsOf(volume), 0, nx * ny, nz, result.data, 0);
    return result;
  }

  /** Copies some views of a stack here, in the order of `indices`. */
  loadViews({ data }: Pick<Projections, 'data'>, indices: readonly number[], into?: ResidentViews) {
    const views = into ?? this.newViews(indices.length);
    const [columns, rows] = this.geometry.detectorSize;
    const target = this.pixelsOf(views, indices.length);
    for (const [n, index] of indices.entries())
      transpose(data, index * this.pixels, rows, columns, target, n * this.pixels);
    return views;
  }

  readViews(views: ResidentViews, indices: readonly number[], data: Float32Array): void {
    const [columns, rows] = this.geometry.detectorSize;
    const source = this.pixelsOf(views, indices.length);
    for (const [n, index] of indices.entries())
      transpose(source, n * this.pixels, columns, rows, data, index * this.pixels);
  }

  /** Line integrals (Joseph's method) of a volume along the rays of some views; overwrites `views`. */
  async project(volume: ResidentVolume, views: ResidentViews, indices: readonly number[]): Promise<void> {
    const [columns, rows] = this.geometry.detectorSize;
    const { table, give } = this.#table(indices);
    await this.memory.call(
      'project_rays',
      columns,
      indices.length * this.pixels * this.grid.size[0],
      (from, to) => [volume, this.#columns, views, table, indices.length, columns, rows, from, to],
      FLOAT_BYTES * (rows + this.grid.size[2] + PADDING),
      PIECES_PER_THREAD,
    );
    give();
  }

  /** Adds the transpose of `project` to a volume: the same weights, so that ⟨Ax, y⟩ = ⟨x, Aᵀy⟩. */
  async spread(views: ResidentViews, volume: ResidentVolume, indices: readonly number[]): Promise<void> {
    const [columns, rows] = this.geometry.detectorSize;
    for (let first = 0; first < indices.length; first += SPREAD_VIEWS) {
      const some = indices.slice(first, first + SPREAD_VIEWS);
      const from = views + first * this.pixels * FLOAT_BYTES;
      const { table, give } = this.#table(some);
      await this.memory.call(
        'spread_rays',
        this.grid.size[2],
        some.length * this.pixels * this.grid.size[0],
        (z0, z1) => [volume, this.#columns, from, table, some.length, columns, rows, z0, z1],
        FLOAT_BYTES * (2 * rows + this.grid.size[2] + PADDING),
      );
      give();
    }
  }

  /**
   * Adds filtered views to a volume, each voxel from the place where its ray meets the detector, linear between pixels,
   * with the square of source-to-axis over the distance from the source (1 for parallel beams) times `weight`.
   */
  async backproject(
    views: ResidentViews,
    volume: ResidentVolume,
    indices: readonly number[],
    weight: (index: number) => number,
  ): Promise<void> {
    const [columns, rows] = this.geometry.detectorSize;
    const { table, give } = this.#table(indices, weight);
    await this.memory.call(
      'back_project',
      this.grid.size[1],
      indices.length * this.voxels,
      (from, to) => [volume, this.#columns, views, table, indices.length, columns, rows, from, to],
      FLOAT_BYTES * (rows + PADDING),
      PIECES_PER_THREAD,
    );
    give();
  }

  /**
   * Filters views along u in place: each value times weights[view][u], then the row, carried on beyond its ends by
   * `taper`, convolved with the filter.
   */
  async filter(views: ResidentViews, indices: readonly number[], filter: RowFilter): Promise<void> {
    const [columns, rows] = this.geometry.detectorSize;
    const { response, turns, length } = filter;
    const held = [
      this.memory.put('float32', filter.weights),
      filter.slant === undefined ? 0 : this.memory.put('float32', filter.slant),
      this.memory.put(
        'float64',
        indices.map((index) => this.geometry.views[index]!.firstPixelMm[1]),
      ),
      this.memory.put('float32', response),
      this.memory.put('float32', turns),
      this.memory.put('float32', filter.taper),
    ] as const;
    const [weights, slant, v0, values, table, taper] = held;
    await this.memory.call(
      'filter_views',
      indices.length,
      20 * indices.length * this.pixels,
      (from, to) => [
        ...[views, weights, slant, v0, this.geometry.pixelMm[1], columns, rows, length],
        ...[values, table, taper, filter.taper.length, from, to],
      ],
      FLOAT_BYTES * 8 * length,
      PIECES_PER_THREAD,
    );
    this.give(...held);
  }

  #table(indices: readonly number[], weight?: (index: number) => number) {
    const table = this.memory.take('float64', VIEW_NUMBERS * indices.length);
    this.memory
      .view('float64', table, VIEW_NUMBERS * indices.length)
      .set(viewTable(this.geometry, indices, weight));
    return { table, give: () => this.memory.give(table) };
  }

  [Symbol.dispose](): void {
    this.memory.release();
  }
}
