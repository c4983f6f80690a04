import { useEffect } from 'react';
import type { Dispatcher } from './dispatcher.ts';

/** Where a key belongs to the element that has the focus. */
function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type !== 'range' && target.type !== 'checkbox';
}

/** A control that itself answers to these keys keeps them. */
function controlTakes(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement && target.type === 'range')
    return /^(Arrow|Home|End|Page)/.test(key);
  const pressable = target.closest('button, a, summary, [role=button], [role=option]') !== null;
  return pressable && (key === ' ' || key === 'Enter');
}

/** Gives the page's keys to the actions, but never those of a text field or an open dialog. */
export function useKeys<Context>(dispatcher: Dispatcher<Context>): void {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || typesText(event.target) || controlTakes(event.target, event.key)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (dispatcher.keyDown(event)) event.preventDefault();
    };
    const up = (event: KeyboardEvent) => dispatcher.keyUp(event);
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
    };
  }, [dispatcher]);
}
