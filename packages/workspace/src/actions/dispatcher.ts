import { type Action, keyName } from './action.ts';

interface Done<Context> {
  readonly action: Action<Context>;
  readonly memento: unknown;
}

const HOLD_MS = 350;

/** Runs actions by name or key and remembers those that can be taken back. */
export class Dispatcher<Context> {
  readonly actions: readonly Action<Context>[];
  readonly #context: () => Context;
  readonly #byKey = new Map<string, Action<Context>>();
  readonly #history: Done<Context>[] = [];
  readonly #listeners = new Set<() => void>();
  #held: { readonly action: Action<Context>; readonly key: string; readonly since: number } | undefined;
  #version = 0;

  constructor(actions: readonly Action<Context>[], context: () => Context) {
    this.actions = actions;
    this.#context = context;
    for (const action of actions) {
      for (const key of action.keys) {
        const other = this.#byKey.get(key);
        if (other !== undefined) throw new Error(`${action.id} and ${other.id} share the key ${key}`);
        this.#byKey.set(key, action);
      }
    }
  }

  find(id: string): Action<Context> {
    const action = this.actions.find((one) => one.id === id);
    if (action === undefined) throw new Error(`no action ${id}`);
    return action;
  }

  isEnabled(id: string): boolean {
    return this.find(id).isEnabled(this.#context());
  }

  async run(id: string, payload?: unknown): Promise<void> {
    const action = this.find(id);
    const context = this.#context();
    if (!action.isEnabled(context)) return;
    const memento = await action.perform(context, payload);
    if (action.undo !== undefined && memento !== undefined) {
      this.#history.push({ action, memento });
      this.#changed();
    }
  }

  /** What `undo` would take back. */
  get last(): Action<Context> | undefined {
    return this.#history.at(-1)?.action;
  }

  async undo(): Promise<void> {
    const done = this.#history.pop();
    if (done === undefined) return;
    this.#changed();
    await done.action.undo?.(this.#context(), done.memento as never);
  }

  /** After a signature nothing before it can be taken back. */
  forget(): void {
    this.#history.length = 0;
    this.#changed();
  }

  /** True when the key was for an action. */
  keyDown(event: KeyboardEvent): boolean {
    const key = keyName(event);
    const action = this.#byKey.get(key);
    if (action === undefined || !action.isEnabled(this.#context())) return false;
    if (action.release !== undefined) {
      if (event.repeat) return true;
      this.#held = { action, key: event.key, since: event.timeStamp };
    }
    void this.run(action.id);
    return true;
  }

  keyUp(event: KeyboardEvent): void {
    const held = this.#held;
    if (held === undefined || held.key !== event.key) return;
    this.#held = undefined;
    if (event.timeStamp - held.since > HOLD_MS) held.action.release?.(this.#context());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Grows with every change of the history. */
  version = (): number => this.#version;

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
