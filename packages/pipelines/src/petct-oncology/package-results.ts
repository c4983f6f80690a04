import {
  type BodyComposition,
  drawLobes,
  type FoundLesions,
  type LungLobes,
  type MeasuredComposition,
  measureComposition,
  ORGAN_LABELS,
  type OrganAnatomy,
  refineAnatomy,
} from '@photopeak/analysis';
import type { InstanceReference } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { type AppliedModel, type PlacedStructure, withModel } from '../anatomy/index.ts';
import { encodePng, type Picture } from '../captures/index.ts';
import { fusionState } from '../image-registration/index.ts';
import { listedResult, type PlaneSource, picturesObject, textResult } from '../objects/index.ts';
import type { Finding, ResultObject, Step } from '../pipeline.ts';
import { petctReport } from '../report/index.ts';
import { patientOfFile } from '../study/index.ts';
import { type Alignment, wayToPet } from './alignment.ts';
import type { Captures } from './draw-captures.ts';
import {
  anatomySegmentation,
  compositionSeg,
  deformationObject,
  type Finished,
  hasOneFactor,
  type Identity,
  lobesSeg,
  measurementReport,
  type NiftiOutput,
  niftiObject,
  petOnCt,
  registrationObject,
  resampledPet,
  SERIES,
  type Source,
  segmentNumbers,
  sourceOf,
  uptakeSegmentation,
} from './objects/index.ts';
import type { PetctParameters } from './parameters.ts';
import type { Selection } from './select-series.ts';
import { type LabelledRegions, summarise } from './summarise.ts';
import type { PetctSummary } from './summary.ts';
import type { TracerInUse } from './tracer.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: PetctParameters;
  readonly selection: Selection;
  readonly ct: Volume | null;
  readonly pet: Volume | null;
  readonly ctPlanes: readonly PlaneSource[];
  readonly petPlanes: readonly PlaneSource[];
  readonly alignment: Alignment | null;
  readonly organs: OrganAnatomy | null;
  readonly tracer: TracerInUse | null;
  /** The anatomy with the outlines of the site's model in it, where there is one. */
  readonly modelled: AppliedModel | null;
  /** Null without a CT. */
  readonly lobes: LungLobes | null;
  readonly found: FoundLesions | null;
  readonly regions: LabelledRegions;
  readonly captures: Captures | null;
  readonly promise: PetctSummary['promise'];
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
    const drawn = anatomyOnCt(input);
    const composition = drawn?.measured?.composition;
    const summary = summarise({ ...input, identity, ...anatomySummary(input, composition) }, input.regions);
    const objects = await resultObjects(identity, input, drawn, summary);
    const complete: PetctSummary = { ...summary, objects: objects.map(listedResult) };
    const report = petctReport({
      summary: complete,
      patient: patientOfFile((input.petPlanes[0] ?? input.ctPlanes[0])?.path),
      overview: input.captures === null ? null : encoded(input.captures.mip),
      lesionPictures: (input.captures?.lesions ?? []).map(encoded),
    });
    return {
      summary: complete,
      objects: [
        ...objects,
        textResult('summary', 'summary.json', 'json', `${JSON.stringify(complete, null, 2)}\n`),
        textResult('report', 'report.html', 'html', report),
      ],
    };
  },
};

const encoded = ({ title, picture }: Captures['mip']) => ({ title, png: encodePng(picture) });

const structuresOf = ({ organs, modelled }: Pick<PackageInput, 'organs' | 'modelled'>) =>
  (modelled?.structures ?? organs?.structures ?? []) as readonly PlacedStructure[];

/** What the summary says of a structure or a lobe. */
type Listed = Omit<PlacedStructure, 'name'> & { readonly name: string };

/** The anatomy on the voxels of the CT, and what was measured in it. */
interface DrawnAnatomy {
  /** `ORGAN_LABELS`. */
  readonly labels: Volume<Uint8Array>;
  readonly measured: MeasuredComposition | null;
}

function anatomyOnCt({ ct, organs, modelled }: PackageInput): DrawnAnatomy | null {
  if (ct === null || organs === null) return null;
  const own = refineAnatomy(ct, organs);
  return {
    labels: modelled?.labels ?? own,
    measured: organs.l3 === undefined ? null : measureComposition(ct, own, organs.l3),
  };
}

function anatomySummary(
  input: PackageInput,
  composition: BodyComposition | undefined,
): Pick<PetctSummary, 'anatomy' | 'anatomyModel' | 'anatomyNotFound' | 'bodyComposition'> {
  const structures: readonly Listed[] = [...structuresOf(input), ...(input.lobes?.structures ?? [])];
  const { modelled } = input;
  return {
    anatomy: structures
      .filter(({ present }) => present)
      .map(({ name, volumeMl, confidence, findings, by }) => ({
        name,
        volumeMl,
        confidence,
        findings: [...findings],
        ...(by === undefined ? {} : { by }),
      })),
    ...(modelled === null ? {} : { anatomyModel: modelSummary(modelled) }),
    anatomyNotFound: structures
      .filter(({ present }) => !present)
      .map(({ name, findings }) => ({ name, reason: findings.join('; ') })),
    bodyComposition:
      composition === undefined ? null : { ...composition, findings: [...composition.findings] },
  };
}

const modelSummary = ({ name, version, sha256, comparison }: AppliedModel) => ({
  name,
  version,
  sha256,
  comparison: comparison.map(({ name: structure, dice, ownMl, modelMl }) => ({
    name: structure,
    dice,
    ownMl,
    modelMl,
  })),
});

