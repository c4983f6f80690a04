import { type ChildProcess, spawn } from 'node:child_process';
import { PhotopeakError } from '@photopeak/imaging';
import { environmentFor } from './environment.ts';
import { withoutTexts } from './hide.ts';
import { familyMb } from './memory.ts';

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** Resident memory of the program and all that it starts; absent: not watched (a container has its own limit). */
  readonly memoryMb?: number;
  /** Names of further variables of our environment that it gets. */
  readonly environment?: readonly string[];
  readonly folder?: string;
  /** What it may not say in an error: attributes of the patient. */
  readonly hide?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Ends what would outlive the program itself, e.g. its container. */
  readonly onKill?: () => Promise<void>;
  /** What an exit code means beyond that the program failed, given what it wrote to stderr. */
  readonly failureOf?: (exitCode: number, said: string) => PhotopeakError | undefined;
}

export interface ProgramEnd {
  /** Highest resident memory that was seen, MB; null where it was not watched. */
  readonly peakMemoryMb: number | null;
}

const WATCH_MS = 100;
const MOST_SAID = 2000;
const LAST_WORDS_MS = 500;

/**
 * Runs a program by its argument list, without a shell, in a process group of its own that is killed as a whole when
 * the program takes too long, too much memory, or is not wanted any more. It gets no input and nothing of our
 * environment but what is named; of what it writes only the last lines of stderr are kept, for the error.
 *
 * Throws `MODEL_NOT_LOADED` (it cannot be started), `MODEL_FAILED` (exit code), `MODEL_CRASHED` (signal),
 * `MODEL_TIMEOUT`, `MODEL_MEMORY`, `MODEL_STOPPED`.
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const { signal, memoryMb, timeoutMs, folder } = options;
  if (signal?.aborted === true) throw stopped();
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environmentFor(options.environment),
    detached: true,
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  let reason: PhotopeakError | undefined;
  const kill = (why: PhotopeakError) => {
    reason ??= why;
    killGroup(child);
  };
  const onExit = () => killGroup(child);
  process.once('exit', onExit);
  const onAbort = () => kill(stopped());
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(
    () =>
      kill(
        problem('MODEL_TIMEOUT', 'the model took too long', {
          expected: `at most ${timeoutMs / 1000} s`,
          remedy: 'raise timeoutSeconds in model.yaml, or use a faster device',
        }),
      ),
    timeoutMs,
  );
  const watch = memoryMb === undefined ? undefined : watchMemory(child, memoryMb, kill);
  try {
    const { code, signalName, said } = await endOf(child);
    if (reason !== undefined) throw reason;
    const text = withoutTexts(said, options.hide ?? []).trim();
    if (signalName !== null)
      throw problem('MODEL_CRASHED', 'the program of the model ended by itself', {
        found: [`ended by ${signalName}`, text].filter(Boolean).join('; '),
        remedy: 'the node and the study are unharmed; run the command by hand and mend what it says',
      });
    if (code !== null && code !== 0) {
      const known = options.failureOf?.(code, text);
      if (known !== undefined) throw known;
      throw problem('MODEL_FAILED', 'the program of the model failed', {
        expected: 'exit code 0',
        found: [`exit code ${code}`, text].filter(Boolean).join('; '),
        remedy: 'run the command by hand and mend what it says',
      });
    }
    return { peakMemoryMb: watch?.peakMb() ?? null };
  } finally {
    clearTimeout(timer);
    watch?.stop();
    signal?.removeEventListener('abort', onAbort);
    process.removeListener('exit', onExit);
    // What it started and left running would go on using its folders.
    killGroup(child);
    if (reason !== undefined) await options.onKill?.();
  }
}

const problem = (
  code: string,
  message: string,
  details: { readonly expected?: string; readonly found?: string; readonly remedy: string },
) => new PhotopeakError(message, { code, ...details });

const stopped = () =>
  problem('MODEL_STOPPED', 'the model was stopped', { remedy: 'start it again where that was not meant' });

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function endOf(child: ChildProcess) {
  return new Promise<{ code: number | null; signalName: string | null; said: string }>((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-MOST_SAID);
    });
    child.on('error', (error) =>
      reject(
        problem('MODEL_NOT_LOADED', 'the program of the model cannot be started', {
          found: error.message,
          remedy: 'check the path of the command, and that it may be executed',
        }),
      ),
    );
    child.on('exit', (code, signalName) => {
      const end = () => resolve({ code, signalName, said });
      child.on('close', end);
      // Processes that it left behind may hold stderr open: then what was said until now counts.
      setTimeout(end, LAST_WORDS_MS).unref();
    });
  });
}

function watchMemory(child: ChildProcess, memoryMb: number, kill: (why: PhotopeakError) => void) {
  let peak = 0;
  const timer = setInterval(() => {
    if (child.pid === undefined) return;
    void familyMb(child.pid).then((found) => {
      peak = Math.max(peak, found);
      if (found <= memoryMb) return;
      kill(
        problem('MODEL_MEMORY', 'the model took too much memory', {
          expected: `at most ${memoryMb} MB`,
          found: `${Math.round(found)} MB`,
          remedy: 'raise hardware.memoryMb in model.yaml',
        }),
      );
    });
  }, WATCH_MS);
  timer.unref();
  return { peakMb: () => peak, stop: () => clearInterval(timer) };
}
