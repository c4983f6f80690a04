import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../config/index.ts';
import { decideRoute, type StudyFacts } from './index.ts';

const facts: StudyFacts = {
  modalities: ['CT', 'PT'],
  instanceCount: 300,
  sources: [{ kind: 'dimse', aeTitle: 'GE_PET' }],
  attributes: { StudyDescription: ['FDG PET/CT Whole Body'], Manufacturer: ['GE MEDICAL SYSTEMS', ''] },
};

function decide(when: string, of: StudyFacts = facts) {
  const { routes } = parseConfiguration(`routes: [{ name: r, when: ${when} }]`);
  return decideRoute(routes[0]!, of);
}

describe('routes', () => {
  it.each<[string, boolean]>([
    ['{}', true],
    ['{ modalities: [PT, CT] }', true],
    ['{ modalities: [PT, MR] }', false],
    ['{ anyModality: [NM, PT] }', true],
    ['{ anyModality: [MR] }', false],
    ['{ minimumInstances: 301 }', false],
    ['{ source: { aeTitle: GE_PET } }', true],
    ['{ source: { kind: folder } }', false],
    ['{ attributes: { StudyDescription: { contains: fdg } } }', true],
    ['{ attributes: { StudyDescription: { contains: fdg, startsWith: PET } } }', false],
    ['{ attributes: { Manufacturer: { oneOf: [SIEMENS, "GE MEDICAL SYSTEMS"] } } }', true],
    ['{ attributes: { BodyPartExamined: { equals: CHEST } } }', false],
  ])('%s: %s', (when, expected) => {
    expect(decide(when).matches).toBe(expected);
  });

  it('says why, without values of the study', () => {
    const { reasons } = decide(
      '{ modalities: [PT, MR], attributes: { StudyDescription: { contains: brain } } }',
    );
    expect(reasons).toEqual([
      'fails: modalities include PT and MR; found CT, PT',
      'fails: StudyDescription contains "brain"',
    ]);
  });

  it('knows when a study only waits for the rest of its series', () => {
    const onlyPet = { ...facts, modalities: ['PT'] };
    expect(decide('{ modalities: [PT, CT] }', onlyPet).waitingFor).toEqual(['CT']);
    expect(decide('{ modalities: [MR] }', onlyPet).waitingFor).toEqual([]);
    expect(decide('{ modalities: [PT, CT], minimumInstances: 999 }', onlyPet).waitingFor).toEqual([]);
  });
});
