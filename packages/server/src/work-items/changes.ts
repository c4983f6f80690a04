/** Tells the parts of this process that work items changed, so that nobody has to wait for his next look. */
export interface WorkItemChanges {
  announce(): void;
  subscribe(listener: () => void): () => void;
}

export function createWorkItemChanges(): WorkItemChanges {
  const listeners = new Set<() => void>();
  return {
    announce() {
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
