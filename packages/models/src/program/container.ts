import { chmod } from 'node:fs/promises';
import path from 'node:path';

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

const user = () => {
  const uid = process.getuid?.() ?? NOBODY;
  return uid === 0 ? `${NOBODY}:${NOBODY}` : `${uid}:${process.getgid?.() ?? uid}`;
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
    ...(isPodman ? ['--userns', 'keep-id'] : []),
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
  if (process.getuid?.() !== 0) return;
  await chmod(work, 0o755);
  await chmod(output, 0o777);
}
