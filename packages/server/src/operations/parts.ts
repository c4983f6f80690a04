/** Something that runs for one entry of a list of settings until it is stopped. */
export interface Part {
  /** Looks for work now. */
  kick?(): void;
  stop(): Promise<void>;
}

export interface Parts {
  /** Stops the parts of entries that are gone or changed and starts those of new ones; the others go on. */
  follow(): Promise<void>;
  kick(): void;
  stop(): Promise<void>;
}

/** Parts that follow a list of settings while the node runs. Nothing runs before the first `follow`. */
export function createParts<Entry extends { readonly name: string }>(
  entries: () => readonly Entry[],
  start: (entry: Entry) => Part | Promise<Part>,
): Parts {
  const running = new Map<string, { readonly settings: string; readonly part: Part }>();
  let turn: Promise<void> = Promise.resolve();

  async function follow(): Promise<void> {
    const wanted = new Map(entries().map((entry) => [entry.name, entry]));
    for (const [name, { settings, part }] of running) {
      if (settings === JSON.stringify(wanted.get(name))) continue;
      running.delete(name);
      await part.stop();
    }
    for (const [name, entry] of wanted) {
      if (running.has(name)) continue;
      running.set(name, { settings: JSON.stringify(entry), part: await start(entry) });
    }
  }

  return {
    // One change after the other: two at once could start a part twice.
    follow() {
      const next = turn.then(follow);
      turn = next.catch(() => undefined);
      return next;
    },
    kick() {
      for (const { part } of running.values()) part.kick?.();
    },
    async stop() {
      await turn;
      await Promise.all([...running.values()].map(({ part }) => part.stop()));
      running.clear();
    },
  };
}
