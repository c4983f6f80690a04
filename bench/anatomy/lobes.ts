/**
 * Lobes of the lungs on phantoms of known truth: Dice of each lobe, distance of the fissures that were found from the
 * true ones, how much of each is taken for seen, and which lobes are left out, by kind of fissure.
 *
 *   node bench/anatomy/lobes.ts [--seeds 741-744] [--kinds complete,incomplete,invisible] [--slice 2.5]
 *
 * Chests of 2×2 mm pixels. Seeds 701 to 720 served for tuning, 741 and above are for reporting; arms, contrast medium and
 * noise follow the seed.
 */
import { parseArgs } from 'node:util';
import {
  aboveFissure,
  drawLobes,
  type FissureName,
  LOBE_LABELS,
  lobeNames,
  refineAnatomy,
  segmentCtAnatomy,
  segmentLobes,
} from '@photopeak/analysis';
import { toWorld, type Volume } from '@photopeak/imaging';
import { fissureKinds, petctPhantom } from '@photopeak/phantom';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '741-744' },
    kinds: { type: 'string', default: fissureKinds.join(',') },
    slice: { type: 'string', default: '2.5' },
  },
});
const [first, last] = options.seeds.split('-').map(Number) as [number, number | undefined];
const sliceMm = Number(options.slice);
const CHEST = { belowTopMm: 285, heightMm: 255 } as const;

/** The fissure between two lobes that touch, by the lower one. */
function fissureBetween(below: number, above: number): FissureName | undefined {
  if (below === above || below === 0 || above === 0) return undefined;
  if (below === LOBE_LABELS.lobeLeftLower) return 'obliqueLeft';
  if (below === LOBE_LABELS.lobeRightLower) return 'obliqueRight';
  return below === LOBE_LABELS.lobeRightMiddle ? 'horizontalRight' : undefined;
}

/** Points of the true fissures: between two voxels of different lobes, one above the other. */
function* truePoints(truth: Volume<Uint8Array>): Generator<readonly [FissureName, number, number, number]> {
  const [nx, ny, nz] = truth.size;
  for (let k = 0, n = 0; k < nz - 1; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const name = fissureBetween(truth.data[n]!, truth.data[n + nx * ny]!);
        if (name !== undefined) yield [name, ...toWorld(truth, [i, j, k + 0.5])];
      }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;

const summary: string[] = [];
for (const kind of options.kinds.split(',') as (typeof fissureKinds)[number][]) {
  const dices = new Map<string, number[]>(lobeNames.map((name) => [name, []]));
  const away: number[] = [];
  const seen: number[] = [];
  let [shown, cases, cpuSeconds] = [0, 0, 0];
  for (let seed = first; seed <= (last ?? first); seed++) {
    const phantom = petctPhantom({
      seed,
      fissures: kind,
      lesions: [],
      arms: seed % 2 === 0 ? 'up' : 'down',
      contrast: seed % 3 === 1,
      noise: seed % 4 === 3 ? 2 : 1,
      grids: {
        ct: {
          size: [168, 128, Math.round(CHEST.heightMm / sliceMm)],
          spacingMm: [2, 2, sliceMm],
          belowTopMm: CHEST.belowTopMm,
        },
        pet: { size: [8, 8, 8], spacingMm: [30, 30, 30] },
      },
    });
    const truth = phantom.lobes()!;
    const anatomy = await segmentCtAnatomy(phantom.ct);
    const start = process.cpuUsage();
    const lobes = await segmentLobes(phantom.ct, anatomy);
    const { user, system } = process.cpuUsage(start);
    cpuSeconds += (user + system) * 1e-6;
    const drawn = drawLobes(refineAnatomy(phantom.ct, anatomy), lobes);
    for (const { name, present } of lobes.structures) {
      cases++;
      if (!present) continue;
      shown++;
      let [mine, real, both] = [0, 0, 0];
      for (let n = 0; n < truth.data.length; n++) {
        const isMine = drawn.data[n] === LOBE_LABELS[name];
        const isReal = truth.data[n] === LOBE_LABELS[name];
        mine += Number(isMine);
        real += Number(isReal);
        both += Number(isMine && isReal);
      }
      dices.get(name)!.push((2 * both) / (mine + real));
    }
    const distances = new Map<FissureName, number[]>();
    for (const [name, x, y, z] of truePoints(truth)) {
      const fissure = lobes.fissures[name];
      if (fissure === undefined) continue;
      const list = distances.get(name) ?? [];
      distances.set(name, list);
      list.push(Math.abs(aboveFissure(fissure, x, y, z)));
    }
    for (const [name, list] of distances) {
      away.push(...list);
      seen.push(lobes.fissures[name]!.seen);
      console.log(
        `${kind} ${seed} ${name}: mean ${mean(list).toFixed(1)} mm, p95 ${quantile(list, 0.95).toFixed(1)} mm, ` +
          `seen ${lobes.fissures[name]!.seen.toFixed(2)}`,
      );
    }
  }
  const worst = Math.min(...[...dices.values()].flat());
  summary.push(
    `| ${kind} | ${shown} of ${cases} | ${[...dices.values()]
      .map((list) => (list.length === 0 ? '–' : mean(list).toFixed(3)))
      .join(
        ' | ',
      )} | ${shown === 0 ? '–' : worst.toFixed(3)} | ${mean(away).toFixed(1)}, ${quantile(away, 0.95).toFixed(1)} | ` +
      `${quantile(seen, 0).toFixed(2)} to ${quantile(seen, 1).toFixed(2)} | ${(cpuSeconds / (cases / 5)).toFixed(1)} s |`,
  );
}
console.log(`\n| fissures | lobes shown | ${lobeNames.join(' | ')} | worst | mm mean, p95 | seen | CPU |`);
console.log(summary.join('\n'));
console.log(`lobes: seeds ${options.seeds}, slices of ${sliceMm} mm (simulated)`);
process.exit(0);
