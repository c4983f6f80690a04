import type { Deformation } from '@photopeak/analysis';
import { identity, invert, type Mat4, type Vec3, type Volume } from '@photopeak/imaging';
import { fusedPlanes, mipCapture, type Picture } from '../captures/index.ts';
import { onAnatomical } from '../emission-alignment/index.ts';
import { displayWindow, type LabelledLesion, maskOf } from '../petct-oncology/parts.ts';
import type { Step } from '../pipeline.ts';

export interface DrawInput {
  readonly mr: Volume | null;
  readonly pet: Volume;
  /** Of everything found, on the PET's grid; null where nothing was sought. */
  readonly labels: Volume | null;
  readonly lesions: readonly LabelledLesion[];
  readonly physiological: readonly LabelledLesion[];
  /** PET to MR, LPS mm; null where the two are not aligned. */
  readonly petToMr: Mat4 | null;
  /** From the MR to the PET, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
  readonly atMost: number;
}

export interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

export interface PetmrCaptures {
  readonly lesions: readonly TitledPicture[];
  readonly mip: TitledPicture;
}

/** Fused planes show HU from the first to the second as black to white. */
const WINDOW: readonly [number, number] = [-160, 240];
const BRIGHTEST = 0.99;

/** The MR with its signal spread over the window in which anatomical images are shown. */
function windowed(mr: Volume): Volume<Float32Array> {
  const stride = Math.max(1, Math.floor(mr.data.length / 100_000));
  const sample: number[] = [];
  for (let n = 0; n < mr.data.length; n += stride) sample.push(mr.data[n]!);
  sample.sort((a, b) => a - b);
  const white = sample[Math.floor(BRIGHTEST * (sample.length - 1))] || 1;
  const [low, high] = WINDOW;
  // Not `Float32Array.from`: it makes a list of all values first, at full size more than a gigabyte.
  const data = new Float32Array(mr.data.length);
  for (let n = 0; n < data.length; n++) data[n] = low + ((high - low) * mr.data[n]!) / white;
  return { ...mr, data };
}

const numbersOf = ({ suvMax, mtvMl }: LabelledLesion): string =>
  `SUVmax ${suvMax.toFixed(2)}  MTV ${mtvMl.toFixed(1)} ml`;

/** Three planes through each lesion with PET over MR, and projections with outlines. */
export const drawPetmr: Step<DrawInput, PetmrCaptures> = {
  name: 'captures',
  version: '2',
  resource: 'cpu',
  run: async ({ mr, pet, labels, lesions, physiological, petToMr, deformation, atMost }, { progress }) => {
    const window = displayWindow(pet);
    const mask = labels === null ? null : maskOf(labels, lesions);
    const fusion = mr === null || petToMr === null ? null : { mr: windowed(mr), petToMr };
    const planes = {
      ct: fusion?.mr ?? null,
      pet,
      labels: mask,
      ctToPet: fusion === null ? identity : invert(fusion.petToMr),
      ...(deformation?.field === undefined ? {} : { field: deformation.field }),
      petMaximum: window.maximum,
    };
    const pictures: TitledPicture[] = [];
    for (const lesion of mask === null ? [] : lesions.slice(0, atMost)) {
      const title = `${lesion.label}: ${numbersOf(lesion)}`;
      const position: Vec3 = lesion.maximumPosition;
      pictures.push({
        title,
        picture: await fusedPlanes(
          planes,
          fusion === null ? position : onAnatomical(position, fusion.petToMr, deformation),
          [title, `AI draft, not verified. ${fusion === null ? 'PET alone' : 'PET on MR'}, ${window.name}`],
        ),
      });
      progress(pictures.length / (lesions.length + 1), lesion.label);
    }
    const title = `Maximum intensity projections, ${window.name}`;
    const picture = await mipCapture(
      {
        pet,
        lesions: mask,
        physiological: labels === null ? null : maskOf(labels, physiological),
        marks: lesions.map(({ id, maximumPosition }) => ({ text: id, position: maximumPosition })),
        petMaximum: window.maximum,
      },
      `${title}. AI draft`,
    );
    return { lesions: pictures, mip: { title, picture } };
  },
};
