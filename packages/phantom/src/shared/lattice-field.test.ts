import { describe, expect, it } from 'vitest';
import { LatticeField } from './lattice-field.ts';

const bounds = { low: [-30, -20, 0], high: [30, 20, 60] } as const;
const field = new LatticeField(bounds, 10, (x, y, z) => [0.1 * x, -0.2 * y + 1, 0.05 * z]);

describe('displacement on a lattice', () => {
  it('is exact for a linear displacement, and constant beyond its edge', () => {
    const out = new Float64Array(3);
    field.sample(3.7, -11.2, 44.4, out);
    expect(out[0]).toBeCloseTo(0.37, 5);
    expect(out[1]).toBeCloseTo(3.24, 5);
    expect(out[2]).toBeCloseTo(2.22, 5);
    field.sample(500, 0, -500, out);
    expect(out[0]).toBeCloseTo(3, 3);
    expect(out[2]).toBeCloseTo(0, 3);
  });

  it('bounds what it can be in a box', () => {
    const { least, most } = field.range([-5, -5, 10], [5, 5, 20]);
    expect(least[0]).toBeCloseTo(-1, 5);
    expect(most[0]).toBeCloseTo(1, 5);
    expect(field.largestMm).toBeCloseTo(5, 5);
  });
});
