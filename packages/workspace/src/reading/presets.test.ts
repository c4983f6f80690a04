import { describe, expect, it } from 'vitest';
import { ctWindows, petRanges, petRangeText, windowText } from './presets.ts';

describe('presets', () => {
  it('are the windows readers expect', () => {
    expect(ctWindows.map((preset) => windowText(preset.range))).toEqual([
      'W 400 L 40',
      'W 1500 L -600',
      'W 2000 L 400',
      'W 80 L 40',
      'W 150 L 90',
    ]);
  });

  it('follow the unit of the PET', () => {
    expect(petRanges(true, 40_000).map((preset) => preset.range[1])).toEqual([5, 7, 10, 15]);
    const activity = petRanges(false, 40_000);
    expect(activity.map((preset) => preset.range[1])).toEqual([4000, 10_000, 20_000, 40_000]);
    expect(activity.every((preset) => !preset.label.includes('SUV'))).toBe(true);
  });

  it('name the unit only where there is one', () => {
    expect(petRangeText([0, 7], 'g/ml{SUVbw}')).toBe('SUV 0–7');
    expect(petRangeText([0, 10_400], 'Bq/ml')).toBe('0–10.4 kBq/ml');
  });
});
