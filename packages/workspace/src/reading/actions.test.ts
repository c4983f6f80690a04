import { describe, expect, it } from 'vitest';
import { Dispatcher } from '../actions/dispatcher.ts';
import type { ReadingContext } from './context.ts';
import { displayActions } from './display-actions.ts';
import { reviewActions } from './review-actions.ts';

describe('the actions of the reading page', () => {
  const all = [...displayActions, ...reviewActions];

  it('have one key each and no id twice', () => {
    const dispatcher = new Dispatcher<ReadingContext>(all, () => {
      throw new Error('not needed');
    });
    expect(new Set(dispatcher.actions.map((action) => action.id)).size).toBe(all.length);
  });

  it('give windows 1 to 5 and ranges 6 to 9', () => {
    const keys = (group: string) =>
      all.filter((action) => action.group === group).flatMap((action) => action.keys);
    expect(keys('CT window')).toEqual(['1', '2', '3', '4', '5']);
    expect(keys('PET range').slice(0, 4)).toEqual(['6', '7', '8', '9']);
  });

  it('can take back every decision', () => {
    const decisions = ['finding.accept', 'finding.reject', 'finding.modify', 'finding.accept-all'];
    for (const id of decisions) expect(all.find((action) => action.id === id)?.undo, id).toBeDefined();
  });
});
