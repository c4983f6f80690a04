/** Writes small ONNX networks, so that tests need no file that nobody can read. Field numbers of onnx.proto. */

import { bytesField, varintOf } from '../onnx/wire.ts';

export const number = (field: number, value: number | bigint) => [...varintOf(field * 8), ...varintOf(value)];
export const bytes = bytesField;
export const text = (field: number, value: string) => bytes(field, [...new TextEncoder().encode(value)]);
const float = (field: number, value: number) => [
  ...varintOf(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export type Dimension = number | string;

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const TYPES = { float: FLOAT, float16: 10, int64: INT64, bool: BOOL } as const;

export function valueInfo(
  name: string,
  shape: readonly Dimension[],
  type: keyof typeof TYPES = 'float',
): number[] {
  const dimensions = shape.flatMap((size) =>
    bytes(1, typeof size === 'number' ? number(1, size) : text(2, size)),
  );
  const tensor = [...number(1, TYPES[type]), ...bytes(2, dimensions)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

export function tensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
  type: 'float' | 'int64' | 'bool' = 'float',
): number[] {
  const raw =
    type === 'float'
      ? new Uint8Array(Float32Array.from(values).buffer)
      : type === 'int64'
        ? new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
        : Uint8Array.from(values);
  return [
    ...dims.flatMap((size) => number(1, size)),
    ...number(2, TYPES[type]),
    ...text(8, name),
    ...bytes(9, [...raw]),
  ];
}

/** A tensor whose values lie in a file beside the network. */
export function externalTensor(name: string, dims: readonly number[], location: string): number[] {
  const entry = bytes(13, [...text(1, 'location'), ...text(2, location)]);
  return [
    ...dims.flatMap((size) => number(1, size)),
    ...number(2, FLOAT),
    ...text(8, name),
    ...entry,
    ...number(14, 1),
  ];
}

export type Attribute =
  | { readonly ints: readonly number[] }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly graph: readonly number[] }
  | { readonly tensor: readonly number[] };

function attribute(name: string, value: Attribute): number[] {
  const head = text(1, name);
  if ('ints' in value) return [...head, ...value.ints.flatMap((n) => number(8, n)), ...number(20, 7)];
  if ('int' in value) return [...head, ...number(3, value.int), ...number(20, 2)];
  if ('float' in value) return [...head, ...float(2, value.float), ...number(20, 1)];
  if ('text' in value) return [...head, ...text(4, value.text), ...number(20, 3)];
  if ('tensor' in value) return [...head, ...bytes(5, value.tensor), ...number(20, 4)];
  return [...head, ...bytes(6, value.graph), ...number(20, 5)];
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain === '' ? [] : text(7, domain)),
  ];
}

export interface GraphParts {
  readonly nodes: readonly (readonly number[])[];
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly initializers?: readonly (readonly number[])[];
}

export function graph({ nodes, inputs, outputs, initializers = [] }: GraphParts): number[] {
  return [
    ...nodes.flatMap((one) => bytes(1, one)),
    ...text(2, 'test'),
    ...initializers.flatMap((one) => bytes(5, one)),
    ...inputs.flatMap((one) => bytes(11, one)),
    ...outputs.flatMap((one) => bytes(12, one)),
  ];
}

export function onnx(parts: GraphParts, domains: readonly string[] = ['']): Uint8Array {
  return Uint8Array.from([
    ...number(1, 8),
    ...bytes(7, graph(parts)),
    ...domains.flatMap((domain) => bytes(8, [...text(1, domain), ...number(2, domain === '' ? 17 : 1)])),
  ]);
}

/** Gives back what it gets, times a factor, plus a constant. */
export function affineNetwork(shape: readonly Dimension[], factor = 1, constant = 0): Uint8Array {
  return onnx({
    nodes: [node('Mul', ['x', 'factor'], ['scaled']), node('Add', ['scaled', 'constant'], ['y'])],
    inputs: [valueInfo('x', shape)],
    outputs: [valueInfo('y', shape)],
    initializers: [tensor('factor', [1], [factor]), tensor('constant', [1], [constant])],
  });
}
