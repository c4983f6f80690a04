import { z } from 'zod';
import type { ModelManifest } from '../manifest/schema.ts';
import { checkNetwork, type TensorNames } from '../onnx/check.ts';
import type { Tensor } from '../onnx/protocol.ts';
import type { Runner } from '../runner.ts';
import { asFacts } from './facts.ts';
import { failed } from './failure.ts';
import { type HttpCallOptions, httpCall } from './http-call.ts';
import { fromBytes, toBytes } from './tensor-bytes.ts';

const tensorFacts = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.union([z.number(), z.string()]).pipe(z.coerce.number())),
});
const serverFacts = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()).default([]),
});
const modelFacts = z.object({
  name: z.string(),
  versions: z.array(z.string()).optional(),
  platform: z.string().default(''),
  inputs: z.array(tensorFacts).default([]),
  outputs: z.array(tensorFacts).default([]),
});
const inferAnswer = z.object({
  model_version: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.number()),
      parameters: z.object({ binary_data_size: z.number().optional() }).optional(),
      data: z.array(z.unknown()).optional(),
    }),
  ),
});

const JSON_LENGTH = 'Inference-Header-Content-Length';

/**
 * A model on a server of the Open Inference Protocol, version 2, over HTTP, as KServe, Triton, OpenVINO Model Server and
 * others speak it (https://github.com/kserve/open-inference-protocol). Voxels go out and come back; no attribute of a
 * patient does. The server is asked what it is and what the model takes before anything is sent.
 * Throws `MODEL_SERVER_FAILED`, `MODEL_TIMEOUT`, `MODEL_STOPPED`, `MODEL_ONNX_REFUSED` where the model does not fit its manifest.
 */
export async function openKserveHttp(
  manifest: ModelManifest,
  options: HttpCallOptions,
): Promise<{ readonly runner: Runner; readonly tensors: TensorNames }> {
  const { runtime } = manifest;
  if (runtime.kind !== 'kserve') throw new Error('not a model on a server');
  const base = runtime.url.replace(/\/+$/, '');
  const version =
    runtime.modelVersion === undefined ? '' : `/versions/${encodeURIComponent(runtime.modelVersion)}`;
  const at = `${base}/v2/models/${encodeURIComponent(runtime.model)}${version}`;
  const server = parsed(serverFacts, await ask(`${base}/v2`, options), base);
  const model = parsed(modelFacts, await ask(at, options), at);
  const tensors = checkNetwork(asFacts(model.inputs, model.outputs), manifest);
  const types = Object.fromEntries(model.inputs.map(({ name, datatype }) => [name, datatype]));
  const isBinary = server.extensions.includes('binary_tensor_data');
  let served = model.versions?.at(-1) ?? runtime.modelVersion ?? '';
  const runner: Runner = {
    provider: `${server.name} ${server.version} ${model.platform}`.trim(),
    passedOver: [],
    get runtimeVersion() {
      return served;
    },
    peakMemoryMb: null,
    async run(inputs, outputs) {
      const { version: answered, tensors: found } = await infer(
        at,
        inputs,
        types,
        outputs,
        isBinary,
        options,
      );
      served = answered ?? served;
      return found;
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { runner, tensors };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw failed(`${issue?.path.map(String).join('.')}: ${issue?.message}`, where);
}

async function ask(url: string, options: HttpCallOptions): Promise<unknown> {
  const { body } = await httpCall(url, options);
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw failed('no JSON', url);
  }
}

interface Answer {
  readonly version: string | undefined;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

async function infer(
  at: string,
  inputs: Readonly<Record<string, Tensor>>,
  types: Readonly<Record<string, string>>,
  outputs: readonly string[],
  isBinary: boolean,
  options: HttpCallOptions,
): Promise<Answer> {
  const url = `${at}/infer`;
  const parts = isBinary
    ? Object.entries(inputs).map(([name, { data }]) => toBytes(data, types[name] ?? 'FP32'))
    : [];
  const request = {
    inputs: Object.entries(inputs).map(([name, { dims, data }], index) => ({
      name,
      shape: dims,
      datatype: types[name] ?? 'FP32',
      ...(isBinary
        ? { parameters: { binary_data_size: parts[index]!.byteLength } }
        : { data: Array.from(data) }),
    })),
    outputs: outputs.map((name) => ({ name, ...(isBinary ? { parameters: { binary_data: true } } : {}) })),
  };
  const head = new TextEncoder().encode(JSON.stringify(request));
  const answer = await httpCall(url, options, {
    parts: [head, ...parts],
    headers: isBinary
      ? { 'Content-Type': 'application/octet-stream', [JSON_LENGTH]: String(head.byteLength) }
      : { 'Content-Type': 'application/json' },
  });
  const length = answer.headers[JSON_LENGTH.toLowerCase()];
  return readAnswer(answer.body, typeof length === 'string' ? length : undefined, outputs, url);
}

function readAnswer(
  body: Uint8Array,
  jsonLength: string | undefined,
  wanted: readonly string[],
  url: string,
): Answer {
  const length = jsonLength === undefined ? body.byteLength : Number(jsonLength);
  if (!Number.isInteger(length) || length < 0 || length > body.byteLength)
    throw failed(`${JSON_LENGTH}: ${jsonLength}`, url);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body.subarray(0, length)));
  } catch {
    throw failed('no JSON', url);
  }
  const { outputs, model_version: version } = parsed(inferAnswer, json, url);
  const tensors: Record<string, Tensor> = {};
  let at = length;
  for (const { name, datatype, shape, parameters, data } of outputs) {
    const count = shape.reduce((product, size) => product * size, 1);
    const size = parameters?.binary_data_size;
    if (size !== undefined) {
      if (at + size > body.byteLength) throw failed(`fewer bytes than ${name} has`, url);
      tensors[name] = {
        dims: shape,
        data: fromBytes(body.subarray(at, at + size), { name, datatype, shape }, url),
      };
      at += size;
    } else {
      const values = Float32Array.from((data ?? []).flat(Number.POSITIVE_INFINITY) as number[], Number);
      if (values.length !== count)
        throw failed(`${values.length} values of ${name} instead of ${count}`, url);
      tensors[name] = { dims: shape, data: values };
    }
  }
  const missing = wanted.find((name) => tensors[name] === undefined);
  if (missing !== undefined) throw failed(`no output ${missing}`, url);
  return { version, tensors };
}
