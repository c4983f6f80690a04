import { KSPACE_METHODS } from '@photopeak/analysis';
import {
  type KspaceReconstructed,
  RECONSTRUCTION_METHODS,
  type Reconstructed,
  reconstructKspaceFile,
  reconstructProjections,
} from '@photopeak/pipelines';
import type { Command } from 'commander';
import {
  dateTime,
  EXIT,
  finiteNumber,
  oneOf,
  optionError,
  textTable,
  wholeNumber,
} from '../terminal/index.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface Options {
  readonly geometry?: string;
  readonly kspace?: boolean;
  readonly lambda?: string;
  readonly method?: string;
  readonly iterations?: string;
  readonly subsets?: string;
  readonly out?: string;
  readonly at?: string;
  readonly patientId?: string;
  readonly patientName?: string;
  readonly json?: boolean;
}

export function addReconstructCommand(program: Command): void {
  program
    .command('reconstruct')
    .description('a volume from X-ray projections (parallel, fan or cone beams), or MR images from k-space')
    .argument(
      '<file>',
      'projections as HDF5, NIfTI, MetaImage (.mha), NumPy (.npy) or raw numbers; k-space as ISMRMRD or NumPy',
    )
    .option(
      '--geometry <file>',
      'YAML or JSON: how they were taken (docs/schemas/reconstruction-geometry.schema.json)',
    )
    .option('--method <method>', `${RECONSTRUCTION_METHODS.join(', ')}; without it fdk for cones, else fbp`)
    .option('--kspace', `the file holds k-space; methods ${KSPACE_METHODS.join(', ')}`)
    .option('--lambda <share>', 'weight of the regularisation of cg-sense (0.01) and l1-wavelet (0.004)')
    .option('--iterations <n>', 'of os-sart (8), cgls, tv and cg-sense (12), l1-wavelet (30)')
    .option('--subsets <n>', 'groups of views of os-sart and tv', '15')
    .option('--out <folder>', 'write reconstruction.nii.gz and reconstruction.json there')
    .option(
      '--at <date-time>',
      'content time: also writes a DICOM CT series, where the geometry states waterPerMm',
    )
    .option('--patient-id <id>', 'of the DICOM series')
    .option('--patient-name <name>', 'of the DICOM series, FAMILY^GIVEN')
    .option('--json', 'print JSON (schema: docs/schemas/reconstructed.schema.json)')
    .addHelpText(
      'after',
      '\nExamples of geometries are in docs/reconstruction.md. Exit codes: 0 reconstructed, 2 the input cannot be used.',
    )
    .action((file: string, options: Options) =>
      runCommand(() => reconstruct(file, options), { json: options.json === true }),
    );
}

async function reconstruct(file: string, options: Options) {
  // A folder that cannot be written to is known before anything is computed.
  if (options.out !== undefined) await writeFiles(options.out, []);
  if (options.kspace === true) return kspace(file, options);
  if (options.geometry === undefined)
    throw optionError('--geometry', 'a geometry file, or --kspace', 'neither');
  return projections(file, options.geometry, options);
}

async function kspace(file: string, { method, iterations, lambda, out, json }: Options) {
  const { report, files } = await reconstructKspaceFile({
    file,
    ...(method === undefined ? {} : { method: oneOf(method, KSPACE_METHODS, '--method') }),
    ...(iterations === undefined ? {} : { iterations: wholeNumber(iterations, '--iterations') }),
    ...(lambda === undefined ? {} : { lambda: finiteNumber(lambda, '--lambda') }),
  });
  if (out !== undefined) await writeFiles(out, files);
  console.log(json === true ? JSON.stringify(report, null, 2) : describeKspace(report));
  return EXIT.ok;
}

function describeKspace(report: KspaceReconstructed): string {
  const { method, size, coils, sampled, residuals, nullSpaceShares } = report;
  const rows = [
    ['method', method],
    ['images', size.join(' × ')],
    ['coils', String(coils)],
    ['sampled', `${(100 * sampled).toFixed(1)} %`],
    ...(residuals.length === 0 ? [] : [['residual', `${(100 * Math.max(...residuals)).toFixed(2)} %`]]),
    ...(nullSpaceShares.length === 0
      ? []
      : [['not told by the samples', `${(100 * Math.max(...nullSpaceShares)).toFixed(2)} % of the energy`]]),
  ];
  return textTable([{ title: 'what' }, { title: 'value' }], rows);
}

async function projections(file: string, geometry: string, options: Options) {
  const start = performance.now();
  const { method, iterations, subsets, out, at, patientId, patientName } = options;
  const { report, files } = await reconstructProjections({
    projections: file,
    geometry,
    ...(method === undefined ? {} : { method: oneOf(method, RECONSTRUCTION_METHODS, '--method') }),
    ...(iterations === undefined ? {} : { iterations: wholeNumber(iterations, '--iterations') }),
    ...(subsets === undefined ? {} : { subsets: wholeNumber(subsets, '--subsets') }),
    ...(at === undefined ? {} : { at: dateTime(at, '--at') }),
    ...(patientId === undefined ? {} : { patientId }),
    ...(patientName === undefined ? {} : { patientName }),
  });
  if (out !== undefined) await writeFiles(out, files);
  const seconds = (performance.now() - start) / 1000;
  console.log(options.json === true ? JSON.stringify(report, null, 2) : describe(report, seconds));
  return EXIT.ok;
}

function describe({ method, geometry, volume, residuals, findings }: Reconstructed, seconds: number): string {
  const { centerOfRotation: center } = geometry;
  const rows = [
    ['method', method],
    ['views', `${geometry.views} of ${geometry.detectorSize.join(' × ')} pixels, ${geometry.beam} beam`],
    ...(center === null ? [] : [['centre of rotation', `column ${center.column.toFixed(2)}`]]),
    [
      'volume',
      `${volume.size.join(' × ')} voxels of ${volume.spacingMm.map((mm) => mm.toFixed(3)).join(' × ')} mm`,
    ],
    ['values', `${volume.min.toPrecision(4)} to ${volume.max.toPrecision(4)} ${volume.unit}`],
    ...(residuals.length === 0 ? [] : [['residual', `${(100 * residuals.at(-1)!).toFixed(2)} %`]]),
    ['time', `${seconds.toFixed(1)} s`],
  ];
  return [textTable([{ title: 'what' }, { title: 'value' }], rows), ...findings].join('\n');
}
