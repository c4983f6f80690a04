import { describe, expect, it } from 'vitest';
import { EVENTS, type Event, STATES, type State, step } from './table.ts';

const events = Object.keys(EVENTS) as Event[];
const states = Object.keys(STATES) as State[];
const facts = { isAcceptable: true, isRequestor: true };

const PDU_EVENTS: Event[] = ['Evt3', 'Evt4', 'Evt6', 'Evt10', 'Evt12', 'Evt13', 'Evt16', 'Evt19'];
const WITH_CONNECTION: State[] = states.filter((state) => state !== 'Sta1' && state !== 'Sta4');

/** PS3.8 table 9-10 read by its cells rather than by its rows: `event state action`, defaults left out. */
const SPECIAL = `
  Evt1 Sta1 AE-1 | Evt2 Sta4 AE-2 | Evt3 Sta5 AE-3 | Evt4 Sta5 AE-4 | Evt5 Sta1 AE-5 | Evt6 Sta2 AE-6 acceptable
  Evt7 Sta3 AE-7 | Evt8 Sta3 AE-8 | Evt9 Sta6 DT-1 | Evt9 Sta8 AR-7 | Evt10 Sta6 DT-2 | Evt10 Sta7 AR-6
  Evt11 Sta6 AR-1 | Evt12 Sta6 AR-2 | Evt12 Sta7 AR-8 requestor | Evt13 Sta7 AR-3 | Evt13 Sta10 AR-10
  Evt13 Sta11 AR-3 | Evt14 Sta8 AR-4 | Evt14 Sta9 AR-9 | Evt14 Sta12 AR-4 | Evt15 Sta4 AA-2 | Evt17 Sta4 AA-4
  Evt17 Sta2 AA-5 | Evt17 Sta13 AR-5 | Evt18 Sta2 AA-2 | Evt18 Sta13 AA-2
`
  .split(/[|\n]/)
  .map((cell) => cell.trim().split(' '))
  .filter((cell) => cell.length > 1);

/** What the standard says in words about everything that is not special. */
function usual(event: Event, state: State): string | undefined {
  const isOpen = WITH_CONNECTION.includes(state);
  if (event === 'Evt16' && isOpen) return state === 'Sta2' || state === 'Sta13' ? 'AA-2' : 'AA-3';
  if (event === 'Evt17' && isOpen) return 'AA-4';
  if (event === 'Evt15' && isOpen && state !== 'Sta2' && state !== 'Sta13') return 'AA-1';
  if (!PDU_EVENTS.includes(event) || !isOpen) return undefined;
  if (state === 'Sta2') return 'AA-1';
  if (state === 'Sta13') return event === 'Evt6' || event === 'Evt19' ? 'AA-7' : 'AA-6';
  return 'AA-8';
}

describe('the state machine of PS3.8', () => {
  for (const event of events) {
    it.each(states)(`${event} (${EVENTS[event]}) in %s`, (state) => {
      const special = SPECIAL.find(([e, s]) => e === event && s === state)
        ?.slice(2)
        .join(' ');
      expect(step(state, event, facts)?.action).toBe(special ?? usual(event, state));
    });
  }

  it('goes where each action says', () => {
    const next = (state: State, event: Event, more = {}) => step(state, event, { ...facts, ...more })?.next;
    expect(next('Sta1', 'Evt1')).toBe('Sta4');
    expect(next('Sta4', 'Evt2')).toBe('Sta5');
    expect(next('Sta5', 'Evt3')).toBe('Sta6');
    expect(next('Sta5', 'Evt4')).toBe('Sta1');
    expect(next('Sta1', 'Evt5')).toBe('Sta2');
    expect(next('Sta2', 'Evt6')).toBe('Sta3');
    expect(next('Sta2', 'Evt6', { isAcceptable: false })).toBe('Sta13');
    expect(next('Sta3', 'Evt7')).toBe('Sta6');
    expect(next('Sta3', 'Evt8')).toBe('Sta13');
    expect(next('Sta6', 'Evt11')).toBe('Sta7');
    expect(next('Sta6', 'Evt12')).toBe('Sta8');
    expect(next('Sta7', 'Evt12')).toBe('Sta9');
    expect(next('Sta7', 'Evt12', { isRequestor: false })).toBe('Sta10');
    expect(next('Sta9', 'Evt14')).toBe('Sta11');
    expect(next('Sta10', 'Evt13')).toBe('Sta12');
    expect(next('Sta12', 'Evt14')).toBe('Sta13');
    expect(next('Sta11', 'Evt13')).toBe('Sta1');
    expect(next('Sta13', 'Evt17')).toBe('Sta1');
  });

  it('ends every association that the connection leaves, and tells its user', () => {
    for (const state of WITH_CONNECTION) {
      const taken = step(state, 'Evt17', facts);
      expect(taken?.next).toBe('Sta1');
      const isKnownToUser = state !== 'Sta2' && state !== 'Sta13';
      expect(taken?.effects.includes('indicate-provider-abort')).toBe(isKnownToUser);
    }
  });

  it('starts ARTIM whenever it waits for the peer to close, and stops it when it has', () => {
    for (const event of events) {
      for (const state of states) {
        const taken = step(state, event, facts);
        if (taken === undefined || state === 'Sta13') continue;
        if (taken.next === 'Sta13') expect(taken.effects).toContain('start-artim');
      }
    }
    expect(step('Sta13', 'Evt17', facts)?.effects).toContain('stop-artim');
  });
});
