import { type Deformation, toFixed } from '@photopeak/analysis';
import { emptyVolume, identity, type Vec3, type Volume } from '@photopeak/imaging';
import { type FusedInput, fusedPlanes, mipCapture, type Picture } from '../captures/index.ts';
import type { Step } from '../pipeline.ts';
import { SUV_UNIT } from '../study/index.ts';
import type { LabelledLesion } from './summarise.ts';

export interface CaptureInput {
  readonly ct: Volume | null;
  /** SUVbw, or the series' own unit where SUV cannot be computed. */
  readonly pet: Volume;
  /** Of everything found, on the PET's grid; null where nothing was sought. */
  readonly labels: Volume | null;
  readonly lesions: readonly LabelledLesion[];
  readonly physiological: readonly LabelledLesion[];
  /** From the CT to the PET; null where the two are not aligned, then the PET is shown alone. */
  readonly petOnCt: Deformation | null;
  readonly atMost: number;
}

interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

export interface Captures {
  readonly lesions: readonly TitledPicture[];
  readonly mip: TitledPicture;
}

/** SUV that is shown fully hot or black, as readers window FDG. */
const DISPLAY_SUV = 8;
/** Without SUV: the share of voxels with uptake that may be darker than the window. */
const SATURATED_SHARE = 0.005;

/** Uptake that is shown fully hot, and how the window is named. */
export function displayWindow(pet: Volume): { readonly maximum: number; readonly name: string } {
  if (pet.unit === SUV_UNIT) return { maximum: DISPLAY_SUV, name: `SUVbw 0-${DISPLAY_SUV}` };
  const positive = Float32Array.from(pet.data as Float32Array).filter((value) => value > 0);
  positive.sort();
  const highest = positive[Math.floor(positive.length * (1 - SATURATED_SHARE))] ?? 1;
  const maximum = Number(highest.toPrecision(2));
  return { maximum, name: `no SUV: ${pet.unit} 0-${maximum}` };
}

/** The voxels of some regions as a mask. */
export function maskOf(
  labels: Volume,
  regions: readonly Pick<LabelledLesion, 'labelValue'>[],
): Volume<Uint8Array> {
  const mask = emptyVolume(labels, 'uint8', '1');
  const wanted = new Uint8Array(Math.max(0, ...regions.map(({ labelValue }) => labelValue)) + 1);
  for (const { labelValue } of regions) wanted[labelValue] = 1;
  const { data } = labels;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0;
    if (value !== 0 && wanted[value] === 1) mask.data[index] = 1;
  }
  return mask;
}

/** The numbers of a lesion on one line. */
function numbersOf({ suvMax, suvPeak, mtvMl }: LabelledLesion): string {
  const peak = suvPeak === null ? '-' : suvPeak.toFixed(2);
  return `SUVmax ${suvMax.toFixed(2)}  SUVpeak ${peak}  MTV ${mtvMl.toFixed(1)} ml`;
}

/** How a point of the planes, in the frame of the CT, is found in the PET. */
export const planesToPet = ({ pull, field }: Deformation): Pick<FusedInput, 'ctToPet' | 'field'> => ({
  ctToPet: pull,
  ...(field === undefined ? {} : { field }),
});

/** Three fused planes through each lesion, and projections with the outlines of everything found. */
export const drawCaptures: Step<CaptureInput, Captures> = {
  name: 'captures',
  version: '3',
  resource: 'cpu',
  run: async ({ ct, pet, labels, lesions, physiological, petOnCt, atMost }, { progress }) => {
    const window = displayWindow(pet);
    const lesionMask = labels === null ? null : maskOf(labels, lesions);
    const fusion = ct === null || petOnCt === null ? null : { ct, petOnCt };
    const pictures: TitledPicture[] = [];
    const shown = lesionMask === null ? [] : lesions.slice(0, atMost);
    for (const [index, lesion] of shown.entries()) {
      const numbers = numbersOf(lesion);
      const caption = [
        `${lesion.label}  ${numbers}`,
        `AI draft, not verified. ${fusion === null ? 'PET alone' : petOnCt?.field === undefined ? 'PET on CT' : 'PET deformed to CT'}, ${window.name}`,
      ];
      const planes = {
        ct: fusion?.ct ?? null,
        pet,
        labels: lesionMask,
        ...planesToPet(fusion?.petOnCt ?? { pull: identity }),
        petMaximum: window.maximum,
      };
      const centre: Vec3 =
        fusion === null ? lesion.maximumPosition : toFixed(fusion.petOnCt, [lesion.maximumPosition])[0]!;
      pictures.push({
        title: `${lesion.label}: ${numbers}`,
        picture: await fusedPlanes(planes, centre, caption),
      });
      progress((index + 1) / (shown.length + 1), lesion.label);
    }
    const mip = await mipCapture(
      {
        pet,
        lesions: lesionMask,
        physiological: labels === null ? null : maskOf(labels, physiological),
        marks: lesions.map(({ id, maximumPosition }) => ({ text: id, position: maximumPosition })),
        petMaximum: window.maximum,
      },
      `Maximum intensity, ${window.name}. AI draft`,
    );
    return {
      lesions: pictures,
      mip: { title: `Maximum intensity projections, ${window.name}`, picture: mip },
    };
  },
};
