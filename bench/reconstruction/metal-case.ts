import {
  centeredGrid,
  correctWater,
  evenAngles,
  fanBeam,
  filteredBackprojection,
  parallelBeam,
  waterPolynomial,
} from '@photopeak/analysis';
import {
  distanceTransform,
  type ProjectionGeometry,
  type Projections,
  type Volume,
} from '@photopeak/imaging';
import {
  dentalScene,
  type LayeredMetalScene,
  type MetalScene,
  measureScene,
  metalShare,
  pelvisScene,
  pelvisSpectrum,
  pelvisWaterPerMm,
  spineScene,
  withoutMetal,
} from '@photopeak/phantom';

const PHOTONS = 1e6;
/** As a scanner stores HU in 12 bits. */
const HIGHEST_HU = 3071;

export interface MetalCase {
  readonly scanned: Volume<Float32Array>;
  /** The same body without metal, without noise, by the same scanner. */
  readonly reference: Volume<Float32Array>;
  /** Share of metal in each voxel. */
  readonly metal: Float32Array;
  readonly projections: Projections;
  readonly waterPerMm: number;
}

/** `parallel`: half a turn. `fan`: a whole turn of a scanner's arc, with scatter that its correction has left. */
export type MetalBeam = 'parallel' | 'fan';

/** What is scanned, how wide the field of view is for it, how many rays make a pixel of the detector, and views of the fan per pixel. */
export const METAL_BODIES = {
  hip: { fieldMm: 384, raysPerPixel: 1, fanViews: 2, scene: pelvisScene },
  spine: { fieldMm: 384, raysPerPixel: 3, fanViews: 4, scene: (seed: number) => pairOf(spineScene(seed)) },
  dental: { fieldMm: 224, raysPerPixel: 3, fanViews: 4, scene: (seed: number) => pairOf(dentalScene(seed)) },
} as const;
export type MetalBody = keyof typeof METAL_BODIES;

type Scene = MetalScene | LayeredMetalScene;
export const pairOf = (withMetal: LayeredMetalScene): { withMetal: Scene; without: Scene } => ({
  withMetal,
  without: withoutMetal(withMetal),
});

/** Of the mean signal behind the body. */
const SCATTER_LEFT = 0.02;
/** What lets less through is the body, not the air beside it. */
const BODY_SIGNAL = 0.5;

/** A simulated scan of one slice with metal. */
export function metalCase(
  seed: number,
  edge: number,
  beam: MetalBeam = 'parallel',
  body: MetalBody = 'hip',
): Promise<MetalCase> {
  const { scene, ...scanner } = METAL_BODIES[body];
  return scanOf([scene(seed)], { seed, edge, beam, ...scanner });
}

export interface MetalScan {
  readonly seed: number;
  readonly edge: number;
  readonly beam: MetalBeam;
  readonly fieldMm: number;
  readonly raysPerPixel?: number;
  /** Of a whole turn, per pixel along an edge. */
  readonly fanViews?: number;
  /** Of a ray in the open beam. */
  readonly photons?: number;
  /** Of the mean signal behind the body, in the fan. */
  readonly scatterLeft?: number;
  /** The body without metal with the noise of the same rays. */
  readonly noisyReference?: boolean;
}

export interface MetalPair {
  readonly withMetal: Scene;
  readonly without: Scene;
}

/** A simulated scan of any slices with metal, one above the other. */
export async function scanOf(
  pairs: readonly MetalPair[],
  {
    seed,
    edge,
    beam,
    fieldMm,
    raysPerPixel = 1,
    fanViews = 2,
    photons = PHOTONS,
    scatterLeft = SCATTER_LEFT,
    noisyReference = false,
  }: MetalScan,
): Promise<MetalCase> {
  const pixel = fieldMm / edge;
  const grid = centeredGrid([edge, edge, pairs.length], [pixel, pixel, 2]);
  const slice = centeredGrid([edge, edge, 1], [pixel, pixel, 2]);
  const geometryOf = (rows: number) =>
    beam === 'fan' ? scannerFan(edge, fieldMm, rows, fanViews) : parallelHalfTurn(edge, fieldMm, rows);
  const [row, geometry] = [geometryOf(1), geometryOf(pairs.length)];
  const coefficients = waterPolynomial(pelvisSpectrum, 400, { perMm: pelvisWaterPerMm });
  const image = async (measured: readonly Float32Array[]) => {
    const data = inRows(
      measured.map((one) => (beam === 'fan' ? withScatter(one, scatterLeft) : one)),
      row.detectorSize[0],
    );
    const projections = correctWater({ geometry, data }, coefficients);
    const volume = await filteredBackprojection(projections, grid, {
      window: 'shepp-logan',
      unit: "[hnsf'U]",
    });
    for (let n = 0; n < volume.data.length; n++)
      volume.data[n] = Math.min(HIGHEST_HU, Math.max(-1024, 1000 * (volume.data[n]! / pelvisWaterPerMm - 1)));
    return { projections, volume };
  };
  const noise = (n: number) => ({ photons, seed: seed + n, raysPerPixel });
  const scan = await image(pairs.map(({ withMetal }, n) => measureScene(withMetal, row, noise(n))));
  const clean = await image(
    pairs.map(({ without }, n) => measureScene(without, row, noisyReference ? noise(n) : { raysPerPixel })),
  );
  const metal = new Float32Array(edge * edge * pairs.length);
  for (const [n, { withMetal }] of pairs.entries()) metal.set(metalShare(withMetal, slice), edge * edge * n);
  return {
    scanned: scan.volume,
    reference: clean.volume,
    metal,
    projections: scan.projections,
    waterPerMm: pelvisWaterPerMm,
  };
}

