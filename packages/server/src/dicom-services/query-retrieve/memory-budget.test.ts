import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { memoryBudget } from './memory-budget.ts';

describe('memory that conversions share', () => {
  it('is given in order, never more than there is', async () => {
    const budget = memoryBudget(100);
    const done: string[] = [];
    const ask = async (name: string, bytes: number) => {
      const giveBack = await budget.take(bytes);
      done.push(name);
      return giveBack;
    };
    const first = await ask('first', 60);
    const large = ask('large', 50);
    const small = ask('small', 10);
    await turn();
    // The small one would fit and does not overtake: the large one would wait for ever.
    expect(done).toEqual(['first']);
    first();
    first();
    const giveBack = await Promise.all([large, small]);
    expect(done).toEqual(['first', 'large', 'small']);
    for (const give of giveBack) give();
  });

  it('is given whole to one that is larger than it', async () => {
    const budget = memoryBudget(100);
    const first = await budget.take(10);
    let isIn = false;
    const huge = budget.take(500).then((giveBack) => {
      isIn = true;
      return giveBack;
    });
    await turn();
    expect(isIn).toBe(false);
    first();
    (await huge)();
    (await budget.take(100))();
  });
});
