import { describe, expect, it } from 'vitest';
import { Dataset, formatDecimalString, parsePersonName, Tag } from './index.ts';

describe('a data set made in memory', () => {
  const dataset = Dataset.of({
    PatientID: ' x ',
    ImageType: ['DERIVED', 'PRIMARY'],
    RescaleSlope: [1],
    Rows: 512,
    ReferencedSeriesSequence: [Dataset.of({ SeriesInstanceUID: '1.2' })],
    PatientWeight: null,
    PatientSize: undefined,
  });

  it('gives values back by keyword and by tag, ordered by tag', () => {
    expect(dataset.text('PatientID')).toBe('x');
    expect(dataset.texts('ImageType')).toEqual(['DERIVED', 'PRIMARY']);
    expect(dataset.number(Tag.Rows)).toBe(512);
    expect(dataset.numbers('RescaleSlope')).toEqual([1]);
    expect(dataset.item('ReferencedSeriesSequence')?.text('SeriesInstanceUID')).toBe('1.2');
    const tags = [...dataset].map((element) => element.tag);
    expect(tags).toEqual([...tags].sort((a, b) => a - b));
  });

  it('tells an empty attribute from an absent one', () => {
    expect(dataset.has('PatientWeight')).toBe(true);
    expect(dataset.number('PatientWeight')).toBeUndefined();
    expect(dataset.has('PatientSize')).toBe(false);
  });

  it('refuses what a VR cannot hold', () => {
    expect(() => Dataset.of({ Rows: 70000 })).toThrow(/out of range/);
    expect(() => Dataset.of({ Rows: 1.5 })).toThrow(/not an integer/);
    expect(() => Dataset.of({ RescaleSlope: Number.NaN })).toThrow(/not finite/);
    expect(() => new Dataset().set(0x00091001, 'x')).toThrow(/needs its VR/);
  });

  it('reserves and finds private blocks by creator', () => {
    const own = new Dataset();
    own.set(0x70530010, 'Somebody else', 'LO');
    own.setPrivate(0x7053, 'Philips PET Private Group', 0x00, 'DS', 0.0005);
    expect(own.text(0x70530011)).toBe('Philips PET Private Group');
    expect(own.has(0x70531100)).toBe(true);
    expect(own.privateNumber(0x7053, 'Philips PET Private Group', 0x00)).toBe(0.0005);
    expect(own.privateNumber(0x7053, 'Unknown creator', 0x00)).toBeUndefined();
  });

  it('deletes', () => {
    const copy = Dataset.of({ PatientID: 'x' });
    expect(copy.delete('PatientID')).toBe(true);
    expect(copy.delete('PatientID')).toBe(false);
    expect(copy.size).toBe(0);
  });
});

describe('decimal strings', () => {
  it.each([
    [1, '1'],
    [0.1, '0.1'],
    [-0, '0'],
    [1e21, '1e21'],
    [0.0004211100712345679, '0.00042111007123'],
    [1 / 3, '0.33333333333333'],
    [-1 / 3, '-0.3333333333333'],
    [123456789012345680, '1.23456789012e17'],
  ])('%d', (value, text) => {
    const written = formatDecimalString(value)!;
    expect(written.length).toBeLessThanOrEqual(16);
    expect(Math.abs(Number(written) - value)).toBeLessThanOrEqual(Math.abs(Number(text) - value));
  });

  it('is undefined for what DS cannot hold', () => {
    expect(formatDecimalString(Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});

describe('person names', () => {
  it('has component groups and components', () => {
    const name = parsePersonName('Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう');
    expect(name.alphabetic).toMatchObject({ family: 'Yamada', given: 'Tarou', prefix: 'Dr' });
    expect(name.ideographic?.family).toBe('山田');
    expect(name.phonetic?.given).toBe('たろう');
  });
});
