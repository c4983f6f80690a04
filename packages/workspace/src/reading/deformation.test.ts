import { expect, it } from 'vitest';
import { makeDeformedStudies } from '../../testing/fixture/index.ts';
import { isDeformed } from './deformation.ts';

it('is shown where a run deformed the PET, or took over the deformation of another system', () => {
  const [rigid, own] = makeDeformedStudies().map((study) => study.summary!);
  expect([isDeformed(undefined), isDeformed(rigid), isDeformed(own)]).toEqual([false, false, true]);
  const given = (used: boolean, deforms?: true) => ({
    ...rigid!,
    registration: {
      ...rigid!.registration!,
      foreign: { sopInstanceUid: '2.25.2', used, reason: 'it scores 97', ...(deforms && { deforms }) },
    },
  });
  expect([isDeformed(given(true, true)), isDeformed(given(true)), isDeformed(given(false))]).toEqual([
    true,
    false,
    false,
  ]);
});
