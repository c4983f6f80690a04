import { PhotopeakError, setThreads } from '@photopeak/imaging';
import {
  collectStudies,
  type PetctParameters,
  type PetctSummary,
  petctOncology,
  petctParameters,
} from '@photopeak/pipelines';
import type { Command } from 'commander';
import { describeSummary, type RunSettings, resultFolder, runStudy } from '../study-run/index.ts';
import {
  dateTime,
  EXIT,
  type ExitCode,
  finiteNumber,
  isDamage,
  oneOf,
  optionError,
  wholeNumber,
} from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly pipeline: string;
  readonly out: string;
  readonly json?: boolean;
  readonly at?: string;
  readonly threshold: string;
  readonly minimumMl: string;
  readonly captures: string;
  readonly resampledPet?: boolean;
  readonly nifti?: boolean;
  readonly labelMap?: boolean;
  readonly threads?: string;
}

const PIPELINES = [petctOncology.name];
const THRESHOLDS = petctParameters.shape.threshold.unwrap().options;

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('process the studies of a folder and write the results, without a server')
    .argument('<folder>', 'folder with DICOM files, searched to any depth')
    .option('--pipeline <name>', `one of: ${PIPELINES.join(', ')}`, petctOncology.name)
    .option('--out <folder>', 'folder for the results', 'photopeak-results')
    .option('--json', 'print the summary as JSON on standard output, all else on standard error')
    .option(
      '--at <date-time>',
      'content time of the results, e.g. 2026-11-23T10:15:00; without it the newest time in the input',
    )
    .option('--threshold <rule>', THRESHOLDS.join(', '), 'percist')
    .option('--minimum-ml <ml>', 'smallest finding', '0.5')
    .option('--captures <count>', 'at most so many findings get a picture of their own', '20')
    .option('--resampled-pet', 'also write the PET resampled to the CT as a derived series')
    .option('--nifti', 'also write every volume and label map as NIfTI-1 (.nii.gz)')
    .option('--threads <count>', 'threads to compute with; the results are the same for any number')
    .option('--label-map', 'write segmentations as label maps instead of binary')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 the input cannot be used, 3 results were written but something could not be used or computed, 1 unexpected.',
    )
    .action((folder: string, options: Options) =>
      runCommand(() => run(folder, options), { json: options.json === true }),
    );
}

/** The command line as parameters of the pipeline. Throws `OPTION_INVALID`. */
function parametersOf(options: Options): PetctParameters {
  const parsed = petctParameters.safeParse({
    threshold: oneOf(options.threshold, THRESHOLDS, '--threshold'),
    minimumMl: finiteNumber(options.minimumMl, '--minimum-ml'),
    captures: wholeNumber(options.captures, '--captures'),
    resampledPet: options.resampledPet === true,
    nifti: options.nifti === true,
    segmentation: options.labelMap === true ? 'labelmap' : 'binary',
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw optionError(
    `--${name}`,
    issue?.message ?? '',
    String(options[issue?.path[0] as keyof Options] ?? ''),
  );
}

function threadCount(text: string): number {
  const count = wholeNumber(text, '--threads');
  if (count < 1 || count > 64) throw optionError('--threads', 'a number from 1 to 64', text);
  return count;
}

async function run(folder: string, options: Options): Promise<ExitCode> {
  oneOf(options.pipeline, PIPELINES, '--pipeline');
  const settings: RunSettings = {
    parameters: parametersOf(options),
    ...(options.at === undefined ? {} : { at: dateTime(options.at, '--at') }),
    say: options.json === true ? console.error : console.log,
  };
  if (options.threads !== undefined) setThreads(threadCount(options.threads));
  const { studies, problems } = await collectStudies(folder);
  const { say } = settings;
  for (const problem of problems) say(`not used: ${problem.path}: ${problem.code}: ${problem.message}`);
  const patients = new Set(studies.flatMap(({ patientHashes }) => patientHashes));
  if (studies.length > 1 && patients.size > 1) {
    say(
      `INPUT_MIXED_PATIENTS: the folder holds ${patients.size} patients; each study is processed by itself, into a folder of its own`,
    );
  }
  const isMixed = patients.size > 1;
  let exit: ExitCode = isMixed || problems.some(isDamage) ? EXIT.partial : EXIT.ok;
  const summaries: PetctSummary[] = [];
  const failures: PhotopeakError[] = [];
  for (const study of studies) {
    try {
      const out = await resultFolder(options.out, studies.length === 1 ? null : study.studyInstanceUid);
      const summary = await runStudy(study, out, settings);
      say(describeSummary(summary));
      summaries.push(summary);
      if (summary.findings.some(({ severity }) => severity === 'error')) exit = EXIT.partial;
    } catch (error) {
      if (!(error instanceof PhotopeakError) || studies.length === 1) throw error;
      failures.push(error);
      say(error.describe());
      exit = EXIT.partial;
    }
  }
  if (summaries.length === 0 && failures[0] !== undefined) throw failures[0];
  if (options.json === true) {
    console.log(JSON.stringify(studies.length === 1 ? summaries[0] : summaries, null, 2));
  }
  return exit;
}
