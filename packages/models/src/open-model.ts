import { PhotopeakError } from '@photopeak/imaging';
import { accessTo, type ServerAccess } from './kserve/access.ts';
import { openKserveGrpc } from './kserve/grpc.ts';
import { openKserveHttp } from './kserve/http.ts';
import type { TensorNames } from './onnx/check.ts';
import { openNetwork } from './onnx/network.ts';
import type { ModelPackage } from './package/open.ts';
import { type FolderExchange, niftiExchange } from './program/exchange.ts';
import { runInFolders } from './program/run-in-folders.ts';
import type { Runner } from './runner.ts';
import { type InferOptions, inferVolume } from './volumes/infer.ts';
import type { ModelImages } from './volumes/prepare.ts';
import type { ModelResult } from './volumes/sinks.ts';

export interface OpenModelOptions {
  readonly threads?: number | undefined;
  /** Device of CUDA_VISIBLE_DEVICES; without it no GPU is seen. */
  readonly gpu?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Names of variables of our environment that programs get beyond the usual ones. */
  readonly environment?: readonly string[] | undefined;
  /** `docker`, `podman`, or a path to one of them; default docker. */
  readonly containerEngine?: string | undefined;
  /** Whether a package may name a program of this machine; default false: the site says so. */
  readonly allowPrograms?: boolean | undefined;
  /** What the site has for its inference servers: authorities, a certificate of ours, a word that lets us in. */
  readonly servers?: readonly ServerAccess[] | undefined;
}

export interface ModelInferOptions extends InferOptions {
  /** For programs that take DICOM: the series as files, and how to read what comes back. */
  readonly dicom?: FolderExchange;
}

/** A model that is ready for volumes, wherever it runs. */
export interface OpenModel extends AsyncDisposable {
  /** What computes: `cpu`, `cuda`, the server, the container image or the program. */
  readonly provider: string;
  /** Why others were not used. */
  readonly passedOver: readonly string[];
  readonly runtimeVersion: string;
  /** Highest resident memory that was seen, MB; null where it is not ours to see. */
  readonly peakMemoryMb: number | null;
  /** Results in the order of `output` in the manifest. */
  infer(images: ModelImages, options?: ModelInferOptions): Promise<readonly ModelResult[]>;
  close(): Promise<void>;
}

/**
 * Makes a model package ready: its network in a process of its own, a model on a server, or a program between folders.
 * Throws what `openNetwork`, `openKserveHttp` and `runInFolders` throw, and `MODEL_PROGRAM_REFUSED`.
 */
export async function openModel(opened: ModelPackage, options: OpenModelOptions = {}): Promise<OpenModel> {
  const { manifest, network } = opened;
  const { runtime, hardware, timeoutSeconds } = manifest;
  const timeoutMs = timeoutSeconds * 1000;
  const { signal, threads, gpu } = options;
  if (runtime.kind === 'command' || runtime.kind === 'container') return programOf(opened, options);
  if (runtime.kind === 'kserve') {
    const access = accessTo(runtime.url, options.servers);
    const call = { timeoutMs, ...access, ...(signal === undefined ? {} : { signal }) };
    const { runner, tensors } = /^grpcs?:/.test(runtime.url)
      ? await openKserveGrpc(manifest, call)
      : await openKserveHttp(manifest, call);
    return networked(opened, runner, tensors);
  }
  const runner = await openNetwork(network!.file, {
    memoryMb: hardware.memoryMb,
    timeoutMs,
    optimisation: runtime.optimisation,
    ...(threads === undefined ? {} : { threads }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(signal === undefined ? {} : { signal }),
  });
  return networked(opened, runner, network!.tensors);
}

function networked({ manifest }: ModelPackage, runner: Runner, tensors: TensorNames): OpenModel {
  return {
    provider: runner.provider,
    passedOver: runner.passedOver,
    get runtimeVersion() {
      return runner.runtimeVersion;
    },
    get peakMemoryMb() {
      return runner.peakMemoryMb;
    },
    infer: (images, inferOptions) => inferVolume(runner, tensors, manifest, images, inferOptions),
    close: () => runner.close(),
    [Symbol.asyncDispose]: () => runner.close(),
  };
}

function programOf(
  { manifest, folder }: ModelPackage,
  {
    gpu,
    environment = [],
    containerEngine = 'docker',
    allowPrograms = false,
    signal: opening,
  }: OpenModelOptions,
): OpenModel {
  const { runtime, hardware, timeoutSeconds } = manifest;
  if (runtime.kind !== 'command' && runtime.kind !== 'container') throw new Error('not a program');
  if (runtime.kind === 'command' && !allowPrograms) {
    throw new PhotopeakError('programs of model packages are not run here', {
      code: 'MODEL_PROGRAM_REFUSED',
      expected: 'models.allowPrograms: true in the configuration, or another runtime',
      found: `${manifest.id} ${manifest.version} with runtime.kind command`,
      remedy: 'a program has all rights of the node; prefer runtime.kind container, or allow programs',
    });
  }
  let peak: number | null = null;
  return {
    provider: runtime.kind === 'container' ? `container ${runtime.image}` : `program ${runtime.command[0]}`,
    passedOver: [],
    runtimeVersion: '',
    get peakMemoryMb() {
      return peak;
    },
    async infer(images, { signal = opening, dicom, onProgress } = {}) {
      const exchange = runtime.format === 'nifti' ? niftiExchange(manifest, images) : dicom;
      if (exchange === undefined) {
        throw new PhotopeakError('the model takes DICOM files', {
          code: 'MODEL_INPUT_MISSING',
          expected: 'a series of DICOM files',
          found: 'an image without its files',
          remedy: 'give the folder with the DICOM files',
        });
      }
      const { result, peakMemoryMb } = await runInFolders({
        program: {
          command: runtime.command,
          model: folder,
          ...(runtime.kind === 'container'
            ? {
                container: {
                  engine: containerEngine,
                  image: runtime.image,
                  ...(gpu === undefined ? {} : { gpu }),
                },
              }
            : {}),
        },
        files: exchange.files,
        write: (input) => exchange.write(input),
        read: (output) => exchange.read(output),
        timeoutMs: timeoutSeconds * 1000,
        memoryMb: hardware.memoryMb,
        environment,
        hide: exchange.hide ?? [],
        signal,
      });
      peak = peakMemoryMb === null ? peak : Math.max(peak ?? 0, peakMemoryMb);
      onProgress?.(1);
      return result;
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
