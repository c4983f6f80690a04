import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import type { ModelManifest } from '../manifest/schema.ts';
import { FLOAT16, FLOAT32, type OnnxFacts, type TensorFacts } from './facts.ts';

const refused = (message: string, details: { expected: string; found: string; remedy: string }) =>
  new PhotopeakError(message, { code: 'MODEL_ONNX_REFUSED', ...details });

/** Operators of other makers would need code of theirs beside the runtime. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** Tensors of a network by the places of the manifest. */
export interface TensorNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Holds a network against its manifest before it is ever run: operator sets, weight files inside the package, names,
 * element types, number of axes and of channels. Throws `MODEL_ONNX_REFUSED`.
 */
export function checkNetwork(facts: OnnxFacts, manifest: ModelManifest): TensorNames {
  for (const domain of Object.keys(facts.operatorSets)) {
    if (DOMAINS.has(domain)) continue;
    throw refused('the network needs operators that the runtime does not have', {
      expected: 'operators of ONNX alone',
      found: `the domain ${domain}`,
      remedy: 'export it without custom operators, or serve it by kserve or command',
    });
  }
  for (const file of facts.externalFiles) {
    if (!path.isAbsolute(file) && !path.normalize(file).startsWith('..') && !file.includes('\0')) continue;
    throw refused('the network takes its weights from a file outside its package', {
      expected: 'files inside the folder of the model',
      found: file,
      remedy: 'save the network again with its weights beside it',
    });
  }
  return {
    inputs: manifest.input.map((input) => checkInput(facts, input, manifest.input.length)),
    outputs: manifest.output.map(({ tensor }) => nameOf(facts.outputs, tensor, 'output')),
  };
}

function nameOf(tensors: readonly TensorFacts[], wanted: string | undefined, what: string): string {
  const found = wanted === undefined ? tensors[0] : tensors.find(({ name }) => name === wanted);
  if (found !== undefined && (wanted !== undefined || tensors.length === 1)) return found.name;
  throw refused(`the network has no such ${what}`, {
    expected: wanted ?? `one ${what}, or its name under ${what}.tensor`,
    found: tensors.map(({ name }) => name).join(', '),
    remedy: `name the ${what} of the network in model.yaml`,
  });
}

function checkInput(facts: OnnxFacts, input: ModelManifest['input'][number], count: number): string {
  const name = nameOf(facts.inputs, input.tensor, 'input');
  if (facts.inputs.length !== count) {
    throw refused('the network has inputs that model.yaml does not fill', {
      expected: `${count} inputs`,
      found: facts.inputs.map((one) => one.name).join(', '),
      remedy: 'describe every input in model.yaml',
    });
  }
  const { elementType, shape } = facts.inputs.find((one) => one.name === name)!;
  const wanted = input.type === 'float16' ? FLOAT16 : FLOAT32;
  if (elementType !== wanted) {
    throw refused('an input of the network has another element type', {
      expected: `${input.type} (${wanted} in onnx.proto)`,
      found: `${elementType} at ${name}`,
      remedy: 'set input.type in model.yaml, or export the network with floating-point inputs',
    });
  }
  if (shape.length > 0) checkShape(name, shape, input);
  return name;
}

function checkShape(name: string, shape: TensorFacts['shape'], input: ModelManifest['input'][number]): void {
  const { layout, channels, neighbours, patch } = input;
  const axes = [...layout];
  const told = `[${shape.map((size) => size ?? '?').join(', ')}]`;
  if (shape.length !== axes.length) {
    throw refused('an input of the network has another number of axes than its layout', {
      expected: `${axes.length} axes (${layout})`,
      found: `${told} at ${name}`,
      remedy: 'set input.layout in model.yaml',
    });
  }
  const channelCount = channels.length * (2 * neighbours + 1);
  const sizes: Readonly<Record<string, number | undefined>> = {
    C: channelCount,
    W: patch?.[0],
    H: patch?.[1],
    D: patch?.[2],
  };
  axes.forEach((axis, index) => {
    const size = shape[index];
    if (typeof size !== 'number' || axis === 'N') return;
    const given = sizes[axis];
    if (given === size) return;
    throw refused('an input of the network has another size than model.yaml gives it', {
      expected:
        given === undefined
          ? `input.patch, since the size of ${axis} is fixed`
          : `${given} along ${axis} of ${layout}`,
      found: `${told} at ${name}`,
      remedy:
        axis === 'C' ? 'set input.channels or input.neighbours' : 'set input.patch (columns, rows, planes)',
    });
  });
}
