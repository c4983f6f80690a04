import { setThreads } from '@photopeak/imaging';
import { collectStudies, doseSimulationParameters } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { DOSE_SIMULATION } from '../study-run/index.ts';
import { dateTime, finiteNumber, optionError, threadCount, wholeNumber } from '../terminal/index.ts';
import { processStudies, sayProblems } from './process-studies.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly dose: string;
  readonly seed: string;
  readonly electronic?: string;
  readonly series?: string;
  readonly out: string;
  readonly at?: string;
  readonly threads?: string;
  readonly json?: boolean;
}

export function addSimulateDoseCommand(program: Command): void {
  program
    .command('simulate-dose')
    .description(
      'write CT series with the noise that a lower dose would have had; for trials, not for diagnosis',
    )
    .argument('<folder>', 'folder with DICOM files, or one DICOM file')
    .requiredOption('--dose <part>', 'part of the dose of the source: 25% or 0.25')
    .option('--seed <number>', 'the same gives the same noise', '1')
    .option('--electronic <photons>', 'noise of the electronics, photons a reading (default: 5)')
    .option('--series <uid>', 'only this series; without it every CT')
    .option('--out <folder>', 'folder for the results', 'photopeak-results')
    .option('--at <date-time>', 'content time of the results; without it the newest time in the input')
    .option('--threads <count>', 'threads to compute with; the results are the same for any number')
    .option('--json', 'print the summary as JSON on standard output, all else on standard error')
    .addHelpText(
      'after',
      '\nWhat is simulated, and how well, stands in docs/enhancement.md.' +
        '\nExit codes: 0 done, 2 the input cannot be used, 3 results were written but something could not be used, 1 unexpected.',
    )
    .action((folder: string, options: Options) =>
      runCommand(
        async () => {
          const json = options.json === true;
          const say = json ? console.error : console.log;
          if (options.threads !== undefined) setThreads(threadCount(options.threads));
          const parameters = doseSimulationParameters.parse({
            dose: doseOf(options.dose),
            seed: wholeNumber(options.seed, '--seed'),
            series: options.series ?? '',
            ...(options.electronic === undefined ? {} : { electronicPhotons: photonsOf(options.electronic) }),
          });
          const at = options.at === undefined ? {} : { at: dateTime(options.at, '--at') };
          const collected = await collectStudies(folder);
          sayProblems(collected, say);
          return processStudies(DOSE_SIMULATION, collected, {
            parameters,
            out: options.out,
            ...at,
            json,
            say,
          });
        },
        { json: options.json === true },
      ),
    );
}

/** `25%` or `0.25`. Throws `OPTION_INVALID`. */
function doseOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const dose = found === null ? Number.NaN : Number(found[1]) / (found[2] === '%' ? 100 : 1);
  if (!(dose >= 0.01 && dose <= 0.99))
    throw optionError('--dose', 'a part from 1% to 99%, such as 25%', text);
  return dose;
}

function photonsOf(text: string): number {
  const photons = finiteNumber(text, '--electronic');
  if (!(photons >= 0 && photons <= 1000)) throw optionError('--electronic', 'a number from 0 to 1000', text);
  return photons;
}
