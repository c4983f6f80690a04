import { setThreads } from '@photopeak/imaging';
import { type CollectedStudy, collectStudies, petctParameters } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { RUNNABLES, type Runnable } from '../study-run/index.ts';
import {
  dateTime,
  type ExitCode,
  finiteNumber,
  namedValue,
  oneOf,
  optionError,
  threadCount,
  wholeNumber,
} from '../terminal/index.ts';
import { processStudies, sayProblems } from './process-studies.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly pipeline: string;
  readonly out: string;
  readonly prior?: readonly string[];
  readonly json?: boolean;
  readonly at?: string;
  readonly tracer?: string;
  readonly threshold?: string;
  readonly minimumMl?: string;
  readonly captures?: string;
  readonly resampledPet?: boolean;
  readonly nifti?: boolean;
  readonly labelMap?: boolean;
  readonly set?: readonly string[];
  readonly threads?: string;
}

const PIPELINES = RUNNABLES.map(({ pipeline }) => pipeline.name);
const TRACERS = petctParameters.shape.tracer.unwrap().options;
const THRESHOLDS = petctParameters.shape.threshold.unwrap().options;

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('process the studies of a folder and write the results, without a server')
    .usage('[pipeline] <folder> [options]')
    .argument(
      '<pipeline-or-folder>',
      'folder with DICOM files, searched to any depth; before it may stand a pipeline',
    )
    .argument('[folder]', 'the folder, where a pipeline stands before it')
    .option('--pipeline <name>', `one of: ${PIPELINES.join(', ')}`, PIPELINES[0])
    .option('--prior <folders...>', 'folders with studies of the patient from before, to compare with')
    .option('--out <folder>', 'folder for the results', 'photopeak-results')
    .option('--json', 'print the summary as JSON on standard output, all else on standard error')
    .option(
      '--at <date-time>',
      'content time of the results, e.g. 2026-11-23T10:15:00; without it the newest time in the input',
    )
    .option('--tracer <name>', `${TRACERS.join(', ')} (default auto: as the headers say)`)
    .option('--threshold <rule>', `${THRESHOLDS.join(', ')} (default auto: as the tracer is read)`)
    .option('--minimum-ml <ml>', 'smallest finding (default 0.5)')
    .option('--captures <count>', 'at most so many findings get a picture of their own (default 20)')
    .option('--resampled-pet', 'also write the PET resampled to the CT as a derived series')
    .option('--nifti', 'also write every volume and label map as NIfTI-1 (.nii.gz)')
    .option('--label-map', 'write segmentations as label maps instead of binary')
    .option('--set <name=value...>', 'any other parameter of the pipeline, as its page in docs names it')
    .option('--threads <count>', 'threads to compute with; the results are the same for any number')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 the input cannot be used, 3 results were written but something could not be used or computed, 1 unexpected.',
    )
    .action((first: string, second: string | undefined, options: Options) =>
      runCommand(
        () =>
          second === undefined
            ? run(first, options)
            : run(second, { ...options, pipeline: first }, 'pipeline'),
        { json: options.json === true },
      ),
    );
}

/** What the command line says of parameters, by their names; the pipeline knows the defaults. */
function givenParameters(options: Options): Record<string, unknown> {
  const { tracer, threshold, minimumMl, captures } = options;
  return {
    ...(tracer === undefined ? {} : { tracer: oneOf(tracer, TRACERS, '--tracer') }),
    ...(threshold === undefined ? {} : { threshold: oneOf(threshold, THRESHOLDS, '--threshold') }),
    ...(minimumMl === undefined ? {} : { minimumMl: finiteNumber(minimumMl, '--minimum-ml') }),
    ...(captures === undefined ? {} : { captures: wholeNumber(captures, '--captures') }),
    ...(options.resampledPet === true ? { resampledPet: true } : {}),
    ...(options.nifti === true ? { nifti: true } : {}),
    ...(options.labelMap === true ? { segmentation: 'labelmap' } : {}),
    ...Object.fromEntries((options.set ?? []).map((text) => namedValue(text, '--set'))),
  };
}

const OPTION_OF: Record<string, string> = { segmentation: '--label-map' };
const SET_BY_NAME = ['tracer', 'threshold', 'minimumMl', 'captures', 'resampledPet', 'nifti'];

function optionOf(parameter: string): string {
  const dashed = () => `--${parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return OPTION_OF[parameter] ?? (SET_BY_NAME.includes(parameter) ? dashed() : `--set ${parameter}`);
}

/** The command line as parameters of the pipeline. Throws `OPTION_INVALID`. */
function parametersOf({ pipeline }: Runnable, options: Options): unknown {
  const given = givenParameters(options);
  const parsed = pipeline.parameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? '';
    throw optionError(optionOf(name), `a parameter of ${pipeline.name}`, name);
  }
  const name = String(issue?.path[0] ?? '');
  const value = given[name] ?? '';
  const found = typeof value === 'object' ? JSON.stringify(value) : String(value);
  throw optionError(optionOf(name), issue?.message ?? '', found);
}

/** The folders of `--prior` fit what the pipeline takes. Throws `OPTION_INVALID`. */
function checkPriors({ pipeline }: Runnable, given: number): void {
  const { least, most } = pipeline.priors ?? { least: 0, most: 0 };
  if (given >= least && given <= most) return;
  const range = least === most ? `${least}` : `${least} to ${most}`;
  throw optionError('--prior', `${range} studies from before for ${pipeline.name}`, `${given}`);
}

const studyTime = ({ instances }: CollectedStudy): string => {
  const header = instances[0]?.dataset;
  return `${header?.text('StudyDate') ?? ''}${header?.text('StudyTime') ?? ''}`;
};

/** Every study of the folders, the oldest first. */
async function collectPriors(folders: readonly string[]): Promise<CollectedStudy[]> {
  const studies: CollectedStudy[] = [];
  for (const folder of folders) studies.push(...(await collectStudies(folder)).studies);
  return studies.sort((a, b) => (studyTime(a) < studyTime(b) ? -1 : 1));
}

async function run(folder: string, options: Options, named = '--pipeline'): Promise<ExitCode> {
  const name = oneOf(options.pipeline, PIPELINES, named);
  const runnable = RUNNABLES.find(({ pipeline }) => pipeline.name === name) as Runnable;
  const parameters = parametersOf(runnable, options);
  const at = options.at === undefined ? {} : { at: dateTime(options.at, '--at') };
  const say = options.json === true ? console.error : console.log;
  if (options.threads !== undefined) setThreads(threadCount(options.threads));
  if (options.prior === undefined) checkPriors(runnable, 0);
  const collected = await collectStudies(folder);
  sayProblems(collected, say);
  const priors = await collectPriors(options.prior ?? []);
  checkPriors(runnable, priors.length);
  const count = collected.studies.length;
  if (priors.length > 0 && count > 1) {
    throw optionError('<folder>', 'one study, where --prior is given', `${count} studies`);
  }
  return processStudies(runnable, collected, {
    parameters,
    out: options.out,
    ...at,
    priors,
    json: options.json === true,
    say,
  });
}
