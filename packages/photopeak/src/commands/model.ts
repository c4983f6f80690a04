import type { OpenModelOptions } from '@photopeak/models';
import { type ModelTrial, tryModel } from '@photopeak/pipelines';
import { runtimeOptions } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT, wholeNumber } from '../terminal/index.ts';
import { addModelRegistryCommands } from './model-registry.ts';
import { configurationOf, DEFAULT_DATA_FOLDER } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

interface TestOptions {
  readonly series?: string;
  readonly out?: string;
  readonly threads?: string;
  readonly gpu?: string;
  readonly passEnv?: readonly string[];
  readonly engine?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export function addModelCommands(program: Command): void {
  const model = program.command('model').description('models that a site brings: folders with a model.yaml');
  model
    .command('test')
    .description('read a model package, hold the network against its model.yaml and run it once')
    .argument('<folder>', 'model package: model.yaml, the network, the card (docs/models.md)')
    .argument('[image]', 'folder with DICOM files or a NIfTI file; without it a small image of noise')
    .option('--series <uid>', 'the series of the folder')
    .option('--out <folder>', 'write what the model gives there, as NIfTI')
    .option('--threads <n>', 'threads of the network')
    .option('--gpu <device>', 'device as CUDA_VISIBLE_DEVICES names it; without it the processor')
    .option('--pass-env <names...>', 'variables of the environment that a program gets beyond the usual ones')
    .option('--engine <program>', 'of containers: docker (the default), podman, or a path to one')
    .option('--config <file>', 'configuration of the node: what inference servers need (models.servers)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 it runs, 2 the package or the image cannot be used (the reason is told).',
    )
    .action((folder: string, image: string | undefined, options: TestOptions) =>
      runCommand(
        async () => {
          const { trial, files } = await tryModel({
            folder,
            ...(image === undefined ? {} : { image }),
            ...(options.series === undefined ? {} : { seriesInstanceUid: options.series }),
            runtime: await runtimeOf(options),
          });
          if (options.out !== undefined) await writeFiles(options.out, files);
          console.log(options.json === true ? JSON.stringify(trial, null, 2) : describe(trial));
          return EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
  addModelRegistryCommands(model);
}

async function runtimeOf({ config, threads, gpu, passEnv, engine }: TestOptions): Promise<OpenModelOptions> {
  return {
    ...(config === undefined
      ? {}
      : runtimeOptions((await configurationOf({ config, data: DEFAULT_DATA_FOLDER })).models)),
    ...(threads === undefined ? {} : { threads: wholeNumber(threads, '--threads') }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(passEnv === undefined ? {} : { environment: passEnv }),
    ...(engine === undefined ? {} : { containerEngine: engine }),
  };
}

const sizeText = (size: readonly (number | string | null)[]) => size.map((one) => one ?? '?').join(' × ');

function outputText(output: ModelTrial['outputs'][number]): string {
  switch (output.kind) {
    case 'image': {
      const bad = output.notFinite === 0 ? '' : `, ${output.notFinite} voxels are no number`;
      const [least, mean, most] = [output.least, output.mean, output.most].map((value) =>
        value.toPrecision(4),
      );
      return `image ${sizeText(output.size)}, ${least} to ${most}, mean ${mean}${bad}`;
    }
    case 'labels': {
      const labels = Object.entries(output.voxels).map(([label, voxels]) => {
        const confidence = output.confidence[label];
        return `${label}: ${voxels} voxels${confidence === undefined ? '' : `, confidence ${confidence.toFixed(2)}`}`;
      });
      return `labels ${sizeText(output.size)}; ${labels.join('; ') || 'none'}`;
    }
    case 'scalar':
      return `values ${output.values.map((value) => value.toPrecision(4)).join(', ')}`;
  }
}

function describe({ model, network, runtime, image, outputs, ...rest }: ModelTrial): string {
  return [
    `${model.id} ${model.version} (${model.task}): ${model.title}`,
    `digest: ${model.digest}`,
    ...(network?.inputs ?? []).map(({ name, shape }) => `input ${name}: ${sizeText(shape)}`),
    ...(network?.outputs ?? []).map(({ name, shape }) => `output ${name}: ${sizeText(shape)}`),
    `provider: ${runtime.provider}, runtime ${runtime.version}${runtime.passedOver.map((why) => `; not ${why}`).join('')}`,
    `image: ${sizeText(image.size)}${image.isNoise ? ', noise' : ''}`,
    ...outputs.map((output) => `gave: ${outputText(output)}`),
    `load ${rest.loadSeconds.toFixed(1)} s, run ${rest.runSeconds.toFixed(1)} s${rest.peakMemoryMb === null ? '' : `, peak ${rest.peakMemoryMb.toFixed(0)} MB`}`,
  ].join('\n');
}
