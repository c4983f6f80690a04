import { describe, expect, it } from 'vitest';
import { makeStudies } from '../../testing/fixture/state.ts';
import { arrange } from './order.ts';

const entries = makeStudies().map((study) => study.entry());
const names = (list: readonly { readonly patientName: string }[]) => list.map((entry) => entry.patientName);

describe('the order of the work list', () => {
  it('puts the most pressing first and what is signed last', () => {
    const order = names(arrange(entries, '', { key: 'priority', isReversed: false }));
    expect(order.slice(0, 3)).toEqual(['Phantom^Petra', 'Frames^Two', 'Weight^Missing']);
    expect(order.at(-1)).toBe('Yesterday^Done');
  });

  it('sorts the worst registration first and studies without one last', () => {
    const order = arrange(entries, '', { key: 'registration', isReversed: false });
    expect(order[0]!.registration?.score).toBe(22);
    expect(order.at(-1)!.registration).toBeNull();
  });

  it('finds every word, in any order, over several fields', () => {
    const find = (filter: string) => names(arrange(entries, filter, { key: 'patient', isReversed: false }));
    expect(find('petra phantom')).toEqual(['Phantom^Petra']);
    expect(find('pp-0002')).toEqual(['Weight^Missing']);
    expect(find('signed')).toEqual(['Yesterday^Done']);
    expect(find('nobody')).toEqual([]);
  });
});
