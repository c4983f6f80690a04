import type { Deformation } from '@photopeak/analysis';
import { emptyVolume, identity, invert, type Mat4, type Vec3, type Volume } from '@photopeak/imaging';
import { fusedPlanes, mipCapture, type Picture } from '../captures/index.ts';
import { onAnatomical } from '../emission-alignment/index.ts';
import type { Step } from '../pipeline.ts';
import type { SpectRegion } from './regions.ts';
import type { SpectctRegion } from './summary.ts';

export interface DrawInput {
  readonly spect: Volume;
  readonly ct: Volume | null;
  /** SPECT to CT, LPS mm; null where they are not aligned. */
  readonly spectToCt: Mat4 | null;
  /** From the CT to the SPECT, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
  readonly regions: readonly SpectRegion[];
  readonly measured: readonly SpectctRegion[];
  readonly atMost: number;
}

export interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

export interface SpectCaptures {
  readonly foci: readonly TitledPicture[];
  readonly mip: TitledPicture;
}

/** Share of the voxels with uptake that may be darker than the window. */
const SATURATED_SHARE = 0.0005;

function displayMaximum({ data }: Volume): number {
  const positive = Float32Array.from(data as Float32Array).filter((value) => value > 0);
  positive.sort();
  const highest = positive[Math.floor(positive.length * (1 - SATURATED_SHARE))] ?? 1;
  return Number(highest.toPrecision(2)) || 1;
}

function maskOf(spect: Volume, regions: readonly SpectRegion[]): Volume<Uint8Array> {
  const mask = emptyVolume(spect, 'uint8', '1');
  for (const { voxels } of regions) for (const index of voxels) mask.data[index] = 1;
  return mask;
}

/** The numbers of a region on one line. */
export function numbersOf({ activity, relativeMaximum, maximum, volumeMl }: SpectctRegion): string {
  const parts =
    activity === null
      ? [
          relativeMaximum === null
            ? `maximum ${maximum.toPrecision(3)}`
            : `${relativeMaximum.toFixed(1)} x reference`,
        ]
      : [
          `${activity.totalMBq.toPrecision(3)} MBq`,
          ...(activity.suvMax === null ? [] : [`SUVmax ${activity.suvMax.toFixed(1)}`]),
        ];
  return [...parts, `${volumeMl.toFixed(1)} ml`].join('  ');
}

/** Three fused planes through each focus, and projections with the outlines of everything found. */
export const drawTomogram: Step<DrawInput, SpectCaptures> = {
  name: 'captures',
  version: '2',
  resource: 'cpu',
  run: async ({ spect, ct, spectToCt, deformation, regions, measured, atMost }, { progress }) => {
    const petMaximum = displayMaximum(spect);
    const window = `${spect.unit} 0-${petMaximum}`;
    const ofKind = (kind: SpectRegion['kind']) => regions.filter((region) => region.kind === kind);
    const shown = ofKind('focus').length > 0 ? ofKind('focus') : ofKind('structure');
    const outlines = maskOf(spect, shown);
    const fusion = ct === null || spectToCt === null ? null : { ct, spectToCt };
    const planes = {
      ct: fusion?.ct ?? null,
      pet: spect,
      labels: outlines,
      ctToPet: fusion === null ? identity : invert(fusion.spectToCt),
      ...(deformation?.field === undefined ? {} : { field: deformation.field }),
      petMaximum,
    };
    const foci: TitledPicture[] = [];
    for (const region of shown.slice(0, atMost)) {
      const numbers = measured.find(({ id }) => id === region.id)!;
      const title = `${region.label}: ${numbersOf(numbers)}`;
      const position = numbers.maximumPosition as unknown as Vec3;
      const centre = fusion === null ? position : onAnatomical(position, fusion.spectToCt, deformation);
      foci.push({
        title,
        picture: await fusedPlanes(planes, centre, [
          title,
          `AI draft, not verified. ${fusion === null ? 'SPECT alone' : 'SPECT on CT'}, ${window}`,
        ]),
      });
      progress(foci.length / (shown.length + 1), region.label);
    }
    const title = `Maximum intensity projections, ${window}`;
    const picture = await mipCapture(
      {
        pet: spect,
        lesions: outlines,
        physiological: maskOf(spect, ofKind('physiological')),
        marks: shown.map(({ id }) => ({
          text: id,
          position: measured.find((one) => one.id === id)!.maximumPosition as unknown as Vec3,
        })),
        petMaximum,
      },
      `${title}. AI draft`,
    );
    return { foci, mip: { title, picture } };
  },
};
