import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PhotopeakError } from '@photopeak/imaging';
import { environmentFor } from '../program/environment.ts';
import { residentMb } from '../program/memory.ts';
import type { Runner } from '../runner.ts';
import { type Loaded, PROVIDERS, type Provider, type Reply, type Request } from './protocol.ts';

export interface NetworkLimits {
  /** Resident memory of the process, MB. */
  readonly memoryMb: number;
  /** For loading, and for each call. */
  readonly timeoutMs: number;
}

export interface NetworkOptions extends NetworkLimits {
  readonly optimisation?: 'all' | 'extended' | 'basic' | 'disabled';
  /** Tried in this order; default cuda, webgpu, cpu. */
  readonly providers?: readonly Provider[];
  /** Threads of one operator. */
  readonly threads?: number;
  /** Device of CUDA_VISIBLE_DEVICES; without it no GPU is seen. */
  readonly gpu?: string;
  readonly signal?: AbortSignal;
}

/**
 * A network that is loaded in a process of its own. Its `run` throws `MODEL_FAILED`, `MODEL_CRASHED`, `MODEL_TIMEOUT`,
 * `MODEL_MEMORY`.
 */
export interface Network extends Runner {
  readonly provider: Provider;
  readonly peakMemoryMb: number;
  readonly pid: number;
}

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));
const WATCH_MS = 50;

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/**
 * Starts a process that loads a network. A crash, too much memory or time ends that process and no other.
 * Throws `MODEL_NOT_LOADED` and what `run` throws.
 */
export async function openNetwork(file: string, options: NetworkOptions): Promise<Network> {
  const child = fork(worker, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...environmentFor(), CUDA_VISIBLE_DEVICES: options.gpu ?? '' },
  });
  const link = new Link(child, options);
  const providers =
    options.providers ?? PROVIDERS.filter((name) => name === 'cpu' || options.gpu !== undefined);
  try {
    const reply = await link.ask({
      kind: 'load',
      file,
      providers,
      optimisation: options.optimisation ?? 'all',
      threads: options.threads ?? 0,
    });
    if (reply.kind !== 'loaded') {
      throw new PhotopeakError('the runtime does not take the network', {
        code: 'MODEL_NOT_LOADED',
        found: reply.kind === 'refused' ? reply.message : reply.kind,
        remedy: 'export it for the operator sets that the runtime knows (docs/models.md)',
      });
    }
    return networkOf(link, reply);
  } catch (error) {
    await link.close();
    throw error;
  }
}

function networkOf(link: Link, { provider, passedOver, runtimeVersion }: Loaded): Network {
  let last = 0;
  return {
    provider,
    passedOver,
    runtimeVersion,
    pid: link.pid,
    get peakMemoryMb() {
      return link.peakMemoryMb;
    },
    async run(inputs, outputs) {
      const reply = await link.ask({ kind: 'run', id: ++last, inputs, outputs });
      if (reply.kind === 'result') return reply.outputs;
      throw new PhotopeakError('the network could not be run on this input', {
        code: 'MODEL_FAILED',
        found: reply.kind === 'failed' ? reply.message : reply.kind,
        remedy: 'compare shapes and types with model.yaml; try the model with photopeak model test',
      });
    },
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
  };
}

/** One request at a time to the process of a network, within its limits. */
class Link {
  readonly #child: ChildProcess;
  readonly #limits: NetworkLimits;
  readonly #ended: Promise<void>;
  readonly #watch: NodeJS.Timeout;
  #waiting: Waiting | undefined;
  #end: PhotopeakError | undefined;
  peakMemoryMb = 0;

  constructor(child: ChildProcess, { signal, ...limits }: NetworkOptions) {
    this.#child = child;
    this.#limits = limits;
    child.on('message', (reply: Reply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(reply);
    });
    this.#ended = new Promise((resolve) => {
      child.on('exit', (code, signalName) => {
        const how = signalName === null ? `exit code ${code}` : `signal ${signalName}`;
        this.#stop(
          new PhotopeakError('the process of the model ended by itself', {
            code: 'MODEL_CRASHED',
            found: how,
            remedy: 'the node and the study are unharmed; try the model with photopeak model test',
          }),
        );
        resolve();
      });
    });
    child.on('error', (cause) =>
      this.#stop(
        new PhotopeakError('the process of the model could not be started', { code: 'MODEL_CRASHED', cause }),
      ),
    );
    this.#watch = setInterval(() => void this.#measure(), WATCH_MS);
    this.#watch.unref();
    signal?.addEventListener('abort', () =>
      this.#stop(new PhotopeakError('the model was stopped', { code: 'MODEL_STOPPED' })),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(request: Request): Promise<Reply> {
    if (this.#end !== undefined) throw this.#end;
    if (this.#waiting !== undefined) throw new Error('one request at a time');
    const { timeoutMs } = this.#limits;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        timer = setTimeout(() => {
          this.#stop(
            new PhotopeakError('the model took too long', {
              code: 'MODEL_TIMEOUT',
              expected: `at most ${timeoutMs / 1000} s`,
              remedy: 'raise timeoutSeconds in model.yaml, or use a faster device',
            }),
          );
        }, timeoutMs);
        this.#child.send(request, (error) => {
          if (error !== null) this.#stop(new PhotopeakError(error.message, { code: 'MODEL_CRASHED' }));
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#stop(new PhotopeakError('the model is closed', { code: 'MODEL_STOPPED' }));
    await this.#ended;
  }

  #stop(reason: PhotopeakError): void {
    this.#end ??= reason;
    clearInterval(this.#watch);
    this.#child.kill('SIGKILL');
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#end);
  }

  /** Resident memory by the kernel's account; where there is no /proc nothing is limited. */
  async #measure(): Promise<void> {
    const resident = await residentMb(this.#child.pid ?? 0);
    this.peakMemoryMb = Math.max(this.peakMemoryMb, resident);
    const { memoryMb } = this.#limits;
    if (resident <= memoryMb) return;
    this.#stop(
      new PhotopeakError('the model took too much memory', {
        code: 'MODEL_MEMORY',
        expected: `at most ${memoryMb} MB`,
        found: `${Math.round(resident)} MB`,
        remedy: 'raise hardware.memoryMb in model.yaml, or give it smaller patches',
      }),
    );
  }
}
