/** Lets whoever keeps an association open for a report know that it has come, on whatever association. */
export interface Arrivals {
  /** Resolves when the report of a transaction has come, at the latest after `ms`. */
  wait(transactionUid: string, ms: number): Promise<void>;
  came(transactionUid: string): void;
}

export function createArrivals(): Arrivals {
  const waiting = new Map<string, () => void>();
  return {
    wait(transactionUid, ms) {
      return new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiting.delete(transactionUid);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.set(transactionUid, done);
      });
    },
    came: (transactionUid) => waiting.get(transactionUid)?.(),
  };
}
