import { learnLandmarks } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly description?: string;
  readonly biasField: boolean;
  readonly json?: boolean;
}

export function addLearnLandmarksCommand(program: Command): void {
  program
    .command('learn-landmarks')
    .description(
      "the intensity landmarks of an MR protocol from a site's own images of it, for harmonisation",
    )
    .argument('<images...>', 'folders with DICOM files, or NIfTI images, of the wanted protocol')
    .option('--description <text>', 'only series whose description holds this text')
    .option('--no-bias-field', 'leave the shading of coils in, as where the method leaves it in')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWhat is printed goes into a rule of the site, or to photopeak enhance --task harmonise --set landmarks=[…].' +
        '\nExit codes: 0 learned, 2 there is nothing to learn from.',
    )
    .action((inputs: string[], options: Options) =>
      runCommand(
        async () => {
          const learned = await learnLandmarks({
            inputs,
            biasField: options.biasField,
            signal: new AbortController().signal,
            ...(options.description === undefined ? {} : { description: options.description }),
          });
          if (options.json === true) console.log(JSON.stringify(learned, null, 2));
          else {
            const { images, percentiles, landmarks, spread } = learned;
            const right = (title: string) => ({ title, align: 'right' as const });
            console.log(
              textTable(
                [
                  { title: 'image' },
                  { title: 'scanner' },
                  ...percentiles.map((percentile) => right(`${percentile} %`)),
                ],
                [
                  ...images.map((one) => [one.description, one.scanner, ...one.landmarks.map(String)]),
                  ['mean', '', ...landmarks.map(String)],
                ],
              ),
            );
            if (spread !== null)
              console.log(
                `the images differ from one shape by up to ${(100 * spread).toFixed(1)} % of the range`,
              );
            console.log(`--set landmarks=${JSON.stringify(landmarks)}`);
          }
          return EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}
