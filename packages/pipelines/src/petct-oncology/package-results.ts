import { createHash } from 'node:crypto';
import type { CtAnatomy, FoundLesions } from '@photopeak/analysis';
import { readFileHeader } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { encodePng } from '../captures/index.ts';
import type { Finding, ResultObject, Step } from '../pipeline.ts';
import { petctReport } from '../report/index.ts';
import { patientFacts } from '../study/index.ts';
import type { Alignment } from './align.ts';
import type { Captures } from './draw-captures.ts';
import type { PlaneSource } from './load-volumes.ts';
import {
  anatomySegmentation,
  captureObject,
  type Finished,
  type Identity,
  measurementReport,
  registrationObject,
  resampledPet,
  type Source,
  sourceOf,
  uptakeSegmentation,
} from './objects/index.ts';
import type { PetctParameters } from './parameters.ts';
import type { Selection } from './select-series.ts';
import { type LabelledRegions, summarise } from './summarise.ts';
import type { PetctSummary } from './summary.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: PetctParameters;
  readonly selection: Selection;
  readonly ct: Volume | null;
  readonly pet: Volume | null;
  readonly ctPlanes: readonly PlaneSource[];
  readonly petPlanes: readonly PlaneSource[];
  readonly alignment: Alignment | null;
  readonly anatomy: CtAnatomy | null;
  readonly found: FoundLesions | null;
  readonly regions: LabelledRegions;
  readonly captures: Captures | null;
  readonly findings: readonly Finding[];
}

export interface Packaged {
  readonly objects: readonly ResultObject[];
  readonly summary: PetctSummary;
}

/** Writes every result object, the summary and the report. */
export const packageResults: Step<PackageInput, Packaged> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run };
    const summary = summarise({ ...input, identity, anatomy: anatomySummary(input.anatomy) }, input.regions);
    const finished = await dicomObjects(identity, input, summary);
    const objects = finished.map(({ object }) => object);
    const complete: PetctSummary = { ...summary, objects: objects.map(listed) };
    const pictures = [...(input.captures === null ? [] : [...input.captures.lesions, input.captures.mip])];
    const report = petctReport({
      summary: complete,
      patient: patientOf(input),
      pictures: pictures.map(({ title, picture }) => ({ title, png: encodePng(picture) })),
    });
    const text = (
      output: string,
      fileName: string,
      kind: 'json' | 'html',
      content: string,
    ): ResultObject => ({
      output,
      fileName,
      kind,
      bytes: new TextEncoder().encode(content),
    });
    return {
      summary: complete,
      objects: [
        ...objects,
        text('summary', 'summary.json', 'json', `${JSON.stringify(complete, null, 2)}\n`),
        text('report', 'report.html', 'html', report),
      ],
    };
  },
};

function listed(object: ResultObject): PetctSummary['objects'][number] {
  return {
    output: object.output,
    fileName: object.fileName,
    sha256: createHash('sha256').update(object.bytes).digest('hex'),
    sopClassUid: object.sopClassUid ?? null,
    sopInstanceUid: object.sopInstanceUid ?? null,
  };
}

function anatomySummary(anatomy: CtAnatomy | null): PetctSummary['anatomy'] {
  return (anatomy?.structures ?? [])
    .filter(({ present }) => present)
    .map(({ name, volumeMl, confidence }) => ({ name, volumeMl, confidence }));
}

function patientOf(input: PackageInput) {
  const first = input.petPlanes[0] ?? input.ctPlanes[0];
  return first === undefined
    ? { name: '', id: '', birthDate: '', sex: '' }
    : patientFacts(readFileHeader(first.path).dataset);
}

async function dicomObjects(
  identity: Identity,
  input: PackageInput,
  summary: PetctSummary,
): Promise<Finished[]> {
  const { ct, pet, parameters, regions, found, alignment, captures } = input;
  const ctSource = ct === null ? null : sourceOf(ct, input.ctPlanes);
  const petSource = pet === null ? null : sourceOf(pet, input.petPlanes);
  const settings = [`threshold=${parameters.threshold}`, `minimum=${parameters.minimumMl} ml`];
  const finished: Finished[] = [];
  const add = (one: Finished): Finished => {
    finished.push(one);
    return one;
  };
  let lesions: Finished | null = null;
  if (petSource !== null && found !== null) {
    const uptake = (output: 'lesions-seg' | 'physiological-seg', list: LabelledRegions['lesions']) =>
      list.length === 0
        ? null
        : add(
            uptakeSegmentation(
              identity,
              output,
              petSource,
              found.labels,
              list,
              settings,
              parameters.segmentation,
            ),
          );
    lesions = uptake('lesions-seg', regions.lesions);
    uptake('physiological-seg', regions.physiological);
  }
  if (ctSource !== null && ct !== null && input.anatomy !== null) {
    add(anatomySegmentation(identity, ctSource, ct, input.anatomy, parameters.segmentation));
  }
  let registration: Finished | null = null;
  if (ctSource !== null && petSource !== null && alignment !== null && alignment.used !== 'none') {
    registration = add(registrationObject(identity, ctSource, petSource, alignment));
  }
  const reported: Source | null = petSource ?? ctSource;
  if (petSource !== null) {
    const references = { lesions: lesions?.reference ?? null, registration: registration?.reference ?? null };
    add(measurementReport(identity, petSource, summary, references, settings));
  }
  if (captures !== null && reported !== null) {
    const pictures = captures.lesions.map(({ picture }) => picture);
    if (pictures.length > 0) add(captureObject(identity, 'captures', reported, pictures));
    add(captureObject(identity, 'mip-capture', reported, [captures.mip.picture]));
  }
  const isAligned = alignment !== null && alignment.used !== 'none';
  if (
    parameters.resampledPet &&
    ctSource !== null &&
    petSource !== null &&
    ct !== null &&
    pet !== null &&
    isAligned
  ) {
    const suv = input.selection.suv;
    if (suv?.status === 'ok') {
      const sources = { ct: ctSource, pet: petSource };
      finished.push(...(await resampledPet(identity, sources, { ct, pet }, alignment.matrix, suv)));
    }
  }
  return finished;
}
