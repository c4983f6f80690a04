import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type CollectedStudy,
  collectStudies,
  headersOf,
  inProcessRunner,
  newestTime,
  type PetctSummary,
  petctOncology,
  petctParameters,
  requireDeclaredOutputs,
  runKey,
  studyInput,
} from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, type ExitCode, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly pipeline: string;
  readonly out: string;
  readonly json?: boolean;
  readonly at?: string;
  readonly threshold?: string;
  readonly minimumMl?: string;
  readonly resampledPet?: boolean;
  readonly labelMap?: boolean;
}

const PIPELINES = { [petctOncology.name]: petctOncology };
const LOCAL_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('process the studies of a folder and write the results, without a server')
    .argument('<folder>', 'folder with DICOM files, searched to any depth')
    .option('--pipeline <name>', `one of: ${Object.keys(PIPELINES).join(', ')}`, petctOncology.name)
    .option('--out <folder>', 'folder for the results', 'photopeak-results')
    .option('--json', 'print the summary as JSON on standard output')
    .option(
      '--at <date-time>',
      'content time of the results, e.g. 2026-11-23T10:15:00; without it the newest time in the input',
    )
    .option('--threshold <rule>', 'percist, suv2.5, suv4.0, percent41 or percent50', 'percist')
    .option('--minimum-ml <ml>', 'smallest finding', '0.5')
    .option('--resampled-pet', 'also write the PET resampled to the CT as a derived series')
    .option('--label-map', 'write segmentations as label maps instead of binary')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 the input cannot be used, 3 results were written but something could not be computed, 1 unexpected.',
    )
    .action((folder: string, options: Options) =>
      runCommand(() => run(folder, options), { json: options.json === true }),
    );
}

async function run(folder: string, options: Options): Promise<ExitCode> {
  const pipeline = PIPELINES[options.pipeline];
  if (pipeline === undefined) {
    throw optionError('--pipeline', Object.keys(PIPELINES).join(', '), options.pipeline);
  }
  if (options.at !== undefined && !LOCAL_DATE_TIME.test(options.at)) {
    throw optionError('--at', 'a date-time such as 2026-11-23T10:15:00', options.at);
  }
  const parsed = petctParameters.safeParse({
    threshold: options.threshold,
    minimumMl: Number(options.minimumMl),
    resampledPet: options.resampledPet === true,
    segmentation: options.labelMap === true ? 'labelmap' : 'binary',
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw optionError(`--${String(issue?.path[0] ?? '')}`, issue?.message ?? '', '');
  }
  const say = (text: string) => {
    if (options.json !== true) console.log(text);
  };
  const { studies, problems } = await collectStudies(folder);
  for (const problem of problems) say(`not used: ${problem.path}: ${problem.code}: ${problem.message}`);
  const patients = new Set(studies.flatMap(({ patientHashes }) => patientHashes));
  if (patients.size > 1) {
    say(
      `INPUT_MIXED_PATIENTS: the folder holds ${patients.size} patients; each study is processed by itself, into a folder of its own`,
    );
  }
  let exit: ExitCode = patients.size > 1 ? EXIT.partial : EXIT.ok;
  const summaries: PetctSummary[] = [];
  const failures: PhotopeakError[] = [];
  for (const study of studies) {
    const out = studies.length === 1 ? options.out : path.join(options.out, study.studyInstanceUid);
    try {
      const summary = await runStudy(study, out, options, parsed.data, say);
      summaries.push(summary);
      if (summary.findings.some(({ severity }) => severity === 'error')) exit = EXIT.partial;
    } catch (error) {
      if (!(error instanceof PhotopeakError) || studies.length === 1) throw error;
      failures.push(error);
      say(error.describe());
      exit = EXIT.partial;
    }
  }
  if (options.json === true) {
    console.log(
      JSON.stringify(summaries.length === 1 && studies.length === 1 ? summaries[0] : summaries, null, 2),
    );
  }
  if (summaries.length === 0 && failures[0] !== undefined) throw failures[0];
  return exit;
}

async function runStudy(
  study: CollectedStudy,
  out: string,
  options: Options,
  parameters: Parameters<typeof petctOncology.run>[1],
  say: (text: string) => void,
): Promise<PetctSummary> {
  say(`study ${study.studyInstanceUid}: ${study.instances.length} files`);
  const input = await studyInput(study);
  const at = options.at ?? newestTime(headersOf(study.instances));
  const runner = inProcessRunner({
    run: { key: runKey(petctOncology, parameters, input), at },
    observer: { ended: (step, seconds) => say(`  ${step.padEnd(16)} ${seconds.toFixed(2).padStart(6)} s`) },
  });
  const result = requireDeclaredOutputs(petctOncology, await petctOncology.run(input, parameters, runner));
  await mkdir(out, { recursive: true });
  for (const object of result.objects) {
    const file = path.join(out, object.fileName);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, object.bytes);
  }
  say(describe(result.summary));
  say(`results: ${path.resolve(out)} (${result.objects.length} files; open report.html first)`);
  return result.summary;
}

function describe(summary: PetctSummary): string {
  const { chosen, suv, registration, lesions, totals, findings } = summary;
  const lines = [
    `PET: ${chosen.pet === null ? 'none' : `${chosen.pet.description}: ${chosen.pet.reason}`}`,
    `CT:  ${chosen.ct === null ? 'none' : `${chosen.ct.description}: ${chosen.ct.reason}`}`,
    ...chosen.rejected.map(
      ({ modality, description, reason }) => `not used: ${modality} ${description}: ${reason}`,
    ),
  ];
  if (suv?.status === 'ok')
    lines.push(
      `SUVbw factor ${Number((suv.factors.bw ?? 0).toPrecision(8))} per value (${suv.units}, ${suv.decayCorrection})`,
    );
  if (registration !== null)
    lines.push(
      `alignment: ${registration.score ?? 'not scored'}${registration.score === null ? '' : '/100'}: ${registration.scoreReason}; ${registration.reason}`,
    );
  if (lesions.length > 0) {
    lines.push(
      textTable(
        [
          { title: 'finding' },
          { title: 'SUVmax', align: 'right' },
          { title: 'SUVpeak', align: 'right' },
          { title: 'SUVmean', align: 'right' },
          { title: 'MTV ml', align: 'right' },
          { title: 'TLG g', align: 'right' },
        ],
        lesions.map((lesion) => [
          lesion.label,
          lesion.suvMax.toFixed(3),
          lesion.suvPeak?.toFixed(3) ?? '-',
          lesion.suvMean.toFixed(3),
          lesion.mtvMl.toFixed(2),
          lesion.tlgG.toFixed(2),
        ]),
      ),
      `${totals.count} finding(s), MTV ${totals.mtvMl.toFixed(1)} ml, TLG ${totals.tlgG.toFixed(1)} g; ${summary.physiologicalUptake.length} region(s) of physiological uptake set aside`,
    );
  }
  for (const finding of findings) lines.push(`${finding.severity}: ${finding.code}: ${finding.message}`);
  return lines.join('\n');
}

function optionError(option: string, expected: string, found: string): PhotopeakError {
  return new PhotopeakError(`the value of ${option} cannot be used`, {
    code: 'OPTION_INVALID',
    expected,
    found,
    where: option,
    remedy: 'see photopeak run --help',
  });
}
