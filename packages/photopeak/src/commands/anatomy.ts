import { type AnatomyReport, readModelLabels, segmentImage } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { dateTime, EXIT, finiteNumber, oneOf, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface Options {
  readonly out?: string;
  readonly series?: string;
  readonly height?: string;
  readonly at?: string;
  readonly encoding: string;
  readonly model?: readonly string[];
  readonly modelLabels?: string;
  readonly modelEnv?: readonly string[];
  readonly json?: boolean;
}

const ENCODINGS = ['binary', 'labelmap'] as const;

export function addAnatomyCommand(program: Command): void {
  program
    .command('anatomy')
    .description('organs, vertebrae, lungs and their lobes, airways, bone, and muscle and fat at L3 of a CT')
    .argument('<image>', 'folder with DICOM files, or one CT as NIfTI (.nii, .nii.gz) in HU')
    .option(
      '--out <folder>',
      'write anatomy.nii.gz, lobes.nii.gz and, for DICOM, anatomy-seg.dcm and lobes-seg.dcm there',
    )
    .option('--series <uid>', 'the CT series; without it the one that belongs to the PET, or the only one')
    .option('--height <m>', "height for the skeletal muscle index; without it Patient's Size of the series")
    .option('--at <date-time>', 'content time of the SEG; without it the newest time of the input')
    .option('--encoding <kind>', `${ENCODINGS.join(' or ')} SEG`, 'binary')
    .option(
      '--model <words...>',
      'command of a segmentation model; {input}, {inputFolder}, {output}, {outputFolder} are filled in',
    )
    .option('--model-labels <file>', 'JSON: value of the label map of the model to structure')
    .option(
      '--model-env <names...>',
      'variables of the environment that the model gets beyond the usual ones',
    )
    .option('--json', 'print JSON instead of a table')
    .addHelpText(
      'after',
      '\nExample of a model: --model-labels labels.json --model TotalSegmentator -i {input} -o {output} --ml' +
        '\nExit codes: 0 segmented, 2 the input cannot be used. What was not found is listed with the reason.',
    )
    .action((image: string, options: Options) =>
      runCommand(
        async () => {
          const { report, files } = await segmentImage({
            image,
            encoding: oneOf(options.encoding, ENCODINGS, '--encoding'),
            ...(options.series === undefined ? {} : { seriesInstanceUid: options.series }),
            ...(options.height === undefined ? {} : { heightM: finiteNumber(options.height, '--height') }),
            ...(options.at === undefined ? {} : { at: dateTime(options.at, '--at') }),
            ...(options.model === undefined
              ? {}
              : {
                  model: {
                    command: options.model,
                    ...(options.modelEnv === undefined ? {} : { environment: options.modelEnv }),
                    ...(options.modelLabels === undefined
                      ? {}
                      : { labels: await readModelLabels(options.modelLabels) }),
                  },
                }),
          });
          if (options.out !== undefined) await writeFiles(options.out, files);
          console.log(options.json === true ? JSON.stringify(report, null, 2) : describe(report));
          return EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

function describe({ structures, lobes, bodyComposition, comparison }: AnatomyReport): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const lines = [
    textTable(
      [right('no'), { title: 'structure' }, right('ml'), right('confidence'), { title: 'notes' }],
      [...structures, ...lobes].map(({ number, label, volumeMl, confidence, findings }) => [
        number === null ? '-' : String(number),
        label,
        number === null ? '-' : volumeMl.toFixed(0),
        number === null ? '-' : confidence.toFixed(2),
        findings.join('; '),
      ]),
    ),
  ];
  if (bodyComposition !== null) {
    const cm2 = (mm2: number) => `${(mm2 / 100).toFixed(0)} cm²`;
    const { muscleMm2, subcutaneousFatMm2, visceralFatMm2, muscleIndexCm2PerM2: index } = bodyComposition;
    lines.push(
      `at L3: muscle ${cm2(muscleMm2)}${index === null ? '' : ` (index ${index.toFixed(1)} cm²/m²)`}, ` +
        `subcutaneous fat ${cm2(subcutaneousFatMm2)}, visceral fat ${cm2(visceralFatMm2)}`,
    );
  }
  for (const { name, dice, findings } of comparison)
    lines.push(
      `${name}: Dice with the model ${dice === null ? '-' : dice.toFixed(2)} ${findings.join('; ')}`,
    );
  return lines.join('\n');
}
