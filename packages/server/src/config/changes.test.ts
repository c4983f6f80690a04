import { describe, expect, it } from 'vitest';
import { changedSettings, inForce, parseConfiguration } from './index.ts';

const configuration = (yaml: string) => parseConfiguration(yaml, 'test.yaml', {});

describe('a changed configuration', () => {
  it('gives a running node its live settings and leaves it the others', () => {
    const started = configuration('dicom: { port: 104 }\nhl7: { keepDays: 5 }');
    const file = configuration(
      'dicom: { port: 105 }\nhl7: { keepDays: 6, port: 2600 }\nworkflow: { workers: 3 }',
    );
    const next = inForce(started, file);
    expect(next).toMatchObject({ dicom: { port: 104 }, hl7: { keepDays: 6, port: 2575 } });
    expect(changedSettings(started, next)).toEqual(['hl7.keepDays']);
    expect(changedSettings(next, file)).toEqual(['dicom.port', 'workflow.workers', 'hl7.port']);
    expect(changedSettings(next, next)).toEqual([]);
  });

  it('never opens a listener to everybody by taking away who may send', () => {
    const open = configuration(`
dicom: { host: 0.0.0.0 }
sources: [{ kind: dimse, name: ct, aeTitle: CT }]
hl7: { enabled: true, host: 0.0.0.0, senders: [{ application: RIS }] }`);
    const file = configuration('{}');
    const next = inForce(open, file);
    expect(next.sources).toEqual(open.sources);
    expect(next.hl7.senders).toEqual(open.hl7.senders);
    expect(changedSettings(next, file)).toEqual([
      'dicom.host',
      'hl7.enabled',
      'hl7.host',
      'hl7.senders',
      'sources',
    ]);
    // Others may take their place.
    const other = configuration('sources: [{ kind: dimse, name: mr, aeTitle: MR }]');
    expect(inForce(open, other).sources.map(({ name }) => name)).toEqual(['mr']);
  });
});
