// Metal artifacts on simulated slices of a body with hip implants, spinal screws or fillings of teeth (polychromatic beam, photon noise, water correction):
// root mean square error against the same scan without metal, voxels of metal left out; from the sinogram and from the
// image alone, there by the classical method and, if asked for, by the network after it. Last, what is changed of the same slices
// without streaks, metal drawn into the scan without it. Seeds of 100 and more are for reports, smaller ones served for tuning.
//   node bench/reconstruction/metal.ts [first seed, 100] [seeds, 10] [voxels along an edge, 256] [beam, parallel or fan] [nmar, or other methods of the sinogram, network, image for none of them, with commas between] [body, hip, spine or dental]
import { type MetalMethod, reduceMetal } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { enhancedBy } from '../enhancement/support.ts';
import {
  annulus,
  type MetalBeam,
  type MetalBody,
  type MetalCase,
  measureDistances,
  metalCase,
  rmse,
  shareOfNewStreaks,
} from './metal-case.ts';

const [first = 100, count = 10, edge = 256] = process.argv.slice(2, 5).map(Number);
const beam = (process.argv[5] ?? 'parallel') as MetalBeam;
const names = (process.argv[6] ?? 'nmar').split(',');
const body = (process.argv[7] ?? 'hip') as MetalBody;
type Reduced = (one: MetalCase) => Promise<Volume<Float32Array>>;

const image: Reduced = async ({ scanned }) => (await reduceMetal(scanned)).volume;
const network: Reduced = ({ scanned }) => enhancedBy('network-metal', scanned);
const sinogram =
  (method: MetalMethod): Reduced =>
  async ({ scanned, projections, waterPerMm }) =>
    (await reduceMetal(scanned, { sinogram: { method, projections, waterPerMm } })).volume;
const ways: readonly { readonly name: string; readonly reduce: Reduced }[] = [
  ...names
    .filter((name) => name !== 'image' && name !== 'network')
    .map((name) => ({ name: `${name}, sinogram`, reduce: sinogram(name as MetalMethod) })),
  { name: 'image', reduce: image },
  ...(names.includes('network') ? [{ name: 'image and network', reduce: network }] : []),
];
const rows = ways.map(() => ({
  ratio: [] as number[],
  near: [] as number[],
  streaks: [] as number[],
  unasked: [] as number[],
}));
/** Of the highest that 12 bits hold, as metal is stored. */
const METAL_HU = 3071;
const withoutStreaks = ({ reference, metal }: MetalCase): Volume<Float32Array> => ({
  ...reference,
  data: reference.data.map((hu, at) => (metal[at]! > 0.5 ? METAL_HU : hu)),
});
const uncorrected: number[] = [];
for (let seed = first; seed < first + count; seed++) {
  const one = await metalCase(seed, edge, beam, body);
  await measureDistances(one);
  const { scanned, reference, metal } = one;
  const before = rmse(scanned, reference, metal);
  uncorrected.push(before);
  for (const [n, { reduce }] of ways.entries()) {
    const volume = await reduce(one);
    rows[n]!.ratio.push(rmse(volume, reference, metal) / before);
    rows[n]!.near.push(annulus(volume, reference, metal, 0, 20) / annulus(scanned, reference, metal, 0, 20));
    rows[n]!.streaks.push(shareOfNewStreaks(volume, scanned, reference, metal));
    if (names.includes('image'))
      rows[n]!.unasked.push(rmse(await reduce({ ...one, scanned: withoutStreaks(one) }), reference, metal));
  }
}
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (value: number) => `${(100 * (value - 1)).toFixed(1)} %`;
console.log(
  `seeds ${first} to ${first + count - 1}, ${body}, ${edge}², ${beam} beam: uncorrected ${mean(uncorrected).toFixed(1)} HU`,
);
for (const [n, { name }] of ways.entries()) {
  const { ratio, near, streaks, unasked } = rows[n]!;
  console.log(
    `${name}: RMSE ${percent(mean(ratio))} (worst ${percent(Math.max(...ratio))}), within 20 mm of metal ${percent(mean(near))}, new streaks ${(100 * mean(streaks)).toFixed(1)} %` +
      (unasked.length === 0 ? '' : `; where there are none, changed by ${mean(unasked).toFixed(1)} HU`),
  );
}
