import type { Volume } from '@photopeak/imaging';
import type { BasinSplit } from './basins.ts';
import type { Judgement } from './model/judge.ts';
import type { Physiology } from './physiology.ts';

/** Hills of one candidate that belong together. */
export interface Piece {
  /** Ascending linear indices in the PET. */
  readonly voxels: Uint32Array;
  readonly peakIndex: number;
  readonly judgement: Judgement;
  /** What it is taken for: its own judgement, or that of the organ it leans on. */
  readonly physiology: Physiology | undefined;
}

/** Two hills of lesion tissue are one lesion when the pass between them is at least this share of the lower summit. */
const ONE_LESION = 0.55;
/** A hill that leans on an organ without a deeper dip than this belongs to the organ. */
const PART_OF_ORGAN = 0.72;

/** Judges each hill, lets organs take the shoulders that lean on them, and joins what has the same name. */
export function pieces(
  volume: Volume,
  split: BasinSplit,
  judge: (voxels: Uint32Array, peakIndex: number) => Judgement,
): Piece[] {
  const { basins, saddles } = split;
  const judgements = basins.map((basin) => judge(basin.voxels, basin.peakIndex));
  const names = judgements.map(({ physiology }) => physiology?.organ);
  // Highest hills first: an organ spreads downhill, never up.
  const order = basins.map((_, n) => n).sort((a, b) => basins[b]!.summit - basins[a]!.summit || a - b);
  for (const n of order) {
    if (names[n] !== undefined) continue;
    const host = order.find(
      (other) =>
        names[other] !== undefined &&
        basins[other]!.summit > basins[n]!.summit &&
        saddles[n]![other]! >= PART_OF_ORGAN * basins[n]!.summit,
    );
    if (host !== undefined) names[n] = names[host];
  }
  const owner = basins.map((_, n) => n);
  const root = (n: number): number => (owner[n] === n ? n : root(owner[n]!));
  for (let a = 0; a < basins.length; a++)
    for (let b = a + 1; b < basins.length; b++) {
      const pass = saddles[a]![b]!;
      if (pass === 0 || names[a] !== names[b]) continue;
      const lower = Math.min(basins[a]!.summit, basins[b]!.summit);
      if (names[a] === undefined && pass < ONE_LESION * lower) continue;
      const [x, y] = [root(a), root(b)];
      if (x !== y) owner[Math.max(x, y)] = Math.min(x, y);
    }
  const groups = new Map<number, number[]>();
  for (let n = 0; n < basins.length; n++) groups.set(root(n), [...(groups.get(root(n)) ?? []), n]);
  return [...groups.values()].map((members) => {
    const leader = members.reduce((best, n) =>
      volume.data[basins[n]!.peakIndex]! > volume.data[basins[best]!.peakIndex]! ? n : best,
    );
    const single = members.length === 1;
    const voxels = single
      ? basins[leader]!.voxels.slice().sort()
      : Uint32Array.from(members.flatMap((n) => [...basins[n]!.voxels])).sort();
    const peakIndex = basins[leader]!.peakIndex;
    const named = members.find((n) => judgements[n]!.physiology !== undefined);
    return {
      voxels,
      peakIndex,
      judgement: single ? judgements[leader]! : judge(voxels, peakIndex),
      physiology:
        names[leader] === undefined
          ? undefined
          : named !== undefined
            ? judgements[named]!.physiology
            : {
                organ: names[leader],
                reason: `continues the uptake of the ${names[leader]}`,
                confidence: 0.6,
              },
    };
  });
}
