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
import { measureScene, metalShare, pelvisScene, pelvisSpectrum, pelvisWaterPerMm } from '@photopeak/phantom';

const FIELD_MM = 384;
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

/** Of the mean signal behind the body. */
const SCATTER_LEFT = 0.02;
/** What lets less through is the body, not the air beside it. */
const BODY_SIGNAL = 0.5;

/** A simulated scan of one slice with metal. */
export async function metalCase(
  seed: number,
  edge: number,
  beam: MetalBeam = 'parallel',
): Promise<MetalCase> {
  const pixel = FIELD_MM / edge;
  const grid = centeredGrid([edge, edge, 1], [pixel, pixel, 2]);
  const geometry = beam === 'fan' ? scannerFan(edge) : parallelHalfTurn(edge);
  const coefficients = waterPolynomial(pelvisSpectrum, 400, { perMm: pelvisWaterPerMm });
  const { withMetal, without } = pelvisScene(seed);
  const image = async (measured: Float32Array, most: number) => {
    const data = beam === 'fan' ? withScatter(measured) : measured;
    const projections = correctWater({ geometry, data }, coefficients);
    const volume = await filteredBackprojection(projections, grid, {
      window: 'shepp-logan',
      unit: "[hnsf'U]",
    });
    for (let n = 0; n < volume.data.length; n++)
      volume.data[n] = Math.min(most, Math.max(-1024, 1000 * (volume.data[n]! / pelvisWaterPerMm - 1)));
    return { projections, volume };
  };
  const scan = await image(measureScene(withMetal, geometry, { photons: PHOTONS, seed }), HIGHEST_HU);
  const clean = await image(measureScene(without, geometry), HIGHEST_HU);
  return {
    scanned: scan.volume,
    reference: clean.volume,
    metal: metalShare(withMetal, grid),
    projections: scan.projections,
    waterPerMm: pelvisWaterPerMm,
  };
}

const parallelHalfTurn = (edge: number): ProjectionGeometry =>
  parallelBeam({
    anglesRad: evenAngles(Math.round(1.4 * edge), Math.PI),
    detectorSize: [edge, 1],
    pixelMm: [FIELD_MM / edge, 2],
  });

/** Source, axis and detector as in a scanner for the body, mm; the fan holds the field of view. */
function scannerFan(edge: number): ProjectionGeometry {
  const [sourceToAxisMm, sourceToDetectorMm] = [595, 1086];
  const half = Math.asin(FIELD_MM / 2 / sourceToAxisMm);
  const columns = Math.round(1.3 * edge);
  return fanBeam({
    sourceToAxisMm,
    sourceToDetectorMm,
    shape: 'arc',
    anglesRad: evenAngles(2 * edge),
    detectorSize: [columns, 1],
    pixelMm: [(2 * half * sourceToDetectorMm) / columns, 2],
  });
}

function withScatter(data: Float32Array): Float32Array {
  let [sum, count] = [0, 0];
  for (const value of data) {
    const signal = Math.exp(-value);
    if (signal > BODY_SIGNAL) continue;
    sum += signal;
    count++;
  }
  const scatter = (SCATTER_LEFT * sum) / Math.max(1, count);
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
