import { describe, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { labelOf, tissues } from '../tissues.ts';
import { buildAnatomy, drawBuild } from './index.ts';

const name = (label: number) => tissues[label]!.name;

describe.each([
  ['M', 'up', 11],
  ['F', 'up', 12],
  ['M', 'down', 13],
] as const)('a drawn person, %s, arms %s', (sex, arms, seed) => {
  const { canvas, spine } = buildAnatomy(drawBuild(seed, { sex, arms }), { heartLit: true });

  it('keeps every part inside its box', () => {
    const random = Random.of('boxes', seed);
    let beyond = 0;
    for (const { shape } of canvas.parts) {
      const { low, high } = shape.box;
      for (let n = 0; n < 40; n++) {
        const at = [0, 1, 2].map((axis) => random.between(low[axis]! - 15, high[axis]! + 15));
        const outside = at.some((value, axis) => value < low[axis]! - 1e-6 || value > high[axis]! + 1e-6);
        if (outside && shape.contains(at[0]!, at[1]!, at[2]!)) beyond++;
      }
    }
    expect(beyond).toBe(0);
  });

  it('puts organs where a reader looks for them', () => {
    expect(name(canvas.labelAt(-75, 0, -50))).toMatch(/^liver/);
    expect(name(canvas.labelAt(-85, 0, 120))).toMatch(/^lung/);
    expect(name(canvas.labelAt(85, 0, 150))).toMatch(/^lung/);
    expect(name(canvas.labelAt(0, -6, 225))).toBe('airway');
    expect(name(canvas.labelAt(0, -40, -364))).toBe('bladder');
    expect(name(canvas.labelAt(90, 5, -339))).toBe('spongy-bone');
    expect(name(canvas.labelAt(0, 0, 470))).toMatch(/matter$|fluid$/);
    const t8 = spine.find((vertebra) => vertebra.name === 'T8')!;
    expect(name(canvas.labelAt(...t8.center))).toBe('spongy-bone');
    expect(name(canvas.labelAt(0, -160, 0))).toBe('air');
  });

  it('has every organ that takes up tracer', () => {
    const painted = new Set(canvas.parts.map(({ label }) => label));
    const own = sex === 'M' ? 'prostate' : 'uterus';
    for (const organ of [
      'myocardium',
      'kidney-left',
      'kidney-right',
      'ureter-spot',
      'thyroid',
      own,
    ] as const) {
      expect(painted.has(labelOf(organ)), organ).toBe(true);
    }
  });
});
