let wanted: number | undefined;

/** Worker threads for the heavy functions; results are the same for any number. Default: one per processor. */
export function setThreads(count: number): void {
  wanted = Math.max(1, Math.trunc(count));
}

export function threads(): number {
  return wanted ?? 1;
}
