import { ANATOMY_LABELS, type FoundLesions, type MrAnatomy } from '@photopeak/analysis';
import { resample, identity as unmoved, type Volume } from '@photopeak/imaging';
import { encodePng, type Picture } from '../captures/index.ts';
import { type EmissionAlignment, registrationObjects } from '../emission-alignment/index.ts';
import {
  type Finished,
  type Identity,
  listedResult,
  type PlaneSource,
  picturesObject,
  sourceOf,
  textResult,
} from '../objects/index.ts';
import { type LabelledRegions, uptakeSegmentation } from '../petct-oncology/parts.ts';
import type { ResultObject, Step } from '../pipeline.ts';
import { patientOfFile } from '../study/index.ts';
import type { PetmrCaptures, TitledPicture } from './draw.ts';
import { measurementReport, mrAnatomySegmentation, SERIES } from './objects.ts';
import type { PetmrParameters } from './parameters.ts';
import { petmrReport } from './report.ts';
import type { PetmrSummary } from './summary.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: PetmrParameters;
  readonly summary: PetmrSummary;
  readonly pet: Volume | null;
  readonly mr: Volume | null;
  readonly petPlanes: readonly PlaneSource[];
  readonly mrPlanes: readonly PlaneSource[];
  readonly alignment: EmissionAlignment | null;
  readonly anatomy: MrAnatomy | null;
  readonly found: FoundLesions | null;
  readonly regions: LabelledRegions;
  readonly captures: PetmrCaptures | null;
  readonly anyFile: string | null;
}

export interface PackagedPetmr {
  readonly objects: readonly ResultObject[];
  readonly summary: PetmrSummary;
}

/** Writes every result object, the summary and the report. */
export const packagePetmr: Step<PackageInput, PackagedPetmr> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run };
    const objects = (await dicomObjects(identity, input)).map(({ object }) => object);
    const summary: PetmrSummary = { ...input.summary, objects: objects.map(listedResult) };
    const first = input.petPlanes[0]?.path ?? input.mrPlanes[0]?.path ?? input.anyFile;
    const report = petmrReport({
      summary,
      patient: patientOfFile(first),
      overview: input.captures === null ? null : encoded(input.captures.mip),
      pictures: (input.captures?.lesions ?? []).map(encoded),
    });
    return {
      summary,
      objects: [
        ...objects,
        textResult('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`),
        textResult('report', 'report.html', 'html', report),
      ],
    };
  },
};

const encoded = ({ title, picture }: TitledPicture) => ({ title, png: encodePng(picture) });

async function dicomObjects(identity: Identity, input: PackageInput): Promise<Finished[]> {
  const { parameters, regions, found, alignment, captures, summary, anatomy } = input;
  const pet = input.pet === null ? null : sourceOf(input.pet, input.petPlanes);
  const mr = input.mr === null ? null : sourceOf(input.mr, input.mrPlanes);
  const settings = [`threshold=${parameters.threshold}`, `minimum=${parameters.minimumMl} ml`];
  const finished: Finished[] = [];
  const add = (one: Finished): Finished => {
    finished.push(one);
    return one;
  };
  const uptake = (output: 'lesions-seg' | 'physiological-seg', list: LabelledRegions['lesions']) =>
    pet === null || found === null || list.length === 0
      ? null
      : add(uptakeSegmentation(identity, output, pet, found.labels, list, settings, 'binary'));
  const lesions = uptake('lesions-seg', regions.lesions);
  uptake('physiological-seg', regions.physiological);
  if (mr !== null && anatomy !== null && input.mr !== null) {
    const labels = await onMr(anatomy, input.mr);
    add(mrAnatomySegmentation(identity, mr, labels, anatomy, ANATOMY_LABELS));
  }
  const registrations =
    mr === null || pet === null || alignment === null || alignment.used === 'none'
      ? []
      : registrationObjects(
          identity,
          SERIES,
          { anatomical: mr, anatomicalName: 'MR', emission: pet, emissionName: 'PET' },
          alignment,
        ).map((object) => add(object).reference);
  if (pet !== null) {
    const references = { lesions: lesions?.reference ?? null, registrations };
    add(measurementReport(identity, pet, summary, references, settings));
    if (captures !== null) {
      const pictures = captures.lesions.map(({ picture }) => picture);
      const show = (output: 'captures' | 'mip-capture', shows: 'planes' | 'projections', list: Picture[]) =>
        add(picturesObject(identity, { output, series: SERIES[output], shows }, pet, list));
      if (pictures.length > 0) show('captures', 'planes', pictures);
      show('mip-capture', 'projections', [captures.mip.picture]);
    }
  }
  return finished;
}

/** Body and lungs on the voxels of the MR; what was only assumed counts as body. */
async function onMr({ anatomy }: MrAnatomy, mr: Volume): Promise<Volume<Uint8Array>> {
  const labels = (await resample(anatomy.labels, {
    grid: mr,
    transform: unmoved,
    interpolation: 'nearest',
    outside: 0,
  })) as Volume<Uint8Array>;
  for (let n = 0; n < labels.data.length; n++)
    if (labels.data[n] === ANATOMY_LABELS.bone) labels.data[n] = ANATOMY_LABELS.body;
  return labels;
}