/** Views of one row each as views of many rows. */
function inRows(slices: readonly Float32Array[], columns: number): Float32Array {
  const data = new Float32Array(slices.length * slices[0]!.length);
  for (const [v, slice] of slices.entries())
    for (let at = 0; at < slice.length; at += columns)
      data.set(slice.subarray(at, at + columns), at * slices.length + v * columns);
  return data;
}

const parallelHalfTurn = (edge: number, fieldMm: number, rows: number): ProjectionGeometry =>
  parallelBeam({
    anglesRad: evenAngles(Math.round(1.4 * edge), Math.PI),
    detectorSize: [edge, rows],
    pixelMm: [fieldMm / edge, 2],
  });

/** Source, axis and detector as in a scanner for the body, mm; the fan holds the field of view. */
function scannerFan(edge: number, fieldMm: number, rows: number, views: number): ProjectionGeometry {
  const [sourceToAxisMm, sourceToDetectorMm] = [595, 1086];
  const half = Math.asin(fieldMm / 2 / sourceToAxisMm);
  const columns = Math.round(1.3 * edge);
  return fanBeam({
    sourceToAxisMm,
    sourceToDetectorMm,
    shape: 'arc',
    anglesRad: evenAngles(views * edge),
    detectorSize: [columns, rows],
    pixelMm: [(2 * half * sourceToDetectorMm) / columns, 2],
  });
}

function withScatter(data: Float32Array, scatterLeft: number): Float32Array {
  let [sum, count] = [0, 0];
  for (const value of data) {
    const signal = Math.exp(-value);
    if (signal > BODY_SIGNAL) continue;
    sum += signal;
    count++;
  }
  const scatter = (scatterLeft * sum) / Math.max(1, count);
  return data.map((value) => -Math.log(Math.exp(-value) + scatter));
}

/** Voxels with metal in themselves or beside them say nothing of streaks. */
const isMetal = (metal: Float32Array, n: number, width: number) =>
  metal[n]! > 0 || metal[n - 1]! > 0 || metal[n + 1]! > 0 || metal[n - width]! > 0 || metal[n + width]! > 0;

/** Voxels of the body that are compared: 0 is air. */
const BODY_HU = -300;

function errors(
  volume: Volume,
  reference: Volume,
  metal: Float32Array,
  holds: (n: number) => boolean,
): number[] {
  const found: number[] = [];
  for (let n = 0; n < metal.length; n++) {
    if (reference.data[n]! < BODY_HU || isMetal(metal, n, volume.size[0]) || !holds(n)) continue;
    found.push(volume.data[n]! - reference.data[n]!);
  }
  return found;
}

const root = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));

/** Root mean square error in the body, HU, metal left out. */
export function rmse(volume: Volume, reference: Volume, metal: Float32Array): number {
  return root(errors(volume, reference, metal, () => true));
}

const distances = new WeakMap<Float32Array, Float32Array>();

/** The same between two distances from metal, mm. */
export function annulus(
  volume: Volume,
  reference: Volume,
  metal: Float32Array,
  from: number,
  to: number,
): number {
  const far = distances.get(metal);
  if (far === undefined) throw new Error('measureDistances first');
  return root(errors(volume, reference, metal, (n) => far[n]! >= from && far[n]! < to));
}

export async function measureDistances({ metal, scanned }: MetalCase): Promise<void> {
  const mask = { ...scanned, data: Uint8Array.from(metal, (share) => (share > 0 ? 1 : 0)), unit: '1' };
  distances.set(metal, (await distanceTransform(mask)).data);
}

/** What errors grew by, where they grew, as a share of the uncorrected error: 0 where nothing became worse. */
export function shareOfNewStreaks(
  volume: Volume,
  scanned: Volume,
  reference: Volume,
  metal: Float32Array,
): number {
  const after = errors(volume, reference, metal, () => true);
  const before = errors(scanned, reference, metal, () => true);
  return root(after.map((value, n) => Math.max(0, Math.abs(value) - Math.abs(before[n]!)))) / root(before);
}
