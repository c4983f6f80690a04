import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  asdPocs,
  centeredGrid,
  cgls,
  filteredBackprojection,
  type IterativeResult,
  osSart,
  reprojectionError,
} from '@photopeak/analysis';
import { Dataset, encodeObject, reconstructedSeries, uidFrom } from '@photopeak/dicom';
import { type Grid, PhotopeakError, type Projections, type Volume, writeNifti } from '@photopeak/imaging';
import { textResult } from '../objects/index.ts';
import type { ResultObject } from '../pipeline.ts';
import { equipmentOf, NOTICE } from '../study/index.ts';
import { type ReconstructionGeometry, readGeometryFile } from './geometry-file.ts';
import { type LoadedProjections, loadProjections } from './load-projections.ts';
import { RECONSTRUCTED_SCHEMA, type Reconstructed, type ReconstructionMethod } from './summary.ts';

export interface ReconstructionRequest {
  readonly projections: string;
  readonly geometry: string;
  /** Without, FDK for cones and FBP else. */
  readonly method?: ReconstructionMethod;
  readonly iterations?: number;
  readonly subsets?: number;
  /** Content time of the DICOM series; without it no series is written. */
  readonly at?: string;
  readonly patientId?: string;
  readonly patientName?: string;
}

export interface ReconstructionResult {
  readonly report: Reconstructed;
  readonly files: readonly ResultObject[];
}

const NAME = 'reconstruct';
const VERSION = '1.0.0';
const HU = "[hnsf'U]";
/** Iterations where nothing else is said: what few views need and noise allows. */
const ITERATIONS = { 'os-sart': 8, cgls: 12, tv: 12 } as const;
const SUBSETS = 15;

/**
 * Reconstructs projections of any kind that docs/reconstruction.md lists. Throws `RECONSTRUCTION_*`, `TOMOGRAPHY_*`,
 * `HDF5_*`.
 */
export async function reconstructProjections(request: ReconstructionRequest): Promise<ReconstructionResult> {
  const description = await readGeometryFile(request.geometry);
  const method = methodFor(request.method, description);
  const loaded = await loadProjections(request.projections, description, path.dirname(request.geometry));
  const grid = volumeGrid(description, loaded.projections);
  const { volume, residuals, settings } = await compute(
    method,
    loaded.projections,
    grid,
    description,
    request,
  );
  const findings = findingsOf(loaded, volume, description);
  if (description.waterPerMm !== undefined) toHounsfield(volume.data, description.waterPerMm);
  const result = { ...volume, unit: description.waterPerMm === undefined ? '/mm' : HU };
  const sha256 = createHash('sha256')
    .update(await readFile(request.projections))
    .digest('hex');
  const geometryHash = createHash('sha256').update(JSON.stringify(description)).digest('hex');
  const files: ResultObject[] = [
    { output: 'volume', fileName: 'reconstruction.nii.gz', kind: 'nifti', bytes: writeNifti(result) },
  ];
  if (request.at !== undefined && result.unit === HU) {
    const key = uidFrom(sha256, geometryHash, method, JSON.stringify(settings), VERSION);
    files.push(
      ...seriesFiles(
        result,
        request,
        key,
        `${method} of ${loaded.projections.geometry.views.length} views`,
        settings,
      ),
    );
  }
  const report = reportOf({
    request,
    sha256,
    method,
    settings,
    description,
    loaded,
    result,
    residuals,
    findings,
  });
  const listed = { ...report, files: [...files.map(({ fileName }) => fileName), 'reconstruction.json'] };
  files.push(textResult('report', 'reconstruction.json', 'json', JSON.stringify(listed, null, 2)));
  return { report: listed, files };
}

function methodFor(
  asked: ReconstructionMethod | undefined,
  { beam }: ReconstructionGeometry,
): ReconstructionMethod {
  const method = asked ?? (beam === 'cone' ? 'fdk' : 'fbp');
  if ((method === 'fdk') !== (beam === 'cone') && (method === 'fdk' || method === 'fbp')) {
    throw new PhotopeakError('the method does not fit the beam', {
      code: 'RECONSTRUCTION_METHOD',
      expected:
        beam === 'cone'
          ? 'fdk, os-sart, cgls or tv for a cone'
          : `fbp, os-sart, cgls or tv for a ${beam} beam`,
      found: method,
    });
  }
  return method;
}

/** Voxels as large as a pixel at the axis, as many as the detector has, around what it sees. */
function volumeGrid({ volume, beam }: ReconstructionGeometry, { geometry }: Projections): Grid {
  const [columns, rows] = geometry.detectorSize;
  const { sourceToAxisMm, sourceToDetectorMm, firstPixelMm } = geometry.views[0]!;
  const scale = geometry.shape === 'parallel' ? 1 : sourceToAxisMm / sourceToDetectorMm;
  const along = beam === 'cone' ? scale : 1;
  const [width, height] = [geometry.pixelMm[0] * scale, geometry.pixelMm[1] * along];
  // A detector beside the axis sees as far as its longer side on both sides.
  const last = firstPixelMm[0] + (columns - 1) * geometry.pixelMm[0];
  const reach = Math.max(Math.abs(firstPixelMm[0]), Math.abs(last)) + geometry.pixelMm[0] / 2;
  const across = Math.max(columns, Math.ceil((2 * reach) / geometry.pixelMm[0] - 0.5));
  const size = volume.size ?? [across, across, rows];
  const spacing = volume.spacingMm ?? [width, width, height];
  const middle = (firstPixelMm[1] + ((rows - 1) / 2) * geometry.pixelMm[1]) * along;
  const [x, y, z] = volume.centerMm;
  return centeredGrid(size, spacing, [x, y, z + middle]);
}

