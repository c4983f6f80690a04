import { readFileSync } from 'node:fs';

/** The functions of kernels/*.c; numbers are addresses, counts or values as their C names say. */
export interface Kernels {
  readonly __stack_pointer: WebAssembly.Global;
  to_float(type: number, source: number, target: number, n: number): void;
  from_float(type: number, source: number, target: number, n: number): void;
  to_mask(type: number, source: number, target: number, n: number): void;
  pad_rows(
    type: number,
    source: number,
    bytes: number,
    rows: number,
    nx: number,
    margin: number,
    length: number,
    out: number,
  ): void;
  convolve_x(
    source: number,
    out: number,
    nx: number,
    rows: number,
    taps: number,
    radius: number,
    scratch: number,
  ): void;
  convolve_y(
    source: number,
    first: number,
    ny: number,
    out: number,
    y0: number,
    y1: number,
    nx: number,
    taps: number,
    radius: number,
    scratch: number,
  ): void;
  convolve_z(planes: number, out: number, n: number, taps: number, radius: number, scratch: number): void;
  gradient_row(
    here: number,
    lowY: number,
    highY: number,
    lowZ: number,
    highZ: number,
    out: number,
    nx: number,
    innerX: number,
    edgeX: number,
    inverseY: number,
    inverseZ: number,
  ): void;
  distance_x(mask: number, out: number, nx: number, rows: number, mm: number): void;
  distance_lines(
    data: number,
    lines: number,
    step: number,
    n: number,
    stride: number,
    mm: number,
    root: number,
    scratch: number,
  ): void;
  dilate_rows(
    mask: number,
    invert: number,
    nx: number,
    ny: number,
    nz: number,
    ball: number,
    count: number,
    y0: number,
    y1: number,
    z0: number,
    z1: number,
    bits: number,
    grown: number,
    scratch: number,
    out: number,
  ): void;
  label_slab(
    mask: number,
    nx: number,
    ny: number,
    nz: number,
    connectivity: number,
    labels: number,
    rows: number,
    runs: number,
    sizes: number,
  ): number;
  median_line(lines: number, count: number, rx: number, out: number, nx: number, keep: number): void;
  resample_tile(job: number): void;
  spline_lines(data: number, lines: number, step: number, n: number, stride: number): void;
  to_bins(
    values: number,
    mask: number,
    n: number,
    low: number,
    scale: number,
    bins: number,
    out: number,
  ): void;
  to_bin_coordinates(values: number, n: number, low: number, scale: number, bins: number): void;
  count_pairs(a: number, b: number, n: number, bins: number, histogram: number): number;
  joint_affine(
    fixed: number,
    grid: number,
    matrix: number,
    moving: number,
    size: number,
    bins: number,
    histogram: number,
    candidates: number,
  ): number;
  nonlocal_means(job: number): void;
  // Of features.c and deform.c: called by address from src/deformation, which names the arguments.
  mind_planes(...args: number[]): void;
  pool_features(...args: number[]): void;
  pool_weights(...args: number[]): void;
  search_cost(...args: number[]): void;
  search_best(...args: number[]): void;
  smooth_nodes(...args: number[]): void;
  refine_nodes(...args: number[]): void;
  deform_normal(...args: number[]): void;
  deform_laplace(...args: number[]): void;
  deform_start(...args: number[]): void;
  deform_apply(...args: number[]): void;
  deform_step(...args: number[]): void;
  deform_turn(...args: number[]): void;
  deform_move(...args: number[]): void;
  // Of similar.c: called by address from src/similar-means.ts.
  similar_means(...args: number[]): void;
  // Of lines.c: called by address from src/line-peaks.ts.
  line_means(...args: number[]): void;
  line_peaks(...args: number[]): void;
  // Of tomography.c, ramp.c and iterate.c: called by address from src/tomography.
  back_project(...args: number[]): void;
  project_rays(...args: number[]): void;
  spread_rays(...args: number[]): void;
  filter_views(...args: number[]): void;
  combine(...args: number[]): void;
  products(...args: number[]): void;
  divide(...args: number[]): void;
  divided_step(...args: number[]): void;
  variation_lengths(...args: number[]): void;
  variation_gradient(...args: number[]): void;
}

/** Stacks of the instances lie below this address, one after the other; arenas lie above. */
const STACK_BYTES = 64 * 1024;
const MAX_INSTANCES = 128;
export const FIRST_FREE_ADDRESS = (MAX_INSTANCES + 1) * STACK_BYTES;
const PAGE_BYTES = 64 * 1024;
/** As linked (scripts/build-kernels.js). */
const MAX_MEMORY_BYTES = 2 ** 31;

export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../kernels/imaging.wasm', import.meta.url)));
}

export function createKernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({
    initial: FIRST_FREE_ADDRESS / PAGE_BYTES,
    maximum: MAX_MEMORY_BYTES / PAGE_BYTES,
    shared: true,
  });
}

/** Grows the memory, where needed, so that addresses below `end` exist. */
export function growTo(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}

/** An instance with a stack of its own; `index` is unique among the instances on one memory. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  index: number,
): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = instance.exports as unknown as Kernels;
  kernels.__stack_pointer.value = ((index % MAX_INSTANCES) + 2) * STACK_BYTES;
  return kernels;
}
