import { describe, expect, it } from 'vitest';
import { makeStudies } from '../../testing/fixture/state.ts';
import { identity } from '../geometry/index.ts';
import { decideFusion, petctSummary } from './fusion.ts';
import { isFinding, lesionsOf, totalsOf, visibleLesions } from './lesions.ts';

const [draft, , apart, running] = makeStudies();

function read(study = draft!) {
  const run = study.run();
  const summary = petctSummary(run)!;
  return { run, summary, lesions: lesionsOf(run, summary, identity) };
}

describe('findings', () => {
  it('hide physiological uptake until asked', () => {
    const { lesions } = read();
    expect(visibleLesions(lesions, false).map((lesion) => lesion.tag)).toEqual(['L1', 'L2', 'L3']);
    expect(visibleLesions(lesions, true).map((lesion) => lesion.tag)).toEqual(['L1', 'L2', 'L3', 'P1', 'P2']);
  });

  it('take physiological uptake back in once a reader accepts it', () => {
    const id = read().summary.physiologicalUptake[0]!.trackingUid;
    draft!.decide({ findingId: id, action: 'accept' }, 'reader');
    const { lesions } = read();
    expect(isFinding(lesions.find((lesion) => lesion.id === id)!)).toBe(true);
    expect(totalsOf(lesions).count).toBe(4);
    draft!.decisions.clear();
  });

  it('carry the name and site of the newest decision', () => {
    const id = read().lesions[1]!.id;
    draft!.decide({ findingId: id, action: 'modify', name: 'Station 7', site: 'Lymph node' }, 'reader');
    const lesion = read().lesions[1]!;
    expect([lesion.name, lesion.site, lesion.verdict]).toEqual(['Station 7', 'Lymph node', 'modified']);
    draft!.decisions.clear();
  });

  it('sum what stands and leave out what was rejected', () => {
    const { lesions, summary } = read();
    expect(totalsOf(lesions).mtvMl).toBeCloseTo(summary.totals.mtvMl, 9);
    draft!.decide({ findingId: lesions[0]!.id, action: 'reject' }, 'reader');
    const after = totalsOf(read().lesions);
    expect(after.count).toBe(2);
    expect(after.mtvMl).toBeCloseTo(summary.totals.mtvMl - lesions[0]!.measured.mtvMl, 9);
    expect(after.suvMax).toBe(lesions[1]!.measured.suvMax);
    draft!.decisions.clear();
  });

  it('move with the registration', () => {
    const shift = [1, 0, 0, 5, 0, 1, 0, -3, 0, 0, 1, 2, 0, 0, 0, 1];
    const { run, summary, lesions } = read();
    const [x, y, z] = lesions[0]!.position;
    expect(lesionsOf(run, summary, shift)[0]!.position).toEqual([x + 5, y - 3, z + 2]);
  });
});

describe('fusion', () => {
  it('needs a registration result that allows it', () => {
    expect(decideFusion(petctSummary(draft!.run())).isAllowed).toBe(true);
    expect(decideFusion(petctSummary(apart!.run()))).toEqual({
      isAllowed: false,
      reason: 'PET and CT have different frames of reference and no registration was accepted.',
    });
    expect(decideFusion(petctSummary(running!.run())).isAllowed).toBe(false);
    expect(decideFusion(undefined).isAllowed).toBe(false);
  });

  it('moves the PET only by a registration that is used', () => {
    const summary = petctSummary(draft!.run())!;
    const matrix = [1, 0, 0, 4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const measured = { ...summary, registration: { ...summary.registration!, matrix } };
    expect(decideFusion(measured)).toMatchObject({ isMoved: false, petToCt: identity });
    const used = { ...summary, registration: { ...summary.registration!, matrix, used: 'rigid' as const } };
    expect(decideFusion(used)).toMatchObject({ isMoved: true, petToCt: matrix });
  });

  it('does not read a summary of another pipeline', () => {
    expect(
      petctSummary({ ...draft!.run(), summary: { schema: 'photopeak/cardiac/summary/1' } }),
    ).toBeUndefined();
  });
});
