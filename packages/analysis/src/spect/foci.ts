import {
  dilate,
  labelMask,
  type Mask,
  toWorld,
  type Vec3,
  type Volume,
  voxelVolumeMl,
} from '@photopeak/imaging';
import { type CtStructureName, ctStructureNames, ORGAN_LABELS } from '../anatomy/index.ts';
import { splitBasins } from '../lesions/basins.ts';
import { candidatesAbove } from '../lesions/candidates.ts';
import { outlineFindings } from '../lesions/outline.ts';
import { measureVoxels, type RegionMeasurement } from '../measurements/index.ts';
import { median } from '../numbers/index.ts';
import type { SpectPreset } from '../tracers/index.ts';
import { spleenPlace } from './spleen-place.ts';

/** A focus of a tomogram: what takes up more than it should, or an organ that is known to. */
export interface Focus {
  /** 1, 2, …: foci by falling maximum, then what is set aside. Value in `FoundFoci.labels`. */
  readonly id: number;
  /** Null for a focus; else the organ whose usual uptake it is. */
  readonly organ: CtStructureName | 'outside the body' | null;
  readonly reason: string;
  /** Structure of the CT in which most of it lies; `body` where it has no name. */
  readonly site: CtStructureName;
  /** In the unit of the tomogram. */
  readonly measurement: RegionMeasurement;
}

export interface FoundFoci {
  readonly foci: readonly Focus[];
  /** Id of the focus at each voxel of the tomogram. */
  readonly labels: Volume<Uint8Array | Uint16Array>;
  readonly threshold: number;
  /** Uptake that stands for the reference structure. */
  readonly reference: number;
  /** How the threshold came about, in words. */
  readonly derivation: string;
}

export interface FociOptions {
  readonly preset: SpectPreset;
  /** Each focus is outlined at this share of its maximum. */
  readonly share: number;
  readonly smallestMl: number;
  /** How far uptake spills over the border of an organ; default 8 mm, about a camera's resolution. */
  readonly spillMm?: number;
}

const SPILL_MM = 8;
/** A reference with fewer voxels is no reference. */
const FEWEST_VOXELS = 20;
/** A hill belongs to an organ when so much of it lies in it or in what spills over. */
const OF_ORGAN_SHARE = 0.5;

/**
 * Foci of a tomogram in any unit, relative to the uptake of a reference structure: thresholds are multiples, so that
 * counts serve as well as Bq/ml. `anatomy` is `ORGAN_LABELS` on the grid of the tomogram.
 *
 * Returns the reason as text where the reference is not in the field of view.
 */
export async function findFoci(
  spect: Volume,
  anatomy: Volume<Uint8Array>,
  { preset, share, smallestMl, spillMm = SPILL_MM }: FociOptions,
): Promise<FoundFoci | string> {
  const reference = referenceUptake(spect, anatomy, preset);
  if (reference === undefined)
    return `${preset.reference} is not seen on the CT, so that there is no threshold`;
  const threshold = preset.times * reference.value;
  const smallest = Math.max(1, Math.ceil(smallestMl / voxelVolumeMl(spect) - 1e-9));
  const organs = await organMasks(spect, anatomy, preset, spillMm);
  const isSpleen = preset.physiological.includes('spleen') ? spleenPlace(anatomy) : undefined;
  const hills: Hill[] = [];
  for (const candidate of candidatesAbove(spect, threshold, smallest)) {
    const { basins } = await splitBasins(spect, candidate, smallest);
    for (const basin of basins)
      for (const { voxels, peakIndex } of withoutOrgans(spect, basin, organs, preset))
        if (voxels.length >= smallest) {
          const judged = judge(anatomy, organs, preset, { voxels, peakIndex, max: spect.data[peakIndex]! });
          const hill = { ...judged, voxels };
          hills.push(isSpleen !== undefined && isLikeSpleen(spect, hill, isSpleen) ? asSpleen(hill) : hill);
        }
  }
  const outlined = await outlineFindings(
    spect,
    hills.filter(({ organ }) => organ === null),
    { kind: 'relative', share },
    threshold,
  );
  const foci = outlined.map(({ level: _, ...hill }): Hill => hill);
  const aside = hills.filter(({ organ }) => organ !== null);
  // Equal maxima are ordered by place, so that the numbers never depend on the order of the search.
  const byMaximum = (a: Hill, b: Hill) => b.max - a.max || a.voxels[0]! - b.voxels[0]!;
  const ordered = [...foci.sort(byMaximum), ...aside.sort(byMaximum)].filter(
    ({ voxels }) => voxels.length >= smallest,
  );
  const size = spect.data.length;
  const data = ordered.length <= 255 ? new Uint8Array(size) : new Uint16Array(size);
  return {
    foci: ordered.map(({ voxels, max: _, ...rest }, n): Focus => {
      const own = voxels.filter((index) => data[index] === 0);
      const taken = own.length > 0 ? own : voxels;
      for (const index of taken) data[index] = n + 1;
      return { id: n + 1, ...rest, measurement: measureVoxels(spect, taken) };
    }),
    labels: { ...anatomy, data, unit: '1' },
    threshold,
    reference: reference.value,
    derivation: `${preset.times} × ${reference.name}`,
  };
}

