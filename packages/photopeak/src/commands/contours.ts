import { type Conversion, convertContours } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { dateTime, EXIT, finiteNumber, oneOf, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface Options {
  readonly to: string;
  readonly out: string;
  readonly images?: string;
  readonly structure?: readonly string[];
  readonly tolerance?: string;
  readonly holes: string;
  readonly spacing?: string;
  readonly at?: string;
  readonly json?: boolean;
}

const TARGETS = ['rtstruct', 'seg', 'nifti'] as const;
const HOLES = ['keyhole', 'xor'] as const;

export function addContoursCommand(program: Command): void {
  program
    .command('contours')
    .description('turn a SEG into an RTSTRUCT, an RTSTRUCT into a SEG, or either into NIfTI masks')
    .argument('<file>', 'DICOM SEG or RTSTRUCT')
    .requiredOption('--to <kind>', TARGETS.join(', '))
    .option('--images <folder>', 'the images it belongs to; needed for RTSTRUCT and SEG')
    .option('--out <folder>', 'folder for the results', '.')
    .option('--structure <names...>', 'only these, by name or label')
    .option(
      '--tolerance <voxels>',
      'how far contours may pass from those of the voxels, 0 to 0.35 (default 0.1)',
    )
    .option('--holes <how>', `${HOLES.join(' or ')}: as planning systems want them`, 'keyhole')
    .option('--spacing <mm>', 'voxels of NIfTI masks of contours without --images (default 1)')
    .option('--at <date-time>', 'content time of the result; without it the newest time in the input')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', '\nExit codes: 0 converted, 3 converted with a notice, 2 the input cannot be used.')
    .action((file: string, options: Options) =>
      runCommand(() => convert(file, options), { json: options.json === true }),
    );
}

async function convert(file: string, options: Options) {
  const result = await convertContours({
    file,
    to: oneOf(options.to, TARGETS, '--to'),
    holes: oneOf(options.holes, HOLES, '--holes'),
    ...(options.images === undefined ? {} : { images: options.images }),
    ...(options.structure === undefined ? {} : { names: options.structure }),
    ...(options.tolerance === undefined
      ? {}
      : { toleranceVoxels: finiteNumber(options.tolerance, '--tolerance') }),
    ...(options.spacing === undefined ? {} : { spacingMm: finiteNumber(options.spacing, '--spacing') }),
    ...(options.at === undefined ? {} : { at: dateTime(options.at, '--at') }),
  });
  const written = await writeFiles(options.out, result.files);
  if (options.json === true) {
    const { structures, findings } = result;
    console.log(JSON.stringify({ files: written, structures, findings }, null, 2));
  } else console.log(describe(result, written));
  return result.findings.length > 0 ? EXIT.partial : EXIT.ok;
}

function describe({ structures, findings }: Conversion, written: readonly string[]): string {
  return [
    textTable(
      [{ title: 'structure' }, { title: 'contours', align: 'right' }, { title: 'ml', align: 'right' }],
      structures.map(({ name, contours, volumeMl }) => [
        name,
        contours === null ? '' : String(contours),
        volumeMl.toFixed(2),
      ]),
    ),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
    ...written.map((file) => `wrote ${file}`),
  ].join('\n');
}
