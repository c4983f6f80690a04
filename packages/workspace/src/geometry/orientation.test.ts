import { describe, expect, it } from 'vitest';
import { edgeLetters, locationText, orientationLetters, viewVectors } from './orientation.ts';

describe('orientation', () => {
  it('looks at the patient as radiologists do', () => {
    expect(edgeLetters(viewVectors('axial'))).toEqual({ top: 'A', bottom: 'P', left: 'R', right: 'L' });
    expect(edgeLetters(viewVectors('coronal'))).toEqual({ top: 'H', bottom: 'F', left: 'R', right: 'L' });
    expect(edgeLetters(viewVectors('sagittal'))).toEqual({ top: 'H', bottom: 'F', left: 'A', right: 'P' });
  });

  it('turns the projection around the patient', () => {
    expect(edgeLetters(viewVectors('mip', 0)).left).toBe('R');
    expect(edgeLetters(viewVectors('mip', 90)).left).toBe('A');
    expect(edgeLetters(viewVectors('mip', 180)).left).toBe('L');
    expect(edgeLetters(viewVectors('mip', 270)).left).toBe('P');
    expect(edgeLetters(viewVectors('mip', 40)).left).toBe('RA');
  });

  it('names the stronger direction of an oblique one first', () => {
    expect(orientationLetters([0.5, 0.8, 0])).toBe('PL');
  });

  it('writes positions as side and distance', () => {
    expect(locationText('axial', [0, 0, -123.44])).toBe('F 123.4 mm');
    expect(locationText('coronal', [0, -10, 0])).toBe('A 10.0 mm');
    expect(locationText('sagittal', [23.4, 0, 0])).toBe('L 23.4 mm');
  });
});
