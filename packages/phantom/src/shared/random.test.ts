import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

describe('random streams', () => {
  it('are the same for the same key and fixed for ever', () => {
    const stream = Random.of('test', 1);
    expect([stream.uint32(), stream.uint32(), stream.uint32()]).toEqual([4202703684, 393543269, 423564480]);
    expect(Random.of('test', 1).fork('a').uint32()).toBe(Random.of('test', 1, 'a').uint32());
  });

  it('do not depend on what another stream drew', () => {
    const parent = Random.of('test', 2);
    const early = parent.fork('child').uint32();
    parent.uint32();
    expect(parent.fork('child').uint32()).toBe(early);
  });

  it('have the moments they should', () => {
    const values = new Float32Array(200_001);
    Random.of('moments').fillNormal(values);
    let sum = 0;
    let square = 0;
    let neighbours = 0;
    values.forEach((value, n) => {
      sum += value;
      square += value * value;
      if (n > 0) neighbours += value * values[n - 1]!;
    });
    expect(sum / values.length).toBeCloseTo(0, 2);
    expect(square / values.length).toBeCloseTo(1, 1);
    expect(Math.abs(neighbours / values.length)).toBeLessThan(0.01);
    const uniform = Random.of('uniform');
    const drawn = Array.from({ length: 20_000 }, () => uniform.uniform());
    expect(drawn.reduce((a, b) => a + b) / drawn.length).toBeCloseTo(0.5, 2);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
  });
});
