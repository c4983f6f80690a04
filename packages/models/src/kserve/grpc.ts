import type { ModelManifest } from '../manifest/schema.ts';
import { checkNetwork, type TensorNames } from '../onnx/check.ts';
import type { Runner } from '../runner.ts';
import { asFacts } from './facts.ts';
import { failed } from './failure.ts';
import { inferAnswer, inferRequest, isTrue, modelFacts, modelRequest, serverFacts } from './messages.ts';
import { type ChannelOptions, openChannel } from './unary-call.ts';

export interface KserveGrpcOptions extends ChannelOptions {
  readonly signal?: AbortSignal;
}

const NOTHING = new Uint8Array();

/**
 * A model on a server of the Open Inference Protocol, version 2, over gRPC; tensors go as raw contents. The server is
 * asked whether the model is ready, what it is and what it takes before a voxel is sent.
 * Throws `MODEL_SERVER_FAILED`, `MODEL_TIMEOUT`, `MODEL_STOPPED`, `MODEL_ONNX_REFUSED` where it does not fit its manifest.
 */
export async function openKserveGrpc(
  manifest: ModelManifest,
  options: KserveGrpcOptions,
): Promise<{ readonly runner: Runner; readonly tensors: TensorNames }> {
  const { runtime } = manifest;
  if (runtime.kind !== 'kserve') throw new Error('not a model on a server');
  const { url, model, modelVersion = '' } = runtime;
  const { signal } = options;
  const channel = openChannel(url, options);
  try {
    const request = modelRequest(model, modelVersion);
    const ready = await channel.call('ModelReady', [request], signal);
    if (!isTrue(ready, url))
      throw failed(`the model ${model} ${modelVersion} is not ready`.replace('  ', ' '), url);
    const server = serverFacts(await channel.call('ServerMetadata', [NOTHING], signal), url);
    const facts = modelFacts(await channel.call('ModelMetadata', [request], signal), url);
    const tensors = checkNetwork(asFacts(facts.inputs, facts.outputs), manifest);
    const types = Object.fromEntries(facts.inputs.map(({ name, datatype }) => [name, datatype]));
    let served = facts.versions.at(-1) ?? modelVersion;
    const runner: Runner = {
      provider: [server.name, server.version, facts.platform].filter(Boolean).join(' '),
      passedOver: [],
      get runtimeVersion() {
        return served;
      },
      peakMemoryMb: null,
      async run(inputs, outputs) {
        const message = inferRequest({ name: model, version: modelVersion }, inputs, types, outputs);
        const answer = inferAnswer(await channel.call('ModelInfer', message, signal), url);
        const missing = outputs.find((name) => answer.tensors[name] === undefined);
        if (missing !== undefined) throw failed(`no output ${missing}`, url);
        served = answer.version || served;
        return answer.tensors;
      },
      close: async () => channel.close(),
      [Symbol.asyncDispose]: async () => channel.close(),
    };
    return { runner, tensors };
  } catch (error) {
    channel.close();
    throw error;
  }
}
