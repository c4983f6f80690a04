import { describe, expect, it } from 'vitest';
import { manifestText } from '../testing/index.ts';
import { ManifestError, parseManifest } from './read.ts';

const problemsOf = (text: string): readonly string[] => {
  try {
    parseManifest(text);
  } catch (error) {
    if (error instanceof ManifestError) return error.problems;
    throw error;
  }
  return [];
};

describe('a model.yaml', () => {
  it('is read with its defaults', () => {
    const manifest = parseManifest(manifestText());
    expect(manifest).toMatchObject({
      id: 'test-model',
      bodyPart: [],
      runtime: { kind: 'onnx', file: 'model.onnx', optimisation: 'all' },
      hardware: { gpu: 'none', memoryMb: 4096 },
      timeoutSeconds: 600,
    });
    expect(manifest.input).toEqual([
      {
        layout: 'NCHW',
        type: 'float32',
        channels: [{ image: 'image', intensity: { kind: 'none' } }],
        neighbours: 0,
        orientation: 'LPS',
        multipleOf: [1, 1, 1],
        overlap: 0.25,
        padding: 'edge',
        batch: 1,
      },
    ]);
  });

  it.each([
    [
      'another file',
      manifestText({ runtime: '  kind: onnx\n  file: ../secret.onnx' }),
      /model.yaml:9:9 .*inside the folder/,
    ],
    ['an absolute file', manifestText({ runtime: '  kind: onnx\n  file: /etc/passwd' }), /inside the folder/],
    ['a field it does not know', manifestText({ more: 'colour: red' }), /colour/],
    ['an unknown task', manifestText().replace('denoise', 'predict'), /model.yaml:5:7 task/],
    [
      'planes as channels of a volume',
      manifestText({ input: '  - layout: NCDHW\n    neighbours: 1' }),
      /without D/,
    ],
    [
      'a window upside down',
      manifestText({
        input: '  - layout: NCHW\n    channels: [{ intensity: { kind: window, low: 5, high: 5 } }]',
      }),
      /low must lie below high/,
    ],
    ['nothing at all', '', /model.yaml:1:1/],
    ['an alias', manifestText({ more: 'evidence: &a []\nbodyPart: *a' }), /aliases/],
    ['a second key', manifestText({ more: 'title: again' }), /unique/i],
  ] as const)('is refused for %s, with the place', (_, text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });

  it('names everything that is wrong at once', () => {
    const text = manifestText().replace('version: 1.0.0', 'version: one').replace('[CT]', '[]');
    expect(problemsOf(text).map((problem) => problem.split(' ')[0])).toEqual([
      'model.yaml:3:10',
      'model.yaml:6:11',
    ]);
  });

  it('is not read deeper or longer than a person writes', () => {
    expect(problemsOf(`${'a: '.repeat(1)}${'['.repeat(2000)}${']'.repeat(2000)}`).join()).toMatch(
      /nested more than/,
    );
    expect(problemsOf('#'.repeat(2 ** 21)).join()).toMatch(/larger/);
  });
});
