import { describe, expect, it } from 'vitest';
import { ageAt, dicomDate, dicomTime, millilitres, personName, uptake } from './format.ts';

describe('texts of DICOM values', () => {
  it('writes names as people do', () => {
    expect(personName('Doe^Jane^Q')).toBe('Doe, Jane Q');
    expect(personName('Yamada^Tarou=山田^太郎')).toBe('Yamada, Tarou');
    expect(personName('ANON')).toBe('ANON');
    expect(personName('')).toBe('No name');
  });

  it('writes dates and times, and nothing for what is not one', () => {
    expect(dicomDate('20261123')).toBe('2026-11-23');
    expect(dicomDate('')).toBe('');
    expect(dicomTime('091630.25')).toBe('09:16');
  });

  it('counts years as birthdays do', () => {
    expect(ageAt('19580304', '20260303')).toBe(67);
    expect(ageAt('19580304', '20260304')).toBe(68);
    expect(ageAt('', '20260304')).toBeUndefined();
  });

  it('gives numbers the digits they deserve', () => {
    expect(uptake(42.21738)).toBe('42.22');
    expect(uptake(123.456)).toBe('123.5');
    expect(millilitres(183.092)).toBe('183');
    expect(millilitres(4.216)).toBe('4.22');
  });
});