async function compute(
  method: ReconstructionMethod,
  projections: Projections,
  grid: Grid,
  { filter, corrections }: ReconstructionGeometry,
  { iterations, subsets = SUBSETS }: ReconstructionRequest,
): Promise<IterativeResult & { readonly settings: Reconstructed['settings'] }> {
  if (method === 'fdk' || method === 'fbp') {
    const settings = { ...filter, extendShare: corrections.extendShare };
    const volume = await filteredBackprojection(projections, grid, settings);
    return { volume, residuals: [await reprojectionError(volume, projections)], settings };
  }
  const turns = iterations ?? ITERATIONS[method];
  if (method === 'cgls')
    return { ...(await cgls(projections, grid, { iterations: turns })), settings: { iterations: turns } };
  const groups = Math.min(subsets, projections.geometry.views.length);
  const settings = { iterations: turns, subsets: groups };
  const run = method === 'tv' ? asdPocs : osSart;
  return { ...(await run(projections, grid, settings)), settings };
}

function toHounsfield(data: Float32Array, waterPerMm: number): void {
  for (let n = 0; n < data.length; n++) data[n] = 1000 * (data[n]! / waterPerMm - 1);
}

/** Pixels between two ways of finding the centre of rotation from which it is said. */
const CENTER_DISAGREEMENT = 3;

function findingsOf(
  { center, projections }: LoadedProjections,
  volume: Volume,
  { corrections }: ReconstructionGeometry,
): string[] {
  const findings: string[] = [];
  if (center !== undefined && center.disagreement > CENTER_DISAGREEMENT) {
    findings.push(
      `The centre of rotation by opposite views (column ${center.column.toFixed(2)}) and by the centre of mass lie ${center.disagreement.toFixed(1)} pixels apart: look at edges.`,
    );
  }
  if (corrections.extendShare === 0 && isCut(projections))
    findings.push(
      'The object reaches beyond the detector: values near the rim are too high (corrections.extendShare).',
    );
  if (volume.data.some((value) => !Number.isFinite(value))) findings.push('Some voxels are no numbers.');
  return findings;
}

/** Rows that end on more than this share of the largest line integral are cut. */
const CUT_SHARE = 0.1;

function isCut({ geometry, data }: Projections): boolean {
  const [columns] = geometry.detectorSize;
  let most = 0;
  for (const value of data) if (value > most) most = value;
  let cut = 0;
  const rows = data.length / columns;
  for (let row = 0; row < rows; row++) {
    const ends = Math.min(data[row * columns]!, data[row * columns + columns - 1]!);
    if (ends > CUT_SHARE * most) cut++;
  }
  return cut > rows / 10;
}

function seriesFiles(
  volume: Volume,
  request: ReconstructionRequest,
  key: string,
  words: string,
  settings: Reconstructed['settings'],
): ResultObject[] {
  const source = Dataset.of({
    StudyInstanceUID: uidFrom(key, 'study'),
    ...(request.patientId === undefined ? {} : { PatientID: request.patientId }),
    ...(request.patientName === undefined ? {} : { PatientName: request.patientName }),
  });
  const context = {
    source,
    equipment: equipmentOf({ name: NAME, version: VERSION }),
    seriesInstanceUid: uidFrom(key, 'series'),
    seriesNumber: 1,
    seriesDescription: `Reconstruction: ${words}`,
    at: request.at!,
    contentQualification: 'RESEARCH',
  } as const;
  const parameters = Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const instances = reconstructedSeries({
    context,
    volume,
    frameOfReferenceUid: uidFrom(key, 'frame of reference'),
    derivationDescription: `Photopeak ${NAME} ${VERSION}: ${words}; ${parameters}`,
    ...(typeof settings.window === 'string' ? { kernel: settings.window.toUpperCase() } : {}),
  });
  return Array.from(instances, (object, k) => ({
    output: 'series',
    fileName: `dicom/${String(k + 1).padStart(4, '0')}.dcm`,
    kind: 'dicom' as const,
    bytes: encodeObject(object),
    sopClassUid: object.text('SOPClassUID') ?? '',
    sopInstanceUid: object.text('SOPInstanceUID') ?? '',
    seriesInstanceUid: context.seriesInstanceUid,
  }));
}

function reportOf(parts: {
  readonly request: ReconstructionRequest;
  readonly sha256: string;
  readonly method: ReconstructionMethod;
  readonly settings: Reconstructed['settings'];
  readonly description: ReconstructionGeometry;
  readonly loaded: LoadedProjections;
  readonly result: Volume;
  readonly residuals: readonly number[];
  readonly findings: readonly string[];
}): Reconstructed {
  const { request, sha256, method, settings, description, loaded, result, residuals, findings } = parts;
  const { geometry } = loaded.projections;
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of result.data) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return {
    schema: RECONSTRUCTED_SCHEMA,
    notice: NOTICE,
    input: { file: path.basename(request.projections), sha256 },
    method,
    settings,
    geometry: {
      beam: description.beam,
      views: geometry.views.length,
      detectorSize: [...geometry.detectorSize],
      centerOfRotation: loaded.center ?? null,
    },
    volume: {
      size: [...result.size],
      spacingMm: [...result.spacingMm],
      originMm: [...result.origin],
      unit: result.unit,
      min,
      max,
      mean: sum / result.data.length,
    },
    residuals: [...residuals],
    findings: [...findings],
    files: [],
  };
}
