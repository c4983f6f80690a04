import { describe, expect, it } from 'vitest';
import {
  cieLabToRgb,
  codeKey,
  colourOf,
  dcm,
  propertyType,
  rgbToCieLab,
  sameCode,
  sct,
  ucum,
  unitCode,
} from './index.ts';
import { photopeak } from './photopeak.ts';

describe('codes', () => {
  it('recognises the retired SRT code of a concept', () => {
    expect(sameCode({ value: 'T-28000', scheme: 'SRT' }, sct.lung)).toBe(true);
    expect(sameCode({ value: 'G-C171', scheme: 'SRT' }, sct.laterality)).toBe(true);
    expect(sameCode({ value: 'T-28000', scheme: 'SRT' }, sct.liver)).toBe(false);
  });

  it('recognises the codes and units of older dcmqi and 3D Slicer', () => {
    expect(sameCode({ value: '123037004', scheme: 'SCT' }, sct.anatomicalStructure)).toBe(true);
    expect(sameCode({ value: 'T-D000A', scheme: 'SRT' }, sct.anatomicalStructure)).toBe(true);
    expect(sameCode({ value: 'M-80003', scheme: 'SRT' }, sct.primaryNeoplasm)).toBe(true);
    expect(sameCode({ value: '{SUVbw}g/ml', scheme: 'UCUM' }, ucum.suvBw)).toBe(true);
  });

  it('keeps equal values of different schemes apart', () => {
    expect(sameCode({ value: '121071', scheme: '99X' }, dcm.finding)).toBe(false);
    expect(codeKey(dcm.finding)).toBe('DCM|121071');
  });

  it('finds the unit of a volume with its meaning', () => {
    expect(unitCode('{SUVbw}g/ml')).toBe(ucum.suvBw);
    expect(unitCode("[hnsf'U]").meaning).toBe('Hounsfield Unit');
    expect(unitCode('furlong')).toEqual({ value: 'furlong', scheme: 'UCUM', meaning: 'furlong' });
  });

  it('has each code once, with values that a Code Value can hold', () => {
    for (const vocabulary of [dcm, sct, photopeak]) {
      const values = Object.values(vocabulary).map((code) => code.value);
      expect(new Set(values).size).toBe(values.length);
      expect(values.filter((value) => value.length > 16)).toEqual([]);
    }
  });
});

describe('colours', () => {
  it('are the scaled CIELab triples that other software writes', () => {
    // From the table of highdicom for dcmqi's palette.
    const known = [
      [sct.lung, [45909, 35127, 36684]],
      [sct.liver, [41661, 41167, 40792]],
      [sct.kidney, [34296, 40957, 39424]],
      [sct.spleen, [34340, 40315, 27407]],
      [sct.lymphNode, [41324, 21027, 40172]],
      [sct.neoplasm, [34886, 53484, 50172]],
    ] as const;
    for (const [type, expected] of known) {
      const lab = rgbToCieLab(colourOf(type));
      for (const axis of [0, 1, 2] as const) {
        expect(Math.abs(lab[axis] - expected[axis]), type.meaning).toBeLessThan(60);
      }
    }
  });

  it('survive the way to CIELab and back', () => {
    for (const rgb of [
      [0, 0, 0],
      [255, 255, 255],
      [128, 174, 128],
      [12, 200, 77],
      [255, 0, 255],
    ] as const) {
      expect(cieLabToRgb(rgbToCieLab(rgb))).toEqual(rgb);
    }
  });

  it('belong to a type by any of its codes, and to unknown types too', () => {
    expect(propertyType({ value: 'T-62000', scheme: 'SRT', meaning: '' })?.category).toBe(
      sct.anatomicalStructure,
    );
    expect(colourOf({ value: 'x', scheme: 'y', meaning: 'z' })).toEqual([128, 174, 128]);
  });
});
