import { colourOf, type Rgb } from '@photopeak/dicom';
import { toWorld, type Volume } from '@photopeak/imaging';
import { type Picture, slicesToShow, structureSlice, viewOf } from '../captures/index.ts';
import type { Step } from '../pipeline.ts';
import type { PlannedStructure } from './structure.ts';

export interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

const MOST_PICTURES = 9;
const PLAIN: Rgb = [128, 174, 128];

/** The colour that a structure has in the structure set. */
export const structureColour = ({ colour, type }: PlannedStructure): Rgb =>
  colour ?? (type === null ? PLAIN : colourOf(type));

/** Slices of the planning CT with the contours that are written. */
export const drawStructures: Step<
  { readonly ct: Volume; readonly structures: readonly PlannedStructure[] },
  readonly TitledPicture[]
> = {
  name: 'captures',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, structures }, { progress }) => {
    const drawn = structures.map((structure) => ({
      name: structure.name,
      colour: structureColour(structure),
      contours: structure.contours,
    }));
    // Slices through lesions and what was carried over first of all; the rest of the body in even steps.
    const special = drawn.filter((_, index) => structures[index]!.origin !== 'anatomy');
    const wanted = [
      ...new Set([
        ...special.flatMap(({ contours }) => middleSlice(contours)),
        ...slicesToShow(drawn, MOST_PICTURES),
      ]),
    ].slice(0, MOST_PICTURES);
    const view = viewOf(ct, drawn);
    const pictures: TitledPicture[] = [];
    for (const [index, slice] of wanted.sort((a, b) => a - b).entries()) {
      const z = toWorld(ct, [0, 0, slice])[2].toFixed(1);
      const title = `z ${z} mm, slice ${slice + 1} of ${ct.size[2]}`;
      pictures.push({
        title,
        picture: await structureSlice(ct, slice, drawn, view, `${title}  AI draft`),
      });
      progress((index + 1) / wanted.length, title);
    }
    return pictures;
  },
};

const middleSlice = (contours: PlannedStructure['contours']): number[] => {
  const contour = contours[Math.floor(contours.length / 2)];
  return contour === undefined ? [] : [contour.slice];
};
