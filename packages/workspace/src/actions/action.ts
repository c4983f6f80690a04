import type { LucideIcon } from 'lucide-react';

/**
 * One thing a reader can do. The toolbar, the keys, the help overlay and undo all read this one list.
 * `perform` may answer a memento, which `undo` gets back.
 */
export interface Action<Context, Payload = unknown> {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly icon?: LucideIcon;
  /** As in `Shift+A`, `Ctrl+Z`, `ArrowUp`, `?`; any of them. */
  readonly keys: readonly string[];
  readonly isEnabled: (context: Context) => boolean;
  /** For something that is on or off. */
  readonly isOn?: (context: Context) => boolean;
  readonly perform: (context: Context, payload?: Payload) => unknown;
  readonly undo?: (context: Context, memento: never) => void | Promise<void>;
  /** For a key that is held: called when it is let go after more than a tap. */
  readonly release?: (context: Context) => void;
}

const names: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  ' ': 'Space',
  Escape: 'Esc',
};

/** A key as people read it. */
export function keyText(key: string): string {
  return key
    .split('+')
    .map((part, index, all) => (part === '' && index === all.length - 1 ? '+' : (names[part] ?? part)))
    .filter((part) => part !== '')
    .join(' ');
}

interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The name under which a key press is looked up. Letters are capital; Shift counts only with letters and names. */
export function keyName(event: KeyPress): string {
  const isLetter = /^[a-z]$/i.test(event.key);
  const key = isLetter ? event.key.toUpperCase() : event.key;
  const parts = [
    event.ctrlKey || event.metaKey ? 'Ctrl' : '',
    event.altKey ? 'Alt' : '',
    event.shiftKey && (isLetter || event.key.length > 1) ? 'Shift' : '',
    key,
  ];
  return parts.filter((part) => part !== '').join('+');
}
