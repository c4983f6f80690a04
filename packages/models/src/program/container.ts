import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';

export interface ContainerPlan {
  /** `docker`, `podman`, or a path to one of them. */
  readonly engine: string;
  /** By digest. */
  readonly image: string;
  readonly args: readonly string[];
  readonly name: string;
  readonly memoryMb: number;
  readonly gpu?: string | undefined;
  readonly environment: readonly string[];
  /** Folder here, place in the container, and whether it may be written to. */
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly writable: boolean }[];
}

/** Where a program in a container finds things. */
export const CONTAINER_PLACES = { input: '/input', output: '/output', model: '/model' } as const;

/** `nobody` where the node itself is root. */
const NOBODY = 65_534;

const isRoot = () => process.getuid?.() === 0;

const user = () => {
  const uid = process.getuid?.() ?? NOBODY;
  return isRoot() ? `${NOBODY}:${NOBODY}` : `${uid}:${process.getgid?.() ?? uid}`;
};

/**
 * The arguments of the engine: no network, not root, nothing writable but the output and a temporary file system, no
 * capabilities, limited memory and processes, no log of what the program says, and never an image from a registry in
 * the middle of a study.
 */
export function containerCommand(plan: ContainerPlan): string[] {
  const { engine, image, args, name, memoryMb, gpu, environment, mounts } = plan;
  const isPodman = path.basename(engine).startsWith('podman');
  const device = isPodman ? ['--device', `nvidia.com/gpu=${gpu}`] : ['--gpus', `device=${gpu}`];
  return [
    engine,
    'run',
    '--rm',
    ...['--name', name],
    ...['--pull', 'never'],
    ...['--network', 'none'],
    ...['--user', user()],
    // Without root, podman maps our user to root of the container unless it is told to keep it; with root it refuses to.
    ...(isPodman && !isRoot() ? ['--userns', 'keep-id'] : []),
    '--read-only',
    ...['--tmpfs', '/tmp'],
    ...['--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges'],
    ...['--pids-limit', '512'],
    ...['--memory', `${memoryMb}m`, '--memory-swap', `${memoryMb}m`],
    ...['--log-driver', 'none'],
    ...['--workdir', '/tmp'],
    ...['--env', 'HOME=/tmp'],
    ...environment.flatMap((variable) => ['--env', variable]),
    ...(gpu === undefined ? [] : device),
    ...mounts.flatMap(({ from, to, writable }) => [
      '--mount',
      `type=bind,source=${from},target=${to}${writable ? '' : ',readonly'}`,
    ]),
    image,
    ...args,
  ];
}

/** Lets the user of the container read what was laid out, and write its results. */
export async function openToContainer(work: string, output: string): Promise<void> {
  if (!isRoot()) return;
  await chmod(work, 0o755);
  await chmod(output, 0o777);
}

/** Exit codes of docker and podman that are not those of the program (docker run, podman-run(1): exit status). */
const ENGINE_FAILED = 125;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
/** 128 + SIGKILL, which nobody but the kernel sends: what we kill ourselves is told as what it was killed for. */
const KILLED = 137;

/** What an exit code of the engine says of a container that could not be started, or that was killed. */
export function containerFailure(
  exitCode: number,
  said: string,
  { engine, image, memoryMb }: Pick<ContainerPlan, 'engine' | 'image' | 'memoryMb'>,
): PhotopeakError | undefined {
  const found = [`exit code ${exitCode}`, said].filter(Boolean).join('; ');
  switch (exitCode) {
    case ENGINE_FAILED:
      return new PhotopeakError('the container of the model cannot be started', {
        code: 'MODEL_NOT_LOADED',
        expected: `an engine that runs, and the image on this machine: ${image}`,
        found,
        remedy: `as the user of the node: ${path.basename(engine)} pull ${image}`,
      });
    case NOT_EXECUTABLE:
    case NOT_FOUND:
      return new PhotopeakError('the program in the container of the model cannot be started', {
        code: 'MODEL_NOT_LOADED',
        expected: 'runtime.command that the image can run',
        found,
        remedy: 'set right runtime.command in model.yaml; it follows the entry point of the image',
      });
    case KILLED:
      return new PhotopeakError(
        'the container of the model was killed, as the kernel does at its limit of memory',
        {
          code: 'MODEL_MEMORY',
          expected: `at most ${memoryMb} MB`,
          found,
          remedy:
            'raise hardware.memoryMb in model.yaml; where that is ample, look at what else kills processes here',
        },
      );
    default:
      return undefined;
  }
}
