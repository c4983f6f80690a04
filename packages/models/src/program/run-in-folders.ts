import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CONTAINER_PLACES, containerCommand, containerFailure, openToContainer } from './container.ts';
import { type ProgramEnd, type ProgramOptions, runProgram } from './run-program.ts';

/** A program that takes a folder and fills another: of this machine, or of a container image. */
export interface FolderProgram {
  /** Program and arguments; of a container the arguments alone. */
  readonly command: readonly string[];
  readonly container?: { readonly engine: string; readonly image: string; readonly gpu?: string };
  /** Folder of the model package, `{model}`. */
  readonly model?: string;
}

export interface FolderRun<T> extends ProgramOptions {
  readonly program: FolderProgram;
  /** Names of the files that stand for `{input}` and `{output}`. */
  readonly files: { readonly input: string; readonly output: string };
  /** Lays out what the program gets. */
  readonly write: (inputFolder: string) => Promise<void>;
  /** Reads what it gave, before the folders are removed. */
  readonly read: (outputFolder: string) => Promise<T>;
}

const DEFAULT_CONTAINER_MB = 4096;

/**
 * Runs a program between an input folder and an output folder of its own, which are removed afterwards whatever
 * happens. In its arguments `{input}` and `{output}` stand for a file, `{inputFolder}`, `{outputFolder}` and `{model}`
 * for folders. Throws what `runProgram` throws, and what `read` throws.
 */
export async function runInFolders<T>(run: FolderRun<T>): Promise<ProgramEnd & { readonly result: T }> {
  const { program, files, write, read, ...options } = run;
  const work = await mkdtemp(path.join(tmpdir(), 'photopeak-model-'));
  const [input, output] = [path.join(work, 'in'), path.join(work, 'out')];
  try {
    await mkdir(input);
    await mkdir(output);
    await write(input);
    const end =
      program.container === undefined
        ? await runProgram(filled(program.command, { input, output, model: program.model ?? '' }, files), {
            folder: work,
            ...options,
          })
        : await runContainer(program, program.container, { work, input, output }, files, options);
    return { ...end, result: await read(output) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function runContainer(
  { command, model }: FolderProgram,
  { engine, image, gpu }: NonNullable<FolderProgram['container']>,
  folders: { readonly work: string; readonly input: string; readonly output: string },
  files: FolderRun<unknown>['files'],
  { memoryMb = DEFAULT_CONTAINER_MB, environment = [], ...options }: ProgramOptions,
): Promise<ProgramEnd> {
  const name = path.basename(folders.work).toLowerCase();
  await openToContainer(folders.work, folders.output);
  const { input, output, model: modelPlace } = CONTAINER_PLACES;
  const line = containerCommand({
    engine,
    image,
    args: filled(command, CONTAINER_PLACES, files),
    name,
    memoryMb,
    gpu,
    environment,
    mounts: [
      { from: folders.input, to: input, writable: false },
      { from: folders.output, to: output, writable: true },
      ...(model === undefined ? [] : [{ from: model, to: modelPlace, writable: false }]),
    ],
  });
  // Killing the engine's client leaves the container running, or made and not yet started.
  const onKill = async () => {
    for (const command of [['kill'], ['rm', '--force']])
      await runProgram([engine, ...command, name], { timeoutMs: 10_000 }).catch(() => undefined);
  };
  const failureOf = (exitCode: number, said: string) =>
    containerFailure(exitCode, said, { engine, image, memoryMb });
  // podman's monitor leaves a file where it was started when the kernel ends a container.
  return runProgram(line, { folder: folders.work, ...options, environment, onKill, failureOf });
}

function filled(
  command: readonly string[],
  folders: { readonly input: string; readonly output: string; readonly model: string },
  files: FolderRun<unknown>['files'],
): string[] {
  const places: Readonly<Record<string, string>> = {
    '{input}': path.posix.join(folders.input, files.input),
    '{inputFolder}': folders.input,
    '{output}': path.posix.join(folders.output, files.output),
    '{outputFolder}': folders.output,
    '{model}': folders.model,
  };
  return command.map((argument) => argument.replaceAll(/\{[a-zA-Z]+\}/g, (place) => places[place] ?? place));
}
