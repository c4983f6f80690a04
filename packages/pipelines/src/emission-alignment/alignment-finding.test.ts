import { describe, expect, it } from 'vitest';
import { alignmentFinding } from './alignment-finding.ts';

describe('a notice of a misalignment', () => {
  it('names what lies beyond the limit, the worst first', () => {
    const [finding, ...rest] = alignmentFinding(
      'PET and MR',
      [
        { where: 'head', mm: 9 },
        { where: 'skin', mm: 8 },
        { where: 'liver dome', mm: 14.4 },
      ],
      8,
    );
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ code: 'ALIGNMENT_TO_CHECK', severity: 'warning' });
    expect(finding!.message).toContain('liver dome 14 mm, head 9 mm');
    expect(finding!.message).not.toContain('skin');
  });

  it('is not given where all lies within', () => {
    expect(alignmentFinding('SPECT and CT', [{ where: 'the body', mm: 3 }], 8)).toEqual([]);
    expect(alignmentFinding('SPECT and CT', [], 8)).toEqual([]);
  });
});
