import { type Deformation, toFixed, toMoving } from '@photopeak/analysis';
import { type Mat4, multiply, transformPoint, translation, type Vec3, type Volume } from '@photopeak/imaging';
import { fusedPlanes, type MipInput, mipCapture, type Picture, stack } from '../captures/index.ts';
import { displayWindow, maskOf, planesToPet } from '../petct-oncology/parts.ts';
import type { Step } from '../pipeline.ts';
import type { NamedTrack } from './compared-lesions.ts';
import type { Examination } from './examine.ts';

export interface DrawInput {
  readonly prior: Examination;
  readonly current: Examination;
  /** From the CT of the current examination to that of the prior one; null where they are not registered. */
  readonly priorFromCurrentCt: Deformation | null;
  readonly tracks: readonly NamedTrack[];
  /** Index of the prior examination among those of the tracks. */
  readonly priorOrder: number;
  readonly atMost: number;
}

interface TitledPicture {
  readonly title: string;
  readonly picture: Picture;
}

export interface ComparisonPictures {
  /** Before above now, at the same place, scale and window. */
  readonly lesions: readonly TitledPicture[];
  /** Projections of both, before first. */
  readonly overviews: readonly TitledPicture[];
}

const number = (value: number | null | undefined, digits: number): string => value?.toFixed(digits) ?? '-';

/** The deformation as a matrix that is right at one point of the fixed image. */
function straightAt(deformation: Deformation, point: Vec3): Mat4 {
  const { pull } = deformation;
  const at = toMoving(deformation, [point])[0]!;
  const straight = transformPoint(pull, point);
  return multiply(translation([at[0] - straight[0], at[1] - straight[1], at[2] - straight[2]]), pull);
}

/** Planes through each lesion before and now, and projections of both examinations. */
export const drawComparison: Step<DrawInput, ComparisonPictures> = {
  name: 'captures',
  version: '1',
  resource: 'cpu',
  run: async ({ prior, current, priorFromCurrentCt, tracks, priorOrder, atMost }, { progress }) => {
    const { pet, ct } = current.analysed;
    const before = prior.analysed;
    if (pet === null || before.pet === null) return { lesions: [], overviews: [] };
    const window = displayWindow(pet);
    const overviews = [
      await overview(prior, before.pet, window, 'before'),
      await overview(current, pet, window, 'now'),
    ];
    const { petOnCt } = current;
    const priorPetOnCt = prior.petOnCt;
    if (priorFromCurrentCt === null || petOnCt === null || priorPetOnCt === null) {
      return { lesions: [], overviews };
    }
    const now = {
      ct,
      pet,
      labels: lesionMask(current),
      ...planesToPet(petOnCt),
      petMaximum: window.maximum,
    };
    // Around a lesion a deformation is taken for the shift that it has there: planes stay planes.
    const thenAround = (centre: Vec3) => {
      const planeToCt = straightAt(priorFromCurrentCt, centre);
      const at = transformPoint(planeToCt, centre);
      return {
        ct: before.ct,
        planeToCt,
        pet: before.pet!,
        labels: thenMask,
        ctToPet: multiply(straightAt(priorPetOnCt, at), planeToCt),
        petMaximum: window.maximum,
      };
    };
    const thenMask = lesionMask(prior);
    const pictures: TitledPicture[] = [];
    const shown = tracks.slice(0, atMost);
    for (const [index, { compared, label }] of shown.entries()) {
      const centre = toFixed(petOnCt, [compared.position])[0]!;
      const [was, is] = [compared.values[priorOrder], compared.values.at(-1)];
      const left = compared.residual;
      const numbers = (when: string, value: typeof was) =>
        value == null
          ? `${when}: not there${when === 'now' && left !== null ? `, SUVmax ${number(left.suvMax, 2)} is left` : ''}`
          : `${when}: SUVmax ${number(value.suvMax, 2)}  SUVpeak ${number(value.suvPeak, 2)}  MTV ${number(value.mtvMl, 1)} ml`;
      const draft = `AI draft, not verified. PET on CT, ${window.name}`;
      const rows = [
        await fusedPlanes(thenAround(centre), centre, [
          `${label}, ${compared.track.state}. ${numbers('before', was)}`,
          draft,
        ]),
        await fusedPlanes(now, centre, [`${label}. ${numbers('now', is)}`, draft]),
      ];
      pictures.push({
        title: `${label}, ${compared.track.state}: ${numbers('before', was)}; ${numbers('now', is)}`,
        picture: stack(rows),
      });
      progress((index + 1) / (shown.length + 1), label);
    }
    return { lesions: pictures, overviews };
  },
};

function lesionMask({ analysed, regions }: Examination): Volume<Uint8Array> | null {
  const { found } = analysed;
  return found === null ? null : maskOf(found.labels, regions.lesions);
}

async function overview(
  { analysed, regions, label }: Examination,
  pet: Volume,
  window: ReturnType<typeof displayWindow>,
  when: string,
): Promise<TitledPicture> {
  const { found } = analysed;
  const input: MipInput = {
    pet,
    lesions: found === null ? null : maskOf(found.labels, regions.lesions),
    physiological: found === null ? null : maskOf(found.labels, regions.physiological),
    marks: regions.lesions.map(({ id, maximumPosition }) => ({ text: id, position: maximumPosition })),
    petMaximum: window.maximum,
  };
  return {
    title: `${when} (${label}): maximum intensity projections, ${window.name}`,
    picture: await mipCapture(input, `${when}: maximum intensity, ${window.name}. AI draft`),
  };
}
