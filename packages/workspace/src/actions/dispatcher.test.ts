import { describe, expect, it } from 'vitest';
import { type Action, keyName, keyText } from './action.ts';
import { Dispatcher } from './dispatcher.ts';

interface Counter {
  value: number;
  isOpen: boolean;
}

function make(context: Counter) {
  const actions: Action<Counter>[] = [
    {
      id: 'add',
      label: 'Add',
      group: 'Test',
      keys: ['A'],
      isEnabled: ({ isOpen }) => isOpen,
      perform: (counter, amount) => {
        const before = counter.value;
        counter.value += (amount as number | undefined) ?? 1;
        return before;
      },
      undo: (counter, before: never) => {
        counter.value = before;
      },
    },
    { id: 'look', label: 'Look', group: 'Test', keys: ['L'], isEnabled: () => true, perform: () => 'seen' },
  ];
  return new Dispatcher(actions, () => context);
}

function press(key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return {
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    repeat: false,
    ...more,
  } as KeyboardEvent;
}

describe('actions', () => {
  it('runs an action by its key and takes it back', async () => {
    const counter = { value: 0, isOpen: true };
    const dispatcher = make(counter);
    expect(dispatcher.keyDown(press('a'))).toBe(true);
    await dispatcher.run('add', 10);
    expect(counter.value).toBe(11);
    await dispatcher.undo();
    expect(counter.value).toBe(1);
    await dispatcher.undo();
    expect(counter.value).toBe(0);
    await dispatcher.undo();
    expect(counter.value).toBe(0);
  });

  it('does nothing that is not enabled, and leaves its key to the browser', async () => {
    const counter = { value: 0, isOpen: false };
    const dispatcher = make(counter);
    expect(dispatcher.keyDown(press('a'))).toBe(false);
    await dispatcher.run('add');
    expect(counter.value).toBe(0);
  });

  it('remembers only what can be taken back, and forgets when told', async () => {
    const dispatcher = make({ value: 0, isOpen: true });
    await dispatcher.run('look');
    expect(dispatcher.last).toBeUndefined();
    await dispatcher.run('add');
    expect(dispatcher.last?.id).toBe('add');
    dispatcher.forget();
    expect(dispatcher.last).toBeUndefined();
  });

  it('refuses two actions on one key', () => {
    const one = make({ value: 0, isOpen: true }).actions[0]!;
    expect(() => new Dispatcher([one, { ...one, id: 'other' }], () => ({ value: 0, isOpen: true }))).toThrow(
      'other and add share the key A',
    );
  });

  it('names keys the same with and without caps', () => {
    expect(keyName(press('a'))).toBe('A');
    expect(keyName(press('A', { shiftKey: true }))).toBe('Shift+A');
    expect(keyName(press('?', { shiftKey: true }))).toBe('?');
    expect(keyName(press('z', { metaKey: true }))).toBe('Ctrl+Z');
    expect(keyName(press('ArrowUp', { shiftKey: true }))).toBe('Shift+ArrowUp');
  });

  it('writes keys as people read them', () => {
    expect(keyText('Ctrl+Enter')).toBe('Ctrl Enter');
    expect(keyText('ArrowUp')).toBe('↑');
    expect(keyText('+')).toBe('+');
    expect(keyText(' ')).toBe('Space');
  });
});
