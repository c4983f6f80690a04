import { describe, expect, it } from 'vitest';
import { returnPath } from './return-path.ts';

describe('the way back after signing in', () => {
  it('is a page of this site', () => {
    expect(returnPath('/studies/1.2.826.0.1.5')).toBe('/studies/1.2.826.0.1.5');
    expect(returnPath(undefined)).toBe('/');
  });

  it.each([
    '//elsewhere.example',
    '/\\elsewhere.example',
    'https://elsewhere.example',
    'javascript:alert(1)',
    '/%2F%2Fx',
  ])('is the work list instead of %s', (wanted) => {
    expect(returnPath(wanted)).toBe('/');
  });
});
