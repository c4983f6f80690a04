import { describe, expect, it } from 'vitest';
import { ctGrid } from '../../testing/fixture/phantom.ts';
import { isTallerThanWide, planeNumber } from './moves.ts';

describe('planes', () => {
  it('are counted from the head, the front and the right', () => {
    const [low, , foot] = ctGrid.origin;
    const head = foot + 171 * 5;
    expect(planeNumber(ctGrid, 'axial', [0, 0, head])).toEqual([1, 172]);
    expect(planeNumber(ctGrid, 'axial', [0, 0, foot])).toEqual([172, 172]);
    expect(planeNumber(ctGrid, 'axial', [0, 0, head - 5.1])).toEqual([2, 172]);
    expect(planeNumber(ctGrid, 'sagittal', [low, 0, 0])).toEqual([1, 160]);
    expect(planeNumber(ctGrid, 'coronal', [0, -low, 0])).toEqual([160, 160]);
  });

  it('stay within the volume', () => {
    expect(planeNumber(ctGrid, 'axial', [0, 0, 10_000])).toEqual([1, 172]);
  });

  it('tell a whole body from a short scan', () => {
    expect(isTallerThanWide(ctGrid)).toBe(true);
    expect(isTallerThanWide({ ...ctGrid, size: [160, 160, 60] })).toBe(false);
  });
});
