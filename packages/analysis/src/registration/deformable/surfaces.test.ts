import { describe, expect, it } from 'vitest';
import type { RegionName } from '../measure-regions.ts';
import type { RegistrationScore } from '../registration-score.ts';
import { surfacesAgainst } from './surfaces.ts';

/** A score with these regions, mm. */
const scored = (regions: Partial<Record<RegionName, number>>): RegistrationScore => ({
  ...{ score: 50, class: 'amber', toleranceMm: 5, unjudged: [], doubts: [], reason: '' },
  regions: Object.entries(regions).map(([name, mm]) => ({
    ...{ name: name as RegionName, mm, shift: [0, 0, mm], spreadMm: 1 },
    ...{ interval90Mm: [0, mm], method: 'metric' },
  })),
});
const against = (
  before: Partial<Record<RegionName, number>>,
  after: Partial<Record<RegionName, number>>,
  mustGain = true,
): string | undefined => surfacesAgainst({ linear: scored(before), deformed: scored(after) }, mustGain);

describe('what surfaces say against a deformation', () => {
  const breathing = { 'liver dome': 14, heart: 6, chest: 1, head: 1 } as const;

  it('is nothing where the worst comes nearer and the others stay', () => {
    expect(against(breathing, { 'liver dome': 2, heart: 3, chest: 1, head: 2.5 })).toBeUndefined();
  });

  it('is that the worst does not come clearly nearer', () => {
    expect(against(breathing, { ...breathing, 'liver dome': 12.5 })).toContain('14.0 to 12.5 mm');
    expect(against({ chest: 1 }, { chest: 0 })).toContain('not come clearly nearer');
    expect(against({ chest: 1 }, { chest: 0 }, false)).toBeUndefined();
    expect(against({ chest: 1, head: 2 }, { chest: 5, head: 2 }, false)).toContain('chest comes off');
  });

  it('is a region that comes off, also one that could not be judged before', () => {
    const after = { 'liver dome': 2, heart: 2, chest: 1 };
    expect(against(breathing, { ...after, head: 4 })).toBe('head comes off, 1.0 to 4.0 mm');
    expect(against(breathing, { ...after, head: 1, abdomen: 16 })).toContain('abdomen comes off');
    expect(against(breathing, { ...after, head: 1, abdomen: 3 })).toBeUndefined();
  });

  it('is that more than one region can no longer be judged, and never a gain by leaving out the worst', () => {
    expect(against(breathing, { 'liver dome': 2, heart: 2, chest: 1 })).toBeUndefined();
    expect(against(breathing, { 'liver dome': 2, heart: 2 })).toContain('chest, head can no longer');
    expect(against({ 'liver dome': 14, chest: 1 }, { chest: 1 })).toContain('not come clearly nearer');
    expect(against({}, {})).toContain('no region');
  });
});
