/**
 * Sampled volumes in patient space.
 *
 * Positions are LPS millimetres (DICOM PS3.3 C.7.6.2.1.1), arrays are x fastest: the voxel (i, j, k) is
 * `data[i + size[0] * (j + size[1] * k)]`.
 */
export type Vec3 = readonly [number, number, number];
/** Row-major 3×3. */
export type Mat3 = readonly [number, number, number, number, number, number, number, number, number];
/** Row-major 4×4, acts on column vectors. */
export type Mat4 = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

export type VoxelArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Where the voxels of a volume lie. */
export interface Grid {
  /** Number of voxels along i, j, k. */
  readonly size: Vec3;
  /** Distance of neighbouring voxel centres along i, j, k in mm. */
  readonly spacingMm: Vec3;
  /** LPS position in mm of the centre of voxel (0, 0, 0). */
  readonly origin: Vec3;
  /** Row-major; its COLUMNS are the unit vectors of the i, j and k axis in LPS. */
  readonly direction: Mat3;
}

export interface Volume<T extends VoxelArray = VoxelArray> extends Grid {
  readonly data: T;
  /** UCUM unit of a voxel value: `[hnsf'U]`, `Bq/ml`, `g/ml{SUVbw}`, `1` for masks and labels. */
  readonly unit: string;
}

/** Non-zero is inside. */
export type Mask = Volume<Uint8Array>;
