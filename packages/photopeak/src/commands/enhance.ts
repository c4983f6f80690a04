import { stat } from 'node:fs/promises';
import { setThreads } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import {
  builtInMethod,
  collectStudies,
  type EnhancedImage,
  type EnhancementMethod,
  type EnhancementTask,
  enhancementMethods,
  enhancementParameters,
  enhancementTasks,
  enhanceNifti,
  type PinnedModel,
  type SiteModels,
  settingNames,
} from '@photopeak/pipelines';
import type { Command } from 'commander';
import { ENHANCEMENT } from '../study-run/index.ts';
import {
  dateTime,
  EXIT,
  type ExitCode,
  namedValue,
  oneOf,
  optionError,
  textTable,
  threadCount,
} from '../terminal/index.ts';
import { processStudies, sayProblems } from './process-studies.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface Options {
  readonly task?: string;
  readonly model?: string;
  readonly set?: readonly string[];
  readonly series?: string;
  readonly modality?: string;
  readonly phase: string;
  readonly out: string;
  readonly trials?: boolean;
  readonly check: boolean;
  readonly at?: string;
  readonly threads?: string;
  readonly json?: boolean;
}

const PHASES = enhancementParameters.shape.phase.unwrap().options;

export function addEnhanceCommand(program: Command): void {
  program
    .command('enhance')
    .description('write enhanced series beside the originals of a folder, without a server')
    .argument('[images]', 'folder with DICOM files, one DICOM file, or a NIfTI image (.nii, .nii.gz)')
    .option(
      '--task <task>',
      `${enhancementTasks.join(', ')} (default: that of the model, else denoise; of ultrasound speckle)`,
    )
    .option(
      '--model <id>',
      'built-in method (ID or ID@VERSION), or the folder of a model package (docs/models.md)',
    )
    .option('--set <name=value...>', 'settings of the method, as the list names them')
    .option('--series <uid>', 'only this series; without it every one that the method is for')
    .option(
      '--modality <code>',
      'of a NIfTI image: CT, MR, PT, NM or US (default: CT where air is as in HU, else MR)',
    )
    .option('--phase <phase>', `${PHASES.join(', ')}; research marks the result as such`, 'research')
    .option(
      '--trials',
      'in quality control also run the method on test lesions and added noise (three times the time)',
    )
    .option('--no-check', 'leave quality control out')
    .option('--out <folder>', 'folder for the results; what is held back lies in held/', 'photopeak-results')
    .option('--at <date-time>', 'content time of the results; without it the newest time in the input')
    .option('--threads <count>', 'threads to compute with; the results are the same for any number')
    .option('--json', 'print the summary as JSON on standard output, all else on standard error')
    .addHelpText(
      'after',
      '\nWithout images: lists the built-in methods.' +
        '\nExit codes: 0 done, 2 the input cannot be used, 3 results were written but something could not be used, 1 unexpected.',
    )
    .action((images: string | undefined, options: Options) =>
      runCommand(
        async () => {
          if (options.threads !== undefined) setThreads(threadCount(options.threads));
          if (images === undefined) return list(options.json === true);
          return /\.nii(\.gz)?$/i.test(images) && !(await isFolder(images))
            ? enhanceFile(images, options)
            : enhanceFolder(images, options);
        },
        { json: options.json === true },
      ),
    );
}

interface Wanted {
  readonly task: EnhancementTask;
  /** `auto`, or `ID@VERSION`. */
  readonly method: string;
  readonly builtIn?: EnhancementMethod;
  /** A model package of the site. */
  readonly model?: { readonly pinned: PinnedModel; readonly models: SiteModels };
}

