import { deformablePresets, type RegistrationKind } from '@photopeak/analysis';
import { type Registered, registerImages } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { dateTime, EXIT, oneOf } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface Options {
  readonly type: string;
  readonly kind?: string;
  readonly out?: string;
  readonly fixedSeries?: string;
  readonly movingSeries?: string;
  readonly registration?: string;
  readonly asGiven?: boolean;
  readonly ignoreRegistrations?: boolean;
  readonly at?: string;
  readonly json?: boolean;
}

const TYPES = ['rigid', 'affine', 'deformable'] as const;
const KINDS = Object.keys(deformablePresets) as RegistrationKind[];

export function addRegisterCommand(program: Command): void {
  program
    .command('register')
    .description('register two images of one patient: the matrix, the deformation, how well they fit')
    .argument('<fixed>', 'folder with DICOM images, or a NIfTI file (.nii, .nii.gz)')
    .argument('<moving>', 'the image that is brought to it, likewise')
    .option(
      '--type <type>',
      `${TYPES.join(', ')}; a deformation that is not better is not used`,
      'deformable',
    )
    .option('--kind <kind>', `what the images show, else from their modalities: ${KINDS.join(', ')}`)
    .option('--out <folder>', 'write the registration, the field and the resampled moving image here')
    .option('--fixed-series <uid>', 'series to take where the folder holds several')
    .option('--moving-series <uid>', 'likewise')
    .option('--registration <file>', 'DICOM registration object to start from')
    .option('--as-given', 'use that object as it is, and only judge it')
    .option('--ignore-registrations', 'do not start from registration objects that lie beside the images')
    .option('--at <date-time>', 'content time of the objects; without it the newest time in the input')
    .option('--json', 'print JSON (schema: docs/schemas/register.schema.json)')
    .addHelpText(
      'after',
      '\nThe matrix is in LPS mm and maps moving to fixed. Exit codes: 0 done as asked, 3 the rigid registration is used instead of the deformation, 2 the input cannot be used.',
    )
    .action((fixed: string, moving: string, options: Options) =>
      runCommand(() => register(fixed, moving, options), { json: options.json === true }),
    );
}

async function register(fixed: string, moving: string, options: Options) {
  const start = performance.now();
  const { fixedSeries, movingSeries, registration, kind, out } = options;
  const { result, files } = await registerImages({
    fixed,
    moving,
    type: oneOf(options.type, TYPES, '--type'),
    files: out !== undefined,
    ...(kind === undefined ? {} : { kind: oneOf(kind, KINDS, '--kind') }),
    ...(fixedSeries === undefined ? {} : { fixedSeries }),
    ...(movingSeries === undefined ? {} : { movingSeries }),
    ...(registration === undefined ? {} : { registration }),
    ...(options.asGiven === true ? { asGiven: true } : {}),
    ...(options.ignoreRegistrations === true ? { ignoreRegistrations: true } : {}),
    ...(options.at === undefined ? {} : { at: dateTime(options.at, '--at') }),
  });
  if (out !== undefined) {
    const summary = {
      fileName: 'registration.json',
      bytes: Buffer.from(`${JSON.stringify(result, null, 2)}\n`),
    };
    await writeFiles(out, [...files, summary]);
  }
  const cost = {
    seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(
    options.json === true ? JSON.stringify({ ...result, ...cost }, null, 2) : describe(result, cost),
  );
  return result.asked === 'deformable' && result.used === 'rigid' ? EXIT.partial : EXIT.ok;
}

function describe(
  result: Registered,
  cost: { readonly seconds: number; readonly peakMemoryMb: number },
): string {
  const { matrix, field, score, similarity } = result;
  const row = (at: number) =>
    matrix
      .slice(at, at + 4)
      .map((value) => value.toFixed(4).padStart(11))
      .join('');
  return [
    `${result.used}: ${result.reason}`,
    'matrix, moving to fixed (LPS mm):',
    ...[0, 4, 8].map(row),
    ...(field === null
      ? []
      : [
          `displacement up to ${field.largestMm.toFixed(1)} mm on ${field.size.join('×')} nodes, smallest determinant ${field.smallestDeterminant.toFixed(2)}`,
        ]),
    `normalised mutual information ${similarity.before.toFixed(4)} before, ${similarity.after.toFixed(4)} after`,
    ...(score === null
      ? []
      : [
          `score before: ${score.before.score ?? 'unknown'} (${score.before.reason})`,
          `score after: ${score.after.score ?? 'unknown'} (${score.after.reason})`,
        ]),
    `${cost.seconds} s, at most ${cost.peakMemoryMb} MB`,
    ...result.findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}
