import { type Code, scheme } from './code.ts';
import { canonical } from './synonyms.ts';

const code = scheme('UCUM');

/** Units of measurement (UCUM), with the meanings of PS3.16 CID 82, 84, 85. */
export const ucum = {
  none: code('1', 'no units'),
  ratio: code('{ratio}', 'ratio'),
  score: code('{score}', 'score'),
  percent: code('%', 'Percent'),
  mm: code('mm', 'millimeter'),
  cm: code('cm', 'centimeter'),
  mm2: code('mm2', 'square millimeter'),
  cm2: code('cm2', 'square centimeter'),
  mm3: code('mm3', 'cubic millimeter'),
  cm3: code('cm3', 'cubic centimeter'),
  ml: code('ml', 'milliliter'),
  degree: code('deg', 'Degree'),
  gram: code('g', 'gram'),
  kilogram: code('kg', 'kilogram'),
  second: code('s', 'second'),
  millisecond: code('ms', 'millisecond'),
  minute: code('min', 'minute'),
  hour: code('h', 'hour'),
  day: code('d', 'day'),
  becquerel: code('Bq', 'becquerel'),
  megabecquerel: code('MBq', 'megabecquerel'),
  megabecquerelHour: code('MBq.h', 'megabecquerel hour'),
  becquerelPerMl: code('Bq/ml', 'Becquerels/milliliter'),
  squareMicrometerPerSecond: code('um2/s', 'um2/s'),
  hounsfield: code("[hnsf'U]", 'Hounsfield Unit'),
  counts: code('{counts}', 'Counts'),
  countsPerSecond: code('{counts}/s', 'Counts per second'),
  suvBw: code('g/ml{SUVbw}', 'Standardized Uptake Value body weight'),
  suvLbm: code('g/ml{SUVlbm}', 'Standardized Uptake Value lean body mass (James)'),
  suvLbmJanma: code('g/ml{SUVlbm(Janma)}', 'Standardized Uptake Value lean body mass (Janma)'),
  suvLbmJames128: code(
    'g/ml{SUVlbm(James128)}',
    'Standardized Uptake Value lean body mass (James 128 multiplier)',
  ),
  suvBsa: code('cm2/ml{SUVbsa}', 'Standardized Uptake Value body surface area'),
  suvIbw: code('g/ml{SUVibw}', 'Standardized Uptake Value ideal body weight'),
} as const;

const byKey = new Map(Object.values(ucum).map((unit) => [canonical(unit.value, 'UCUM'), unit]));

/** The unit with its meaning for a UCUM string such as a Volume's `unit`; unknown strings mean themselves. */
export function unitCode(value: string): Code {
  return byKey.get(canonical(value, 'UCUM')) ?? code(value, value);
}
