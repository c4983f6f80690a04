/** Memory that several share: whoever asks for more than is left waits for the others, in order. */
export interface MemoryBudget {
  /**
   * Resolves when so many bytes are free, with the way to give them back (once). One that is larger than all there is gets its
   * turn when nobody else holds anything.
   */
  take(bytes: number): Promise<() => void>;
}

export function memoryBudget(totalBytes: number): MemoryBudget {
  let used = 0;
  const waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  const fits = (bytes: number) => used === 0 || used + bytes <= totalBytes;

  function admit(): void {
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift();
      used += next.bytes;
      next.begin();
    }
  }

  return {
    async take(bytes) {
      await new Promise<void>((begin) => {
        waiting.push({ bytes, begin });
        admit();
      });
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        used -= bytes;
        admit();
      };
    },
  };
}
