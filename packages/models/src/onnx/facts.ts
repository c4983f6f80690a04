import { type Field, fields, malformed, numbersOf, textOf } from './wire.ts';

/** An input or output of a graph. */
export interface TensorFacts {
  readonly name: string;
  /** Element type of onnx.proto, e.g. 1 float32, 10 float16. */
  readonly elementType: number;
  /** A number where the size is fixed, a name or null where it is not. */
  readonly shape: readonly (number | string | null)[];
}

/** What an ONNX file says of itself, read without running it. */
export interface OnnxFacts {
  readonly irVersion: number;
  /** Version of each operator set by its domain; '' is that of ONNX. */
  readonly operatorSets: Readonly<Record<string, number>>;
  /** Without those that initializers fill. */
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
  /** `domain::Operator`, or the operator alone, sorted, each once. */
  readonly operators: readonly string[];
  readonly nodes: number;
  /** Files with weights beside the network, as the file names them. */
  readonly externalFiles: readonly string[];
}

/** Graphs in graphs (If, Loop, Scan). */
const DEEPEST = 16;
const MOST_NODES = 200_000;
const MOST_DIMENSIONS = 16;

/** Element types that a network of this product can have at its ends. */
export const FLOAT32 = 1;
export const FLOAT16 = 10;

interface Found {
  readonly operators: Set<string>;
  readonly externalFiles: Set<string>;
  nodes: number;
}

/**
 * Reads inputs, outputs, operators and the names of weight files out of an ONNX file. Nothing is allocated by what the
 * file claims. Throws `MODEL_ONNX_MALFORMED`.
 */
export function onnxFacts(bytes: Uint8Array): OnnxFacts {
  const found: Found = { operators: new Set(), externalFiles: new Set(), nodes: 0 };
  const operatorSets: Record<string, number> = {};
  let irVersion = 0;
  let graph: Field | undefined;
  for (const field of fields(bytes, 0, bytes.length)) {
    if (field.number === 1 && field.type === 0) irVersion = Number(field.value);
    else if (field.number === 7 && field.type === 2) graph = field;
    else if (field.number === 8 && field.type === 2) {
      const { domain, version } = operatorSet(bytes, field);
      operatorSets[domain] = version;
    } else if (field.number === 25 && field.type === 2) readFunction(bytes, field, found);
  }
  if (graph === undefined) throw malformed('no graph');
  const { inputs, outputs } = readGraph(bytes, graph, found, 0);
  if (outputs.length === 0) throw malformed('a graph without outputs');
  return {
    irVersion,
    operatorSets,
    inputs,
    outputs,
    operators: [...found.operators].sort(),
    nodes: found.nodes,
    externalFiles: [...found.externalFiles].sort(),
  };
}

function operatorSet(bytes: Uint8Array, field: Field): { domain: string; version: number } {
  let domain = '';
  let version = 0;
  for (const inner of fields(bytes, field.start, field.end)) {
    if (inner.number === 1) domain = textOf(bytes, inner);
    else if (inner.number === 2) version = Number(inner.value);
  }
  return { domain, version };
}

/** FunctionProto: its nodes are field 7. */
function readFunction(bytes: Uint8Array, field: Field, found: Found): void {
  for (const inner of fields(bytes, field.start, field.end)) {
    if (inner.number === 7 && inner.type === 2) readNode(bytes, inner, found, 0);
  }
}

function readGraph(bytes: Uint8Array, graph: Field, found: Found, depth: number) {
  if (depth > DEEPEST) throw malformed(`graphs nested more than ${DEEPEST} deep`);
  const inputs: TensorFacts[] = [];
  const outputs: TensorFacts[] = [];
  const filled = new Set<string>();
  for (const field of fields(bytes, graph.start, graph.end)) {
    if (field.type !== 2) continue;
    if (field.number === 1) readNode(bytes, field, found, depth);
    else if (field.number === 5) filled.add(readTensor(bytes, field, found));
    else if (field.number === 11) inputs.push(valueInfo(bytes, field));
    else if (field.number === 12) outputs.push(valueInfo(bytes, field));
  }
  return { inputs: inputs.filter(({ name }) => !filled.has(name)), outputs };
}

function readNode(bytes: Uint8Array, node: Field, found: Found, depth: number): void {
  if (++found.nodes > MOST_NODES) throw malformed(`more than ${MOST_NODES} nodes`);
  let operator = '';
  let domain = '';
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 4) operator = textOf(bytes, field);
    else if (field.number === 7) domain = textOf(bytes, field);
    else if (field.number === 5 && field.type === 2) readAttribute(bytes, field, found, depth);
  }
  if (operator === '') throw malformed('a node without an operator');
  found.operators.add(domain === '' || domain === 'ai.onnx' ? operator : `${domain}::${operator}`);
}

/** AttributeProto: tensors are fields 5 and 10, graphs 6 and 11. */
function readAttribute(bytes: Uint8Array, attribute: Field, found: Found, depth: number): void {
  for (const field of fields(bytes, attribute.start, attribute.end)) {
    if (field.type !== 2) continue;
    if (field.number === 5 || field.number === 10) readTensor(bytes, field, found);
    else if (field.number === 6 || field.number === 11) readGraph(bytes, field, found, depth + 1);
  }
}

/** TensorProto: name 8, external data 13 (pairs of key and value), data location 14. Answers its name. */
function readTensor(bytes: Uint8Array, tensor: Field, found: Found): string {
  let name = '';
  for (const field of fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 8 && field.type === 2) name = textOf(bytes, field);
    else if (field.number === 13 && field.type === 2) {
      let key = '';
      let value = '';
      for (const inner of fields(bytes, field.start, field.end)) {
        if (inner.number === 1) key = textOf(bytes, inner);
        else if (inner.number === 2) value = textOf(bytes, inner);
      }
      if (key === 'location') found.externalFiles.add(value);
    }
  }
  return name;
}

/** ValueInfoProto: name 1, type 2 → tensor type 1 → element type 1, shape 2 → dimensions 1 → value 1 or name 2. */
function valueInfo(bytes: Uint8Array, field: Field): TensorFacts {
  let name = '';
  let elementType = 0;
  const shape: (number | string | null)[] = [];
  for (const info of fields(bytes, field.start, field.end)) {
    if (info.number === 1) name = textOf(bytes, info);
    if (info.number !== 2) continue;
    for (const type of fields(bytes, info.start, info.end)) {
      if (type.number !== 1 || type.type !== 2) continue;
      for (const part of fields(bytes, type.start, type.end)) {
        if (part.number === 1) elementType = Number(part.value);
        else if (part.number === 2) {
          for (const dimension of fields(bytes, part.start, part.end)) {
            if (dimension.number === 1) shape.push(sizeOf(bytes, dimension));
          }
        }
      }
    }
  }
  if (name === '') throw malformed('an input or output without a name');
  if (shape.length > MOST_DIMENSIONS) throw malformed(`${shape.length} dimensions`, name);
  return { name, elementType, shape };
}

function sizeOf(bytes: Uint8Array, dimension: Field): number | string | null {
  let size: number | string | null = null;
  for (const field of fields(bytes, dimension.start, dimension.end)) {
    if (field.number === 1) size = Number(numbersOf(bytes, field)[0] ?? 0n);
    else if (field.number === 2) size = textOf(bytes, field);
  }
  // −1 and 0 are written by some for "any".
  return typeof size === 'number' && (size <= 0 || size > 2 ** 31) ? null : size;
}