interface Part {
  readonly voxels: Uint32Array;
  readonly peakIndex: number;
}

/** A hill of which at least so much, and not nearly all, lies in an organ is organ and neighbour in one. */
const CUT_SHARE = 0.15;

/** Two neighbours of like uptake make one hill: what lies in an organ is cut from the rest. */
function withoutOrgans(
  spect: Volume,
  hill: Part,
  organs: readonly OrganMask[],
  { standsOut }: SpectPreset,
): Part[] {
  const cutters = organs.filter(({ name }) => standsOut[name] === undefined);
  const isOrgan = (index: number) => cutters.some(({ wide }) => wide.data[index] !== 0);
  const inside = hill.voxels.filter(isOrgan);
  const share = inside.length / hill.voxels.length;
  if (share < CUT_SHARE || share > 1 - CUT_SHARE) return [hill];
  const outside = hill.voxels.filter((index) => !isOrgan(index));
  return [inside, outside].map((voxels) => ({
    voxels,
    peakIndex: voxels.reduce((best, index) => (spect.data[index]! > spect.data[best]! ? index : best)),
  }));
}

interface Hill extends Pick<Focus, 'organ' | 'reason' | 'site'> {
  readonly voxels: Uint32Array;
  readonly max: number;
}

/** Of a spleen without its border; lesions there are rarely as large. */
const SMALLEST_SPLEEN_ML = 40;

function isLikeSpleen(spect: Volume, { organ, voxels }: Hill, isThere: (at: Vec3) => boolean): boolean {
  if (organ !== null || voxels.length * voxelVolumeMl(spect) < SMALLEST_SPLEEN_ML) return false;
  const [nx, ny] = spect.size;
  const sum: [number, number, number] = [0, 0, 0];
  for (const index of voxels) {
    sum[0] += index % nx;
    sum[1] += Math.floor(index / nx) % ny;
    sum[2] += Math.floor(index / (nx * ny));
  }
  return isThere(toWorld(spect, sum.map((value) => value / voxels.length) as unknown as Vec3));
}

const asSpleen = (hill: Hill): Hill => ({
  ...hill,
  organ: 'spleen',
  reason: 'by place and size the spleen, which the CT did not show',
});

const isVertebra = (name: CtStructureName) => name.startsWith('vertebra');