/** DICOM objects in the order of their series, then NIfTI where it was asked for. */
async function resultObjects(
  identity: Identity,
  input: PackageInput,
  drawn: DrawnAnatomy | null,
  summary: PetctSummary,
): Promise<ResultObject[]> {
  const { ct, pet, parameters, regions, found, alignment } = input;
  const sources: Sources = {
    ct: ct === null ? null : sourceOf(ct, input.ctPlanes),
    pet: pet === null ? null : sourceOf(pet, input.petPlanes),
  };
  const objects = draftObjects(identity, input, summary, sources, drawn);
  const volumes: ResultObject[] = [];
  const addVolume = (output: NiftiOutput, volume: Volume | null) => {
    if (parameters.nifti && volume !== null) volumes.push(niftiObject(output, volume));
  };
  const numbered = (list: LabelledRegions['lesions']) =>
    found === null || list.length === 0 ? null : segmentNumbers(found.labels, list);
  addVolume('ct-nifti', ct);
  addVolume('pet-nifti', pet);
  addVolume('lesions-nifti', numbered(regions.lesions));
  addVolume('physiological-nifti', numbered(regions.physiological));
  if (parameters.nifti && drawn !== null) {
    const numbered = structuresOf(input)
      .filter(({ present }) => present)
      .map(({ name }, index) => ({ labelValue: ORGAN_LABELS[name], segmentNumber: index + 1 }));
    addVolume('anatomy-nifti', segmentNumbers(drawn.labels, numbered));
  }
  if (parameters.resampledPet && ct !== null && pet !== null && isAligned(alignment)) {
    const way = wayToPet(alignment)!;
    const onCt = await petOnCt(pet, ct, way);
    addVolume('resampled-pet-nifti', onCt);
    const { suv } = input.selection;
    if (sources.ct !== null && sources.pet !== null && hasOneFactor(suv)) {
      const both = { ct: sources.ct, pet: sources.pet };
      const resampled = resampledPet(identity, both, pet, onCt, suv, way.field !== undefined);
      const fusion = fusionState(identity, both.ct, resampled, onCt);
      objects.push(...resampled.files.map(({ object }) => object), fusion.object);
    }
  }
  return [...objects, ...volumes];
}

/** How lesions were sought, as algorithm parameters of the SEG and the SR. */
function settingsOf({ candidates, tracer }: PetctSummary, parameters: PetctParameters): string[] {
  return [
    ...(tracer === null ? [] : [`tracer=${tracer.name}`]),
    `threshold=${parameters.threshold}`,
    ...(candidates.threshold === null
      ? []
      : [
          `candidates from SUV=${candidates.threshold.toFixed(3)}`,
          ...(candidates.inLiver == null
            ? []
            : [`candidates in the liver from SUV=${candidates.inLiver.toFixed(3)}`]),
          `outline=${candidates.outline}`,
        ]),
    `minimum=${parameters.minimumMl} ml`,
    ...calibrationSetting(tracer, parameters),
  ];
}

function calibrationSetting(
  tracer: PetctSummary['tracer'],
  { uptakeCalibration }: PetctParameters,
): string[] {
  if (tracer === null || tracer.name === 'unknown') return [];
  const site = uptakeCalibration[tracer.name];
  return site === undefined ? [] : [`uptake calibration=${site.intercept} + ${site.slope} × log-odds`];
}

interface Sources {
  readonly ct: Source | null;
  readonly pet: Source | null;
}

const isAligned = (alignment: Alignment | null): alignment is Alignment =>
  alignment !== null && alignment.used !== 'none';

/** Segmentations, registration, measurements and captures. */
function draftObjects(
  identity: Identity,
  input: PackageInput,
  summary: PetctSummary,
  { ct, pet }: Sources,
  drawn: DrawnAnatomy | null,
): ResultObject[] {
  const { parameters, regions, found, alignment, captures } = input;
  const settings = settingsOf(summary, parameters);
  const finished: Finished[] = [];
  const add = (one: Finished): Finished => {
    finished.push(one);
    return one;
  };
  const uptake = (output: 'lesions-seg' | 'physiological-seg', list: LabelledRegions['lesions']) => {
    if (pet === null || found === null || list.length === 0) return null;
    const { segmentation } = parameters;
    return add(uptakeSegmentation(identity, output, pet, found.labels, list, settings, segmentation));
  };
  const lesions = uptake('lesions-seg', regions.lesions);
  uptake('physiological-seg', regions.physiological);
  if (ct !== null && drawn !== null) {
    const own: Identity = { ...identity, run: withModel(identity.run, input.modelled) };
    const { segmentation } = parameters;
    add(anatomySegmentation(own, ct, drawn.labels, structuresOf(input), segmentation));
    if (drawn.measured !== null) add(compositionSeg(identity, ct, drawn.measured, segmentation));
    const lobes = input.lobes?.structures.filter(({ present }) => present) ?? [];
    if (lobes.length > 0)
      add(lobesSeg(identity, ct, drawLobes(drawn.labels, input.lobes!), lobes, segmentation));
  }
  const registrations: InstanceReference[] = [];
  if (ct !== null && pet !== null && isAligned(alignment)) {
    registrations.push(add(registrationObject(identity, ct, pet, alignment)).reference);
    const field = alignment.deformation?.field;
    if (field !== undefined)
      registrations.push(add(deformationObject(identity, ct, pet, field, alignment)).reference);
  }
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
  return finished.map(({ object }) => object);
}
