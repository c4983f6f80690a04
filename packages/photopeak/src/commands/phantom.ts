import path from 'node:path';
import {
  fissureKinds,
  lesionCourse,
  type PetctPhantomOptions,
  phantomTracers,
  writePetctStudy,
} from '@photopeak/phantom';
import type { Command } from 'commander';
import { EXIT, finiteNumber, oneOf, optionError, wholeNumber } from '../terminal/index.ts';
import { addEmissionPhantoms } from './phantom-emission.ts';
import { addHeartPhantom } from './phantom-heart.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly out: string;
  readonly seed: string;
  readonly size: string;
  readonly style: string;
  readonly tracer: string;
  readonly mismatch: string;
  readonly lesions?: string;
  readonly fissures?: string;
  readonly visits: string;
  readonly masks?: boolean;
  readonly decayCorrection: string;
}

const SIZES = ['small', 'full'] as const;
const STYLES = ['ge', 'siemens', 'philips'] as const;
const CORRECTIONS = ['START', 'ADMIN'] as const;

export function addPhantomCommand(program: Command): void {
  const phantom = program.command('phantom').description('make digital reference studies with known truth');
  addHeartPhantom(phantom);
  addEmissionPhantoms(phantom);
  phantom
    .command('petct')
    .description('a whole-body PET/CT study as DICOM, with its truth as JSON')
    .requiredOption('--out <folder>', 'folder to write into (dicom/ and truth/)')
    .option('--seed <number>', 'everything that is not given is drawn from it', '1')
    .option(
      '--size <size>',
      `${SIZES.join(' or ')}: small takes seconds, full is 512×512×310 and 200×200×233`,
      'small',
    )
    .option('--style <style>', `whose scanner is imitated: ${STYLES.join(', ')}`, 'ge')
    .option('--tracer <name>', `what was injected: ${phantomTracers.join(', ')}`, 'fdg')
    .option('--mismatch <mm>', 'how much lower the diaphragm lies in the CT than in the PET', '0')
    .option('--lesions <count>', 'number of lesions; without it three to seven')
    .option(
      '--fissures <kind>',
      `lungs with lobes, whose fissures the CT of size full shows: ${fissureKinds.join(', ')}`,
    )
    .option(
      '--visits <count>',
      'examinations of one person months apart, with lesions that respond, grow, go and come: visit-1/, visit-2/, …',
      '1',
    )
    .option('--decay-correction <kind>', `${CORRECTIONS.join(' or ')}`, 'START')
    .option('--masks', 'write tissues and lesions as NIfTI beside the truth')
    .action((options: Options) =>
      runCommand(async () => {
        const parameters: PetctPhantomOptions = {
          seed: wholeNumber(options.seed, '--seed'),
          size: oneOf(options.size, SIZES, '--size'),
          style: oneOf(options.style, STYLES, '--style'),
          tracer: oneOf(options.tracer, phantomTracers, '--tracer'),
          respiratoryMismatchMm: finiteNumber(options.mismatch, '--mismatch'),
          ...(options.lesions === undefined ? {} : { lesions: wholeNumber(options.lesions, '--lesions') }),
          ...(options.fissures === undefined
            ? {}
            : { fissures: oneOf(options.fissures, fissureKinds, '--fissures') }),
        };
        const visits = wholeNumber(options.visits, '--visits');
        if (visits < 1 || visits > 20) throw optionError('--visits', 'a number from 1 to 20', options.visits);
        for (let visit = 0; visit < visits; visit++) {
          const { seed, lesions } = parameters;
          const count = typeof lesions === 'number' ? { lesions } : {};
          const phantom =
            visits === 1
              ? parameters
              : { ...parameters, visit, lesions: lesionCourse({ seed, visits, ...count }) };
          const written = await writePetctStudy({
            phantom,
            folder: visits === 1 ? options.out : path.join(options.out, `visit-${visit + 1}`),
            decayCorrection: oneOf(options.decayCorrection, CORRECTIONS, '--decay-correction'),
            ...(options.masks === true ? { masks: true } : {}),
          });
          for (const series of written.series) {
            console.log(
              `${series.role.padEnd(10)} ${String(series.instances).padStart(5)} images  ${series.folder}`,
            );
          }
          console.log(`truth: ${written.truthFile}`);
        }
        return EXIT.ok;
      }),
    );
}