/** Uptake that stands for the reference structure. */
function referenceUptake(
  spect: Volume,
  anatomy: Volume<Uint8Array>,
  { reference, quantile }: SpectPreset,
): { value: number; name: string } | undefined {
  const valuesIn = (wanted: ReadonlySet<number>) => {
    const values: number[] = [];
    for (let n = 0; n < anatomy.data.length; n++)
      if (wanted.has(anatomy.data[n]!)) values.push(spect.data[n]!);
    return values;
  };
  const labelsOf = (names: readonly CtStructureName[]) => new Set(names.map((name) => ORGAN_LABELS[name]));
  const candidates: readonly (readonly [string, ReadonlySet<number>])[] =
    reference === 'bone'
      ? [
          ['the vertebrae', labelsOf(ctStructureNames.filter(isVertebra))],
          ['bone', labelsOf(['bone'])],
        ]
      : reference === 'liver'
        ? [['the liver', labelsOf(['liver'])]]
        : [['the body', new Set(Object.values(ORGAN_LABELS))]];
  for (const [name, labels] of candidates) {
    const values = valuesIn(labels);
    if (values.length < FEWEST_VOXELS) continue;
    const value = Float64Array.from(values).sort()[Math.floor(quantile * (values.length - 1))]!;
    const what = quantile === 0.5 ? 'the median' : `the ${Math.round(100 * quantile)}th percentile`;
    if (value > 0) return { value, name: `${what} of ${name}` };
  }
  return undefined;
}

interface OrganMask {
  readonly name: CtStructureName;
  /** The organ and what spills over its border. */
  readonly wide: Mask;
  /** Median uptake inside; undefined where too little of it is seen. */
  readonly usual: number | undefined;
}

async function organMasks(
  spect: Volume,
  anatomy: Volume<Uint8Array>,
  { physiological, standsOut }: SpectPreset,
  spillMm: number,
): Promise<OrganMask[]> {
  const found: OrganMask[] = [];
  const names = [...physiological, ...(Object.keys(standsOut) as CtStructureName[])];
  for (const name of names) {
    const mask = labelMask(anatomy, ORGAN_LABELS[name]);
    if (!mask.data.includes(1)) continue;
    const wide = await dilate(mask, { radiusMm: spillMm });
    found.push({ name, wide, usual: medianIn(spect, anatomy, ORGAN_LABELS[name]) });
  }
  return found;
}

function judge(
  anatomy: Volume<Uint8Array>,
  organs: readonly OrganMask[],
  preset: SpectPreset,
  { voxels, peakIndex, max }: Part & { readonly max: number },
): Omit<Hill, 'voxels'> {
  const site = siteOf(anatomy, voxels);
  let outside = 0;
  for (const index of voxels) if (anatomy.data[index] === 0) outside++;
  if (outside / voxels.length > OF_ORGAN_SHARE)
    return {
      organ: 'outside the body',
      site,
      max,
      reason: 'lies outside the body on CT: contamination, an injection site, or motion between SPECT and CT',
    };
  for (const { name, wide, usual } of organs) {
    let inside = 0;
    for (const index of voxels) if (wide.data[index] !== 0) inside++;
    const isThere = inside / voxels.length >= OF_ORGAN_SHARE || wide.data[peakIndex] !== 0;
    if (!isThere) continue;
    const times = preset.standsOut[name];
    if (times === undefined)
      return { organ: name, site, max, reason: 'in an organ that takes up or excretes this tracer' };
    if (usual !== undefined && max < times * usual)
      return { organ: name, site, max, reason: `less than ${times} times the median of the organ` };
  }
  return { organ: null, site, max, reason: 'no organ takes up this tracer here' };
}

function medianIn(spect: Volume, anatomy: Volume<Uint8Array>, label: number): number | undefined {
  const values: number[] = [];
  for (let n = 0; n < anatomy.data.length; n++) if (anatomy.data[n] === label) values.push(spect.data[n]!);
  return values.length < FEWEST_VOXELS ? undefined : median(values);
}

/** The named structure that holds most of the voxels; `body` only where nothing else holds a quarter. */
function siteOf(anatomy: Volume<Uint8Array>, voxels: Uint32Array): CtStructureName {
  const counts = new Map<number, number>();
  for (const index of voxels) {
    const label = anatomy.data[index]!;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  let best: CtStructureName = 'body';
  let most = voxels.length / 4;
  for (const name of ctStructureNames) {
    const count = counts.get(ORGAN_LABELS[name]) ?? 0;
    if (name === 'body' || count < most) continue;
    best = name;
    most = count;
  }
  return best;
}
