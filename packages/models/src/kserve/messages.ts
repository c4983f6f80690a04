/**
 * The messages of the Open Inference Protocol, version 2, over gRPC (service inference.GRPCInferenceService), as bytes.
 * The field numbers are those of the published protocol (https://github.com/kserve/open-inference-protocol,
 * Apache-2.0); of it only what a client with raw tensors needs is here.
 */
import type { Tensor } from '../onnx/protocol.ts';
import { bytesField, type Field, fields, numbersOf, textOf, varintOf } from '../onnx/wire.ts';
import type { ServedTensor } from './facts.ts';
import { failed } from './failure.ts';
import { fromBytes, toBytes } from './tensor-bytes.ts';

const head = (field: number, length: number) => [...varintOf(field * 8 + 2), ...varintOf(length)];
const text = (field: number, value: string) =>
  value === '' ? [] : bytesField(field, [...new TextEncoder().encode(value)]);

/** ModelReadyRequest and ModelMetadataRequest are alike. */
export const modelRequest = (model: string, version = ''): Uint8Array =>
  Uint8Array.from([...text(1, model), ...text(2, version)]);

/** ModelInferRequest in pieces, so that the tensors are not copied. */
export function inferRequest(
  model: { readonly name: string; readonly version: string },
  inputs: Readonly<Record<string, Tensor>>,
  types: Readonly<Record<string, string>>,
  outputs: readonly string[],
): Uint8Array[] {
  const described = Object.entries(inputs).flatMap(([name, { dims }]) =>
    bytesField(5, [
      ...text(1, name),
      ...text(2, types[name] ?? 'FP32'),
      ...bytesField(3, dims.flatMap(varintOf)),
    ]),
  );
  const wanted = outputs.flatMap((name) => bytesField(6, text(1, name)));
  const front = Uint8Array.from([...text(1, model.name), ...text(2, model.version), ...described, ...wanted]);
  const raw = Object.entries(inputs).flatMap(([name, { data }]) => {
    const bytes = toBytes(data, types[name] ?? 'FP32');
    return [Uint8Array.from(head(7, bytes.byteLength)), bytes];
  });
  return [front, ...raw];
}

/** The fields of an answer, each with its number. Throws `MODEL_SERVER_FAILED` where it is no message. */
function read(bytes: Uint8Array, where: string, range: { start: number; end: number }): Field[] {
  try {
    return [...fields(bytes, range.start, range.end)];
  } catch (error) {
    throw failed(
      `a message that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      where,
    );
  }
}
const whole = (bytes: Uint8Array) => ({ start: 0, end: bytes.byteLength });
const signed = (value: bigint) => Number(BigInt.asIntN(64, value));

/** ServerLive, ServerReady and ModelReady answer with one truth. */
export const isTrue = (bytes: Uint8Array, where: string): boolean =>
  read(bytes, where, whole(bytes)).some(({ number, value }) => number === 1 && value === 1n);

export interface ServerFacts {
  readonly name: string;
  readonly version: string;
}

export function serverFacts(bytes: Uint8Array, where: string): ServerFacts {
  const all = read(bytes, where, whole(bytes));
  const textAt = (field: number) =>
    all.filter(({ number }) => number === field).map((one) => textOf(bytes, one));
  return { name: textAt(1).at(-1) ?? '', version: textAt(2).at(-1) ?? '' };
}

export interface ModelFacts {
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly ServedTensor[];
  readonly outputs: readonly ServedTensor[];
}

export function modelFacts(bytes: Uint8Array, where: string): ModelFacts {
  const facts = {
    versions: [] as string[],
    platform: '',
    inputs: [] as ServedTensor[],
    outputs: [] as ServedTensor[],
  };
  for (const field of read(bytes, where, whole(bytes))) {
    if (field.number === 2) facts.versions.push(textOf(bytes, field));
    if (field.number === 3) facts.platform = textOf(bytes, field);
    if (field.number === 4) facts.inputs.push(tensorOf(bytes, field, where).facts);
    if (field.number === 5) facts.outputs.push(tensorOf(bytes, field, where).facts);
  }
  return facts;
}

/** TensorMetadata, or InferOutputTensor with contents of its own. */
function tensorOf(bytes: Uint8Array, range: Field, where: string) {
  let [name, datatype] = ['', ''];
  const shape: number[] = [];
  let contents: Field | undefined;
  for (const field of read(bytes, where, range)) {
    if (field.number === 1) name = textOf(bytes, field);
    if (field.number === 2) datatype = textOf(bytes, field);
    if (field.number === 3) shape.push(...numbersOf(bytes, field).map(signed));
    if (field.number === 5) contents = field;
  }
  return { facts: { name, datatype, shape }, contents };
}

export interface InferAnswer {
  readonly version: string;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** ModelInferResponse: raw contents in the order of the outputs, or contents by their type. */
export function inferAnswer(bytes: Uint8Array, where: string): InferAnswer {
  const all = read(bytes, where, whole(bytes));
  const version = all.find(({ number }) => number === 2);
  const raw = all.filter(({ number }) => number === 6);
  const outputs = all.filter(({ number }) => number === 5).map((field) => tensorOf(bytes, field, where));
  if (raw.length > 0 && raw.length !== outputs.length)
    throw failed(`${raw.length} raw contents for ${outputs.length} outputs`, where);
  const tensors: Record<string, Tensor> = {};
  for (const [index, { facts, contents }] of outputs.entries()) {
    const field = raw[index];
    const data =
      field === undefined
        ? typedContents(bytes, contents, facts, where)
        : fromBytes(bytes.subarray(field.start, field.end), facts, where);
    tensors[facts.name] = { dims: facts.shape, data };
  }
  return { version: version === undefined ? '' : textOf(bytes, version), tensors };
}

/** InferTensorContents: 1 to 5 are whole numbers, 6 float, 7 double; packed. */
function typedContents(
  bytes: Uint8Array,
  contents: Field | undefined,
  facts: ServedTensor,
  where: string,
): Float32Array {
  const values: number[] = [];
  for (const field of contents === undefined ? [] : read(bytes, where, contents)) {
    const part = bytes.slice(field.start, field.end);
    if (field.number <= 5) for (const value of numbersOf(bytes, field)) values.push(signed(value));
    else if (field.number === 6 && part.length % 4 === 0)
      for (const value of new Float32Array(part.buffer)) values.push(value);
    else if (field.number === 7 && part.length % 8 === 0)
      for (const value of new Float64Array(part.buffer)) values.push(value);
  }
  const count = facts.shape.reduce((product, size) => product * size, 1);
  if (values.length !== count)
    throw failed(`${values.length} values of ${facts.name} instead of ${count}`, where);
  return Float32Array.from(values);
}
