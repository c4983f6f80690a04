import { writeFile } from 'node:fs/promises';
import { PhotopeakError } from '@photopeak/imaging';
import { buildNormals, type CollectedStudy, collectStudies } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly out: string;
  readonly name: string;
}

export function addCardiacCommands(program: Command): void {
  const cardiac = program.command('cardiac').description('myocardial perfusion: what is beside the runs');
  cardiac
    .command('normals')
    .description('build normal limits from studies of people with a low likelihood of coronary disease')
    .argument(
      '<folders...>',
      'folders with DICOM files, searched to any depth; a folder may hold many studies',
    )
    .requiredOption('--out <file>', 'file for the limits (JSON); it holds no patient data')
    .option('--name <text>', 'what the limits are called in every report', 'limits of this site')
    .addHelpText(
      'after',
      '\nLimits are kept by modality, attenuation correction, sex, state and tracer; each needs at least five studies, 20 to 40 are usual.' +
        '\nUse them with: photopeak run cardiac-perfusion FOLDER --set normals=FILE',
    )
    .action((folders: string[], options: Options) =>
      runCommand(async () => {
        const studies: CollectedStudy[] = [];
        for (const folder of folders) studies.push(...(await collectStudies(folder)).studies);
        const file = await buildNormals({ name: options.name, studies, say: console.log });
        try {
          await writeFile(options.out, `${JSON.stringify(file, null, 2)}\n`);
        } catch (error) {
          throw new PhotopeakError('the file cannot be written', {
            code: 'OUTPUT_NOT_WRITABLE',
            expected: 'a path that may be written to',
            found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
            where: options.out,
            remedy: 'give another file with --out',
          });
        }
        console.log(`limits: ${options.out}`);
        return EXIT.ok;
      }),
    );
}
