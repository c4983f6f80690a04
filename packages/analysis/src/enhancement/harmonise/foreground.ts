const BINS = 512;

/** The value above which tissue lies: Otsu's threshold of the image (IEEE Trans. Syst. Man Cybern. 1979), halved. */
export function foregroundLevel(data: ArrayLike<number>): number {
  let most = 0;
  for (let n = 0; n < data.length; n++) most = Math.max(most, data[n]!);
  if (most <= 0) return 0;
  const counts = new Float64Array(BINS);
  for (let n = 0; n < data.length; n++)
    counts[Math.max(0, Math.min(BINS - 1, Math.floor((data[n]! / most) * BINS)))]!++;
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) total += bin * counts[bin]!;
  let [below, sumBelow, best, at] = [0, 0, -1, 0];
  for (let bin = 0; bin < BINS; bin++) {
    below += counts[bin]!;
    sumBelow += bin * counts[bin]!;
    const above = data.length - below;
    if (below === 0 || above === 0) continue;
    const difference = sumBelow / below - (total - sumBelow) / above;
    const between = below * above * difference * difference;
    if (between > best) [best, at] = [between, bin];
  }
  // Otsu parts bright from dark tissue where there is little air; half of it still parts air from dark tissue.
  return (((at + 1) / BINS) * most) / 2;
}
