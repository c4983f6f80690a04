import path from 'node:path';
import {
  archAi,
  assessAi,
  type ModelValidation,
  measureFacts,
  validateModel,
  validationCsv,
  validationReport,
} from '@photopeak/pipelines';
import { openNodeStore, runtimeOptions } from '@photopeak/server';
import type { Command } from 'commander';
import {
  EXIT,
  type ExitCode,
  finiteNumber,
  namedValue,
  oneOf,
  optionError,
  textTable,
  wholeNumber,
} from '../terminal/index.ts';
import { isPackage, registeredPackage } from './named-package.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { jsonFile, textFile, writeFiles } from './write-files.ts';

interface Options extends NodeArguments {
  readonly cases: string;
  readonly against?: string;
  readonly reference?: string;
  readonly out: string;
  readonly margin?: readonly string[];
  readonly seed: string;
  readonly gpu?: string;
  readonly threads?: string;
  readonly assessAi?: boolean;
  readonly json?: boolean;
}

const measures = Object.keys(measureFacts);

export function addValidateCommand(program: Command): void {
  const validate = program.command('validate').description('evidence from the site’s own studies');
  withNodeOptions(
    validate
      .command('model')
      .description('run a model over a folder of studies; report with intervals, worst cases and strata')
      .argument('<model>', 'folder of a model package, or ID[@VERSION] of the registry of a node'),
  )
    .requiredOption('--cases <folder>', 'studies (DICOM) or NIfTI files')
    .option('--against <model>', 'another version, held against it case by case')
    .option('--reference <folder>', 'what is true: ID.nii.gz, ID.json, or series and SEG of the same studies')
    .option('--margin <measure=value...>', 'margins of equivalence, e.g. psnr=0.3 dice=0.02')
    .option('--out <folder>', 'folder for the report', 'photopeak-validation')
    .option('--seed <n>', 'of the bootstrap; the same seed gives the same intervals', '1')
    .option('--threads <n>', 'threads of the network')
    .option('--gpu <device>', 'device as CUDA_VISIBLE_DEVICES names it; without it the processor')
    .option('--assess-ai', 'also write assess-ai.csv, which holds Patient ID and Accession Number')
    .option('--json', 'print the validation as JSON on standard output, all else on standard error')
    .addHelpText(
      'after',
      `\nMeasures: ${measures.join(', ')}.` +
        '\nExit codes: 0 done, 3 some cases gave no result, 2 nothing could be done (the reason is told).',
    )
    .action((model: string, options: Options) =>
      runCommand(() => validated(model, options), { json: options.json === true }),
    );
}

async function validated(model: string, options: Options): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  const runtime = runtimeOptions(configuration.models);
  const margins = Object.fromEntries(
    (options.margin ?? []).map((text) => {
      const [name, value] = namedValue(text, '--margin');
      const margin = finiteNumber(String(value), '--margin');
      if (margin <= 0) throw optionError('--margin', 'a number above 0', text);
      return [oneOf(name, measures, '--margin'), margin];
    }),
  );
  const names = options.against === undefined ? [model] : [model, options.against];
  const areFolders = await Promise.all(names.map(isPackage));
  const [subject = '', against] = await foldersOf(names, areFolders, {
    configuration,
    dataFolder: options.data,
  });
  const result = await validateModel({
    model: subject,
    ...(against === undefined ? {} : { against }),
    cases: options.cases,
    ...(options.reference === undefined ? {} : { reference: options.reference }),
    margins,
    seed: wholeNumber(options.seed, '--seed'),
    runtime: {
      // A folder that a person names may run its program; one of the registry where the site allows it.
      ...runtime,
      allowPrograms: runtime.allowPrograms === true || areFolders.every(Boolean),
      ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
      ...(options.threads === undefined ? {} : { threads: wholeNumber(options.threads, '--threads') }),
    },
    onProgress: (done, of) => {
      if (process.stderr.isTTY) process.stderr.write(`\rcase ${done} of ${of}${done === of ? '\n' : ''}`);
    },
  });
  const { validation, pictures } = result;
  await writeFiles(options.out, [
    jsonFile('validation.json', validation),
    textFile('report.html', validationReport(result)),
    textFile('cases.csv', validationCsv(validation)),
    jsonFile('arch-ai.json', archAi(result)),
    ...(options.assessAi === true
      ? [textFile('assess-ai.csv', assessAi(result, new Date().toISOString().slice(0, 10)))]
      : []),
    ...pictures.map(({ number, png }) => ({ fileName: `worst-case-${number}.png`, bytes: png })),
  ]);
  if (options.json === true) console.log(JSON.stringify(validation, null, 2));
  else console.log(describe(validation, options.out));
  return validation.cases.some(({ failure }) => failure !== null) ? EXIT.partial : EXIT.ok;
}

/** Folders as they are; names of the registry laid out from there. */
async function foldersOf(
  names: readonly string[],
  areFolders: readonly boolean[],
  where: Parameters<typeof openNodeStore>[0],
): Promise<readonly string[]> {
  if (areFolders.every(Boolean)) return names;
  const node = await openNodeStore(where);
  try {
    const folders: string[] = [];
    for (const [index, name] of names.entries())
      folders.push(areFolders[index] === true ? name : (await registeredPackage(node, name)).folder);
    return folders;
  } finally {
    await node.close();
  }
}

function describe(
  { model, against, cases, statistics, paired, findings }: ModelValidation,
  out: string,
): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const short = (value: number) => String(Number(value.toPrecision(4)));
  const about = (one: { measure: string; label: string | null; unit: string }) =>
    `${one.measure}${one.label === null ? '' : ` ${one.label}`}${one.unit === '1' ? '' : ` (${one.unit})`}`;
  const interval = (one: { low: number; high: number } | null) =>
    one === null ? '-' : `${short(one.low)} to ${short(one.high)}`;
  const lines = [
    `${model.id} ${model.version} on ${cases.length} cases${against === null ? '' : `, against ${against.id} ${against.version}`}`,
    textTable(
      [
        { title: 'measure' },
        right('cases'),
        right('mean'),
        right('95 % interval'),
        right('least'),
        right('most'),
      ],
      statistics.map((one) => [
        about(one),
        String(one.cases),
        short(one.mean),
        interval(one.interval),
        short(one.least),
        short(one.most),
      ]),
    ),
  ];
  if (paired.length > 0)
    lines.push(
      textTable(
        [{ title: 'difference' }, right('mean'), right('95 % interval'), right('p'), { title: 'equivalent' }],
        paired.map((one) => [
          about(one),
          short(one.mean),
          interval(one.interval),
          one.p === null ? '-' : one.p < 0.001 ? '<0.001' : one.p.toFixed(3),
          one.equivalence === null
            ? ''
            : `${one.equivalence.isEquivalent ? 'yes' : 'not shown'} (margin ${short(one.equivalence.margin)})`,
        ]),
      ),
    );
  for (const { severity, message, code } of findings) lines.push(`${severity}: ${message} [${code}]`);
  lines.push(`report: ${path.join(out, 'report.html')}`);
  return lines.join('\n');
}
