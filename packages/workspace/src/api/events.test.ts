import { describe, expect, it } from 'vitest';
import { makeStudies } from '../../testing/fixture/state.ts';
import { withProgress } from './events.ts';

describe('progress events', () => {
  it('move the bar of their own study only', () => {
    const entries = makeStudies().map((study) => study.entry());
    const moved = withProgress(
      { entries },
      {
        kind: 'step',
        runId: 'run-4',
        studyInstanceUid: entries[3]!.studyInstanceUid,
        step: 'register',
        state: 'running',
        fraction: 0.4,
        message: null,
      },
    );
    expect(moved.entries[3]!.progress).toEqual({ step: 'register', fraction: 0.4 });
    expect(moved.entries.filter((entry, index) => entry !== entries[index])).toHaveLength(1);
  });
});
