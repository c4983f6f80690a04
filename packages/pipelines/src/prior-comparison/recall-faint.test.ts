import { emptyVolume, identity, type Vec3 } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import type { LabelledLesion } from '../petct-oncology/parts.ts';
import { recallFaint, withRecalled } from './recall-faint.ts';
import type { ExaminationLesions } from './shapes.ts';

const SIZE: Vec3 = [40, 40, 10];

/** One examination on 3 mm voxels: balls of label 1, 2, … at these voxels. */
function examination(
  lesions: readonly Vec3[],
  aside: readonly { readonly at: Vec3; readonly kind: string }[],
): ExaminationLesions {
  const labels = emptyVolume(
    { size: SIZE, spacingMm: [3, 3, 3], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
    'uint16',
    '1',
  );
  [...lesions, ...aside.map(({ at }) => at)].forEach(([x, y, z], index) => {
    for (let k = -2; k <= 2; k++)
      for (let j = -2; j <= 2; j++)
        for (let i = -2; i <= 2; i++)
          if (i * i + j * j + k * k <= 5)
            labels.data[x + i + SIZE[0] * (y + j + SIZE[1] * (z + k))] = index + 1;
  });
  const region = (id: string, index: number, kind: string | null) =>
    ({
      id,
      label: `${id} liver`,
      labelValue: index + 1,
      segmentNumber: index + 1,
      site: null,
      physiological: kind === null ? null : { kind, reason: '' },
    }) as unknown as LabelledLesion;
  return {
    regions: {
      lesions: lesions.map((_, index) => region(`L${index + 1}`, index, null)),
      physiological: aside.map(({ kind }, index) => region(`P${index + 1}`, lesions.length + index, kind)),
    },
    labels,
    diameters: {},
    toCurrent: { petOnCt: { pull: identity }, deformation: null, currentPetOnCt: { pull: identity } },
    errorMm: 2,
  };
}

const recall = (examinations: readonly ExaminationLesions[]) =>
  recallFaint.run(examinations, {
    run: { key: 'test', at: '2026-01-01T00:00:00' },
    signal: new AbortController().signal,
    progress() {},
  });

describe('faint uptake', () => {
  const here: Vec3 = [10, 10, 5];
  const there: Vec3 = [30, 30, 5];

  it('at the place of a lesion of another examination is that lesion, before or after', async () => {
    const shrunken = examination([there], [{ at: here, kind: 'faint' }]);
    expect(await recall([examination([here, there], []), shrunken])).toEqual([[], ['P1']]);
    expect(await recall([shrunken, examination([here, there], [])])).toEqual([['P1'], []]);
  });

  it('stays aside where nothing was, where the lesion is found, and where an organ explains it', async () => {
    const beside: Vec3 = [14, 10, 5];
    const now = examination(
      [here],
      [
        { at: beside, kind: 'faint' },
        { at: there, kind: 'kidney' },
        { at: [10, 30, 5], kind: 'faint' },
      ],
    );
    expect(await recall([examination([here, there], []), now])).toEqual([[], []]);
  });

  it('counts among the lesions under a segment of its own', () => {
    const { regions } = examination(
      [there],
      [
        { at: here, kind: 'faint' },
        { at: [10, 30, 5], kind: 'faint' },
      ],
    );
    const { lesions, physiological } = withRecalled(regions, ['P1']);
    expect(lesions.map(({ id, segmentNumber }) => [id, segmentNumber])).toEqual([
      ['L1', 1],
      ['P1', 2],
    ]);
    expect(lesions[1]!.physiological).toBeNull();
    expect(physiological.map(({ id }) => id)).toEqual(['P2']);
  });
});
