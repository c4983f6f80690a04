import { describe, expect, it } from 'vitest';
import { createNeighbours } from './neighbours.ts';

function scene() {
  const stored = new Map([
    ['CT', new Map([...Array(300).keys()].map((n) => [`CT.${n}`, n]))],
    ['PT', new Map([['PT.0', 1000]])],
  ]);
  let time = 0;
  const asked: string[] = [];
  const neighbours = createNeighbours<number>({
    now: () => time,
    async one(series, instance) {
      asked.push(instance);
      return stored.get(series)?.get(instance);
    },
    async all(series) {
      asked.push(series);
      return new Map(stored.get(series));
    },
  });
  return { neighbours, stored, asked, pass: (ms: number) => (time += ms) };
}

describe('a series that is retrieved instance by instance', () => {
  it('is asked for twice, whatever its length', async () => {
    const { neighbours, asked } = scene();
    for (let n = 0; n < 300; n++) expect((await neighbours.find('CT', `CT.${n}`))?.row).toBe(n);
    expect(asked).toEqual(['CT.0', 'CT']);
    expect((await neighbours.find('PT', 'PT.0'))?.row).toBe(1000);
    expect(asked).toEqual(['CT.0', 'CT', 'PT.0']);
  });

  it('shows what arrives meanwhile at once, and what goes away after two seconds', async () => {
    const { neighbours, stored, pass } = scene();
    await neighbours.find('CT', 'CT.0');
    await neighbours.find('CT', 'CT.1');
    expect(await neighbours.find('CT', 'CT.300')).toBeUndefined();
    stored.get('CT')!.set('CT.300', 300);
    expect((await neighbours.find('CT', 'CT.300'))?.row).toBe(300);
    stored.get('CT')!.delete('CT.5');
    pass(2001);
    expect(await neighbours.find('CT', 'CT.5')).toBeUndefined();
  });

  it('tells what comes next to a client that goes through it in order', async () => {
    const { neighbours } = scene();
    const next = async (n: number) => (await neighbours.find('CT', `CT.${n}`))?.next;
    expect(await next(0)).toBeUndefined();
    expect(await next(1)).toBeUndefined();
    expect(await next(2)).toBe(3);
    expect(await next(3)).toBe(4);
    expect(await next(10)).toBeUndefined();
    expect(await next(11)).toBe(12);
    expect(await next(298)).toBeUndefined();
    expect(await next(299)).toBeUndefined();
  });

  it('is not taken whole for a client that asks now and then', async () => {
    const { neighbours, asked, pass } = scene();
    for (const n of [1, 2, 3]) {
      expect((await neighbours.find('CT', `CT.${n}`))?.row).toBe(n);
      pass(2500);
    }
    expect(asked).toEqual(['CT.1', 'CT.2', 'CT.3']);
  });
});
