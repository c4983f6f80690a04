import { PhotopeakError } from '@photopeak/imaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/read.ts';
import {
  affineNetwork,
  externalTensor,
  graph,
  manifestText,
  node,
  onnx,
  tensor,
  valueInfo,
} from '../testing/index.ts';
import { checkNetwork } from './check.ts';
import { onnxFacts } from './facts.ts';

const shape = ['batch', 1, 'rows', 64] as const;
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof PhotopeakError) return error.code;
    throw error;
  }
  return undefined;
};

describe('an ONNX file', () => {
  it('tells inputs, outputs and operators without being run', () => {
    expect(onnxFacts(affineNetwork(shape))).toEqual({
      irVersion: 8,
      operatorSets: { '': 17 },
      inputs: [{ name: 'x', elementType: 1, shape: ['batch', 1, 'rows', 64] }],
      outputs: [{ name: 'y', elementType: 1, shape: ['batch', 1, 'rows', 64] }],
      operators: ['Add', 'Mul'],
      nodes: 2,
      externalFiles: [],
    });
  });

  it('shows what lies in graphs of its nodes, and no input that an initializer fills', () => {
    const inner = graph({
      nodes: [node('Exotic', ['a'], ['b'], {}, 'com.example')],
      inputs: [],
      outputs: [valueInfo('b', [1])],
      initializers: [externalTensor('a', [1], 'weights.bin')],
    });
    const facts = onnxFacts(
      onnx({
        nodes: [node('If', ['c'], ['y'], { then_branch: { graph: inner }, else_branch: { graph: inner } })],
        inputs: [valueInfo('x', [1]), valueInfo('c', [1], 'bool')],
        outputs: [valueInfo('y', [1])],
        initializers: [tensor('c', [1], [1], 'bool')],
      }),
    );
    expect(facts.operators).toEqual(['If', 'com.example::Exotic']);
    expect(facts.externalFiles).toEqual(['weights.bin']);
    expect(facts.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('is refused in every state of damage, by an error of ours', () => {
    const whole = affineNetwork(shape);
    for (let length = 0; length < whole.length; length++) {
      const found = code(() => onnxFacts(whole.subarray(0, length)));
      if (found !== undefined) expect(found).toBe('MODEL_ONNX_MALFORMED');
    }
    const damage = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expect([undefined, 'MODEL_ONNX_MALFORMED']).toContain(code(() => onnxFacts(bytes)));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect([undefined, 'MODEL_ONNX_MALFORMED']).toContain(code(() => onnxFacts(bytes)));
      }),
    );
  });

  it('with graphs in graphs without end is refused', () => {
    let inner = graph({ nodes: [node('Add', ['a'], ['b'])], inputs: [], outputs: [valueInfo('b', [1])] });
    for (let depth = 0; depth < 40; depth++) {
      inner = graph({
        nodes: [node('If', ['c'], ['y'], { then_branch: { graph: inner } })],
        inputs: [],
        outputs: [valueInfo('y', [1])],
      });
    }
    const nodes = [node('If', ['c'], ['y'], { then_branch: { graph: inner } })];
    const bytes = onnx({ nodes, inputs: [], outputs: [valueInfo('y', [1])] });
    expect(code(() => onnxFacts(bytes))).toBe('MODEL_ONNX_MALFORMED');
  });
});

describe('a network that does not fit its model.yaml', () => {
  const check = (bytes: Uint8Array, input: string, output = '  - kind: image') =>
    checkNetwork(onnxFacts(bytes), parseManifest(manifestText({ input, output })));
  const refusal = (...given: Parameters<typeof check>) => {
    try {
      check(...given);
    } catch (error) {
      return error as PhotopeakError;
    }
    throw new Error('it was taken');
  };
  const flat = '  - layout: NCHW\n    patch: [64, 96, 1]';

  it('is taken where it does', () => {
    expect(check(affineNetwork(shape), flat)).toEqual({ inputs: ['x'], outputs: ['y'] });
    expect(check(affineNetwork(['n', 5, 'h', 'w']), '  - layout: NCHW\n    neighbours: 2').inputs).toEqual([
      'x',
    ]);
  });

  it.each([
    ['another number of axes', affineNetwork(['n', 1, 'd', 'h', 'w']), flat, /another number of axes/],
    ['another number of channels', affineNetwork(['n', 3, 'h', 'w']), flat, /another size/],
    ['a fixed size without a patch', affineNetwork(shape), '  - layout: NCHW', /another size/],
    [
      'another element type',
      onnx({
        nodes: [node('Identity', ['x'], ['y'])],
        inputs: [valueInfo('x', shape, 'int64')],
        outputs: [valueInfo('y', shape, 'int64')],
      }),
      flat,
      /element type/,
    ],
    ['another name', affineNetwork(shape), `${flat}\n    tensor: image`, /no such input/],
    [
      'operators of another maker',
      onnx(
        {
          nodes: [node('Secret', ['x'], ['y'], {}, 'com.example')],
          inputs: [valueInfo('x', shape)],
          outputs: [valueInfo('y', shape)],
        },
        ['', 'com.example'],
      ),
      flat,
      /operators/,
    ],
    [
      'weights from elsewhere',
      onnx({
        nodes: [node('Mul', ['x', 'w'], ['y'])],
        inputs: [valueInfo('x', shape)],
        outputs: [valueInfo('y', shape)],
        initializers: [externalTensor('w', [1], '../../etc/passwd')],
      }),
      flat,
      /outside its package/,
    ],
  ] as const)('is refused for %s', (_, bytes, input, message) => {
    const error = refusal(bytes, input);
    expect([error.code, error.message]).toEqual(['MODEL_ONNX_REFUSED', expect.stringMatching(message)]);
    expect(error.remedy).toBeTruthy();
  });
});