const isFolder = (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The method or the model package that was named, and its task where none was. Throws `OPTION_INVALID`, MODEL_*. */
async function wantedOf({ model: name, task, phase }: Options): Promise<Wanted> {
  const named = task === undefined ? undefined : oneOf(task, enhancementTasks, '--task');
  if (name === undefined) return { task: named ?? 'denoise', method: 'auto' };
  const checked = (task: string, id: string): EnhancementTask => {
    if (named !== undefined && named !== task)
      throw optionError('--task', `${task}, which is what ${id} does`, named);
    return oneOf(task, enhancementTasks, '--model');
  };
  const builtIn = builtInMethod(name);
  if (builtIn !== undefined) {
    const { id, version } = builtIn;
    return { task: checked(builtIn.task, id), method: `${id}@${version}`, builtIn };
  }
  if (!(await isFolder(name))) {
    const known = enhancementMethods.map(({ id }) => id).join(', ');
    throw optionError('--model', `${known}, or the folder of a model package`, name);
  }
  const opened = await openPackage(name);
  const { id, version, modality } = opened.manifest;
  const pinned: PinnedModel = {
    id,
    version,
    digest: opened.digest,
    phase: oneOf(phase, PHASES, '--phase'),
    task: checked(opened.manifest.task, id),
    modalities: modality,
    modality: '',
    protocol: '',
  };
  const models: SiteModels = {
    // Whoever gives a package on the command line could run its program as well.
    open: async (_digest, options) => ({
      manifest: opened.manifest,
      model: await openModel(opened, { ...options, allowPrograms: true }),
    }),
  };
  return { task: pinned.task as EnhancementTask, method: `${id}@${version}`, model: { pinned, models } };
}

const settingsOf = ({ set = [] }: Options): Record<string, unknown> =>
  Object.fromEntries(set.map((text) => namedValue(text, '--set')));

const qualityOf = ({ check, trials = false }: Options) => ({ isOn: check, trials });

async function enhanceFolder(folder: string, options: Options): Promise<ExitCode> {
  const say = options.json === true ? console.error : console.log;
  const { task, method, model } = await wantedOf(options);
  const parameters = enhancementParameters.parse({
    task,
    method,
    models: model === undefined ? [] : [model.pinned],
    settings: settingsOf(options),
    series: options.series ?? '',
    phase: oneOf(options.phase, PHASES, '--phase'),
    quality: qualityOf(options),
  });
  const at = options.at === undefined ? {} : { at: dateTime(options.at, '--at') };
  const collected = await collectStudies(folder);
  sayProblems(collected, say);
  const json = options.json === true;
  return processStudies(ENHANCEMENT, collected, {
    parameters,
    out: options.out,
    ...at,
    ...(model === undefined ? {} : { models: model.models }),
    json,
    say,
  });
}

async function enhanceFile(file: string, options: Options): Promise<ExitCode> {
  // A folder that cannot be written to is known before anything is computed.
  await writeFiles(options.out, []);
  const { task, builtIn, model } = await wantedOf(options);
  const { report, files } = await enhanceNifti(
    {
      file,
      task,
      settings: settingsOf(options),
      quality: enhancementParameters.shape.quality.parse(qualityOf(options)),
      ...(builtIn === undefined ? {} : { method: builtIn }),
      ...(model === undefined ? {} : { model }),
      ...(options.modality === undefined ? {} : { modality: options.modality.toUpperCase() }),
    },
    { signal: new AbortController().signal, progress: () => {} },
  );
  await writeFiles(options.out, files);
  console.log(options.json === true ? JSON.stringify(report, null, 2) : describe(report, options.out));
  return EXIT.ok;
}

function describe({ method, measured, quality, findings }: EnhancedImage, out: string): string {
  const number = (value: number | null) => (value === null ? '-' : String(value));
  return [
    `${method.id} ${method.version}`,
    textTable(
      [
        { title: 'measured' },
        { title: 'before', align: 'right' },
        { title: 'after', align: 'right' },
        { title: 'unit' },
      ],
      measured.map(({ name, before, after, unit }) => [name, number(before), number(after), unit]),
    ),
    ...(quality === null
      ? []
      : [`quality: ${quality.verdict}`, ...quality.checks.map(({ text }) => `  ${text}`)]),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
    `results: ${out}`,
  ].join('\n');
}

/** The built-in methods, for people or programs. */
function list(json: boolean): ExitCode {
  const methods = enhancementMethods.map((method) => ({
    id: method.id,
    version: method.version,
    task: method.task,
    title: method.title,
    modalities: method.modalities,
    settings: settingNames(method),
    intendedUse: method.intendedUse,
    limits: method.limits,
  }));
  if (json) console.log(JSON.stringify(methods, null, 2));
  else {
    console.log(
      textTable(
        [{ title: 'task' }, { title: 'method' }, { title: 'for' }, { title: 'settings' }, { title: 'title' }],
        methods.map(({ task, id, version, modalities, settings, title }) => [
          task,
          `${id}@${version}`,
          modalities.join(', '),
          settings.join(', '),
          title,
        ]),
      ),
    );
  }
  return EXIT.ok;
}
