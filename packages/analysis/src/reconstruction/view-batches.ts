/** Views that are projected, filtered or spread together: bounds the memory, and stays in the cache. */
const VIEWS_AT_A_TIME = 64;

/** The indices of `count` views, so many at a time. */
export function viewBatches(count: number): number[][] {
  return Array.from({ length: Math.ceil(count / VIEWS_AT_A_TIME) }, (_, batch) => {
    const first = batch * VIEWS_AT_A_TIME;
    return Array.from({ length: Math.min(VIEWS_AT_A_TIME, count - first) }, (_, n) => first + n);
  });
}
