import { describe, expect, it } from 'vitest';
import { sct, structureName, structureNameFrom, structureOfName, uniqueStructureNames } from './index.ts';
import { structureNamings } from './tg263.ts';

describe('names of structures by TG-263', () => {
  it('put the side last, and have a name for both sides together', () => {
    expect(structureName(sct.lung, sct.right)).toBe('Lung_R');
    expect(structureName(sct.lung, sct.left)).toBe('Lung_L');
    expect(structureName(sct.lung)).toBe('Lungs');
    expect(structureName(sct.spinalCord, sct.left)).toBe('SpinalCord');
    expect(structureName(sct.lesion)).toBeUndefined();
  });

  it('fit into 16 characters, and are unique whatever the case', () => {
    const names = structureNamings.flatMap(({ name, sided }) => [
      ...new Set([name, ...(sided === undefined ? [] : [`${sided}_L`, `${sided}_R`])]),
    ]);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_]{1,16}$/);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it('are understood again, also with what a site has added', () => {
    expect(structureOfName('kidney_l')).toEqual({ type: sct.kidney, laterality: sct.left });
    expect(structureOfName('Liver^Opt')).toEqual({ type: sct.liver });
    expect(structureOfName('Lunge rechts')).toBeUndefined();
  });

  it('are made from any text where the table has none, and told apart by a number', () => {
    expect(structureNameFrom('L1 Leber rechts, Segment VII')).toBe('L1LeberRechtsSeg');
    expect(structureNameFrom('…')).toBe('Structure');
    expect(uniqueStructureNames(['Lung_L', 'lung_l', 'AVeryLongNameOf16', 'AVeryLongNameOf16'])).toEqual([
      'Lung_L',
      'lung_l_2',
      'AVeryLongNameOf1',
      'AVeryLongNameO_2',
    ]);
  });
});
