import { describe, expect, it } from 'vitest';
import { colorTables, cssGradient } from './colormaps.ts';

describe('colour tables', () => {
  it.each(Object.values(colorTables))('$label runs from 0 to 1 without a step back', ({ nodes }) => {
    const at = nodes.map(([position]) => position);
    expect(at[0]).toBe(0);
    expect(at.at(-1)).toBe(1);
    expect([...at].sort((a, b) => a - b)).toEqual(at);
    expect(nodes.flat().every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('writes a table for the scale bar', () => {
    expect(cssGradient(colorTables['inverted-grey'], 'top')).toBe(
      'linear-gradient(to top, rgb(255 255 255) 0%, rgb(0 0 0) 100%)',
    );
  });
});
