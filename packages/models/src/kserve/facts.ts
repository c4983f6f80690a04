import { FLOAT16, FLOAT32, type OnnxFacts } from '../onnx/facts.ts';

/** What a server says of one tensor of a model; −1 is any size. */
export interface ServedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

const ELEMENT_TYPES: Readonly<Record<string, number>> = { FP32: FLOAT32, FP16: FLOAT16 };

/** What a server says of a model, as an ONNX file would say it. */
export function asFacts(inputs: readonly ServedTensor[], outputs: readonly ServedTensor[]): OnnxFacts {
  const tensor = ({ name, datatype, shape }: ServedTensor) => ({
    name,
    elementType: ELEMENT_TYPES[datatype] ?? 0,
    shape: shape.map((size) => (size > 0 ? size : null)),
  });
  return {
    irVersion: 0,
    operatorSets: {},
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
    operators: [],
    nodes: 0,
    externalFiles: [],
  };
}
