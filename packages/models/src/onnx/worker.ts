/**
 * Holds one network, in a process of its own: whatever a model does to the runtime happens here. Started by
 * `network.ts`; speaks `protocol.ts` over the channel of its parent.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { LoadRequest, Provider, Reply, Request, RunRequest, Tensor } from './protocol.ts';

interface Halves {
  new (buffer: ArrayBufferLike, offset: number, length: number): ArrayLike<number>;
  from(values: Float32Array): { readonly buffer: ArrayBuffer };
}

// The runtime does not know the engine's half floats (1.30 gives them no room), only their bits: it must not see them.
const engine = globalThis as unknown as { Float16Array?: Halves };
const Half = engine.Float16Array!;
delete engine.Float16Array;
const runtime = await import('onnxruntime-node');

const LONGEST_MESSAGE = 500;
let session: InferenceSession | undefined;
/** Element types of the inputs that are not float32. */
const halves = new Set<string>();

const tell = (reply: Reply) => process.send!(reply);
const words = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);

async function load({ file, providers, optimisation, threads }: LoadRequest): Promise<void> {
  const passedOver: string[] = [];
  for (const provider of providers) {
    try {
      session = await runtime.InferenceSession.create(file, {
        executionProviders: [provider],
        graphOptimizationLevel: optimisation,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
      });
    } catch (error) {
      passedOver.push(`${provider}: ${words(error)}`);
      continue;
    }
    for (const input of session.inputMetadata) {
      if (input.isTensor && input.type === 'float16') halves.add(input.name);
    }
    const runtimeVersion = runtime.env.versions.node ?? runtime.env.versions.common;
    return void tell({ kind: 'loaded', provider: provider as Provider, passedOver, runtimeVersion });
  }
  tell({ kind: 'refused', message: passedOver.at(-1) ?? 'no provider' });
}

const toRuntime = (name: string, { dims, data }: Tensor): OrtTensor =>
  halves.has(name)
    ? new runtime.Tensor('float16', new Uint16Array(Half.from(data).buffer), [...dims])
    : new runtime.Tensor('float32', data, [...dims]);

function fromRuntime(name: string, tensor: OrtTensor | undefined): Tensor {
  if (tensor === undefined) throw new Error(`the network gave no ${name}`);
  const { data, dims, type } = tensor;
  if (type === 'float16') {
    const { buffer, byteOffset, length } = data as Uint16Array;
    return { dims: [...dims], data: Float32Array.from(new Half(buffer, byteOffset, length)) };
  }
  if (data instanceof Float32Array) return { dims: [...dims], data };
  if (typeof data === 'string' || Array.isArray(data)) throw new Error(`${name} is text`);
  return { dims: [...dims], data: Float32Array.from(data as ArrayLike<number | bigint>, Number) };
}

async function run({ id, inputs, outputs }: RunRequest): Promise<void> {
  try {
    if (session === undefined) throw new Error('no network is loaded');
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, toRuntime(name, tensor)]),
    );
    const found = await session.run(feeds, [...outputs]);
    const told = Object.fromEntries(
      outputs.map((name) => [name, fromRuntime(name, found[name] as OrtTensor)]),
    );
    tell({ kind: 'result', id, outputs: told });
  } catch (error) {
    tell({ kind: 'failed', id, message: words(error) });
  }
}

process.on('message', (request: Request) => void (request.kind === 'load' ? load(request) : run(request)));
// Nobody is left to answer.
process.on('disconnect', () => process.exit(0));
