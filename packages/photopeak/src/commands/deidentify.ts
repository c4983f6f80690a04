import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  createPseudonyms,
  type DeidentificationOption,
  deidentificationOptions,
  deidentifyPart10,
  readFilePart10,
  scanFolder,
  suvOptions,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Command } from 'commander';
import { EXIT, optionError } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly out: string;
  readonly profile: string;
  readonly keyFrom: string;
}

export function addDeidentifyCommand(program: Command): void {
  program
    .command('deidentify')
    .description('copy a folder of DICOM files without the identity of the patient (PS3.15 Basic Profile)')
    .argument('<folder>', 'searched to any depth')
    .requiredOption('--out <folder>', 'folder for the copies')
    .option(
      '--profile <options>',
      `basic, suv (what SUV needs stays), or options separated by commas: ${deidentificationOptions.join(', ')}`,
      'basic',
    )
    .option(
      '--key-from <variable>',
      'environment variable with the secret key, at least 16 characters; the same key gives the same pseudonyms',
      'PHOTOPEAK_DEIDENTIFICATION_KEY',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 all copied, 3 some files were left out (see the messages), 2 nothing could be copied.',
    )
    .action((folder: string, options: Options) => runCommand(() => deidentifyFolder(folder, options)));
}

async function deidentifyFolder(folder: string, options: Options) {
  const profile = { options: profileOf(options.profile) };
  const pseudonyms = createPseudonyms(process.env[options.keyFrom] ?? '');
  const { instances, problems } = await scanFolder(folder);
  const refusals = problems.map(({ path: file, code }) => `${file}: ${code}`);
  await mkdir(options.out, { recursive: true });
  let copied = 0;
  for (const instance of instances) {
    try {
      const { bytes, dataset } = await deidentifyPart10(readFilePart10(instance.path), profile, {
        pseudonyms,
      });
      const series = path.join(options.out, dataset.text('SeriesInstanceUID') ?? 'unknown');
      await mkdir(series, { recursive: true });
      await writeFile(path.join(series, `${dataset.text('SOPInstanceUID')}.dcm`), bytes);
      copied += 1;
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      refusals.push(`${instance.path}: ${error.describe()}`);
    }
  }
  for (const line of refusals) console.log(line);
  console.log(`${copied} of ${instances.length} copied`);
  if (copied === 0) return EXIT.unusableInput;
  return refusals.length === 0 ? EXIT.ok : EXIT.partial;
}

function profileOf(text: string): readonly DeidentificationOption[] {
  if (text === 'basic') return [];
  if (text === 'suv') return suvOptions;
  return text.split(',').map((part) => {
    const option = deidentificationOptions.find((name) => name === part.trim());
    if (option === undefined) throw optionError('--profile', deidentificationOptions.join(', '), part.trim());
    return option;
  });
}
