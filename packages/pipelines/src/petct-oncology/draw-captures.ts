import { createVolume, identity, type Mat4, transformPoint, type Volume } from '@photopeak/imaging';
import { fusedPlanes, mipCapture, type Picture } from '../captures/index.ts';
import type { Step } from '../pipeline.ts';
import type { LabelledLesion } from './summarise.ts';

export interface CaptureInput {
  readonly ct: Volume | null;
  /** SUVbw. */
  readonly pet: Volume;
  readonly labels: Volume;
  readonly lesions: readonly LabelledLesion[];
  readonly physiological: readonly LabelledLesion[];
  /** CT to PET, LPS mm; null where the two are not aligned, then the PET is shown alone. */
  readonly ctToPet: Mat4 | null;
  readonly petToCt: Mat4 | null;
  readonly atMost: number;
}

export interface Captures {
  readonly lesions: readonly { readonly title: string; readonly picture: Picture }[];
  readonly mip: { readonly title: string; readonly picture: Picture };
}

/** SUV that is shown fully hot or black, as readers window FDG. */
const DISPLAY_SUV = 8;

const one = (text: number, digits: number): string => text.toFixed(digits);

function maskOf(labels: Volume, values: readonly number[]): Volume<Uint8Array> {
  const wanted = new Set(values);
  return createVolume(
    labels,
    Uint8Array.from(labels.data as Uint8Array, (value) => (wanted.has(value) ? 1 : 0)),
    '1',
  );
}

/** Three fused planes through each lesion, and projections with the outlines of everything found. */
export const drawCaptures: Step<CaptureInput, Captures> = {
  name: 'captures',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, pet, labels, lesions, physiological, ctToPet, petToCt, atMost }, { progress }) => {
    const shown = lesions.slice(0, atMost);
    const lesionMask = maskOf(
      labels,
      lesions.map(({ labelValue }) => labelValue),
    );
    const physiologicalMask = maskOf(
      labels,
      physiological.map(({ labelValue }) => labelValue),
    );
    const isFused = ct !== null && ctToPet !== null && petToCt !== null;
    const input = {
      ct: isFused ? ct : null,
      pet,
      labels: lesionMask,
      ctToPet: ctToPet ?? identity,
      petMaximum: DISPLAY_SUV,
    };
    const pictures: { title: string; picture: Picture }[] = [];
    for (const [index, lesion] of shown.entries()) {
      const centre = isFused ? transformPoint(petToCt, lesion.maximumPosition) : lesion.maximumPosition;
      const numbers = `SUVmax ${one(lesion.suvMax, 2)}  SUVpeak ${lesion.suvPeak === null ? '-' : one(lesion.suvPeak, 2)}  MTV ${one(lesion.mtvMl, 1)} ml`;
      const caption = [
        `${lesion.label}  ${numbers}`,
        `AI draft, not verified. ${isFused ? 'PET on CT' : 'PET alone'}, SUVbw 0-${DISPLAY_SUV}`,
      ];
      pictures.push({
        title: `${lesion.label}: ${numbers}`,
        picture: await fusedPlanes(input, centre, caption),
      });
      progress((index + 1) / (shown.length + 1), lesion.label);
    }
    const title = `SUVbw 0-${DISPLAY_SUV}. Red: findings. Blue: physiological`;
    const mip = await mipCapture(
      { pet, lesions: lesionMask, physiological: physiologicalMask, petMaximum: DISPLAY_SUV },
      title,
    );
    return { lesions: pictures, mip: { title, picture: mip } };
  },
};
