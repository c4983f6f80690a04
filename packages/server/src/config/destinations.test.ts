import { expect, it } from 'vitest';
import { ConfigurationError, parseConfiguration } from './index.ts';

it('refuses destinations that could never be delivered to', () => {
  const text = [
    'destinations:',
    "  - { kind: folder, name: share, path: /mnt/share, template: '{PatientId}.dcm' }",
    '  - kind: stow',
    '    name: outside',
    '    url: https://outside.example/dicom-web',
    '    deidentify: { options: [retain-modified-dates], key: sixteen characters, returnsTo: [pacs] }',
  ].join('\n');
  let problems: readonly string[] = [];
  try {
    parseConfiguration(text, 'photopeak.yaml', {});
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems = error.problems;
  }
  expect(problems).toEqual([
    expect.stringMatching(/^photopeak\.yaml:2:\d+ .*"PatientId" is no keyword/),
    expect.stringMatching(/^photopeak\.yaml:6:\d+ .*no destination of objects is named "pacs"/),
  ]);
});
