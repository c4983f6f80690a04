import { describe, expect, it } from 'vitest';
import { describeStudy } from './dicom/study.ts';
import { type LesionRequest, lesionCourse, petctPhantom } from './index.ts';

const grids = {
  ct: { size: [64, 64, 60], spacingMm: [8, 8, 16] },
  pet: { size: [64, 64, 96], spacingMm: [8, 8, 10] },
} as const;

const lesions: LesionRequest[] = [
  {
    kind: 'lung',
    course: [
      { radiusMm: 10, suv: 8 },
      { radiusMm: 14, suv: 10 },
    ],
  },
  { kind: 'liver', course: [{ radiusMm: 12, suv: 9 }, null] },
  { kind: 'bone', course: [null, { radiusMm: 9, suv: 7 }] },
];

describe('a second visit', () => {
  const [first, second] = [0, 1].map((visit) => petctPhantom({ seed: 31, visit, lesions, grids })) as [
    ReturnType<typeof petctPhantom>,
    ReturnType<typeof petctPhantom>,
  ];

  it('shows the lesions as they are then, under the same ids', () => {
    const shown = ({ truth }: typeof first) =>
      truth.lesions.map(({ id, radiusMm, suvTrue }) => [id, radiusMm, suvTrue]);
    expect(shown(first)).toEqual([
      [1, 10, 8],
      [2, 12, 9],
    ]);
    expect(shown(second)).toEqual([
      [1, 14, 10],
      [3, 9, 7],
    ]);
    expect(new Set(second.truth.lesionLabels.data)).toEqual(new Set([0, 1, 3]));
  });

  it('is of the same person, who lies otherwise, on another day', () => {
    expect(second.truth.dose.heightM).toBe(first.truth.dose.heightM);
    expect(second.truth.lesions[0]?.site).toBe(first.truth.lesions[0]?.site);
    const [a, b] = [first, second].map(({ truth }) => truth.lesions[0]!.centerPetMm);
    const shift = Math.hypot(...a!.map((mm, axis) => mm - b![axis]!));
    expect(shift).toBeGreaterThan(2);
    expect(shift).toBeLessThan(60);
    expect(second.truth.dose.injectedBq).not.toBe(first.truth.dose.injectedBq);
    const [one, two] = [first, second].map((phantom) => describeStudy(phantom).common);
    for (const name of ['PatientID', 'PatientName', 'PatientBirthDate', 'PatientSex'] as const) {
      expect(two?.[name]).toBe(one?.[name]);
    }
    for (const name of ['StudyInstanceUID', 'AccessionNumber'] as const)
      expect(two?.[name]).not.toBe(one?.[name]);
    expect(String(two?.StudyDate) > String(one?.StudyDate)).toBe(true);
  });
});

describe('a course of lesions', () => {
  it('has lesions that stay, go and come, the same for the same seed', () => {
    const course = lesionCourse({ seed: 5, visits: 3, lesions: 4 });
    expect(course).toEqual(lesionCourse({ seed: 5, visits: 3, lesions: 4 }));
    const there = course.map((request) => (request.course ?? []).map((state) => state !== null));
    expect(there.filter(([now]) => now)).toHaveLength(4);
    expect(there).toContainEqual([true, false, false]);
    expect(there).toContainEqual([true, true, true]);
    expect(there.some(([now]) => !now)).toBe(true);
  });

  it('is refused with a lesion that cannot be drawn', () => {
    const wrong = [{ kind: 'lung', course: [{ radiusMm: 100, suv: 5 }] }] as const;
    expect(() => petctPhantom({ seed: 1, lesions: wrong })).toThrow(/lesion radiusMm/);
    expect(() => petctPhantom({ seed: 1, visit: -1 })).toThrow(/visit/);
  });
});
