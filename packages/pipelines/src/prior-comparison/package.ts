import { encodePng } from '../captures/index.ts';
import {
  type Finished,
  type Identity,
  listedResult,
  type Source,
  sourceOf,
  textResult,
} from '../objects/index.ts';
import { type LabelledLesion, uptakeSegmentation } from '../petct-oncology/parts.ts';
import type { ResultObject, Step } from '../pipeline.ts';
import { comparisonPage } from '../report/index.ts';
import { patientOfFile } from '../study/index.ts';
import { currentTracking, type NamedTrack } from './compared-lesions.ts';
import type { ComparisonPictures } from './draw.ts';
import type { Examination } from './examine.ts';
import {
  comparisonCaptures,
  comparisonReport,
  priorDeformationObject,
  priorRegistrationObject,
} from './objects.ts';
import type { ComparisonParameters } from './parameters.ts';
import type { PriorRegistration } from './register-prior.ts';
import type { ComparisonSummary } from './summary.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: ComparisonParameters;
  readonly examinations: readonly Examination[];
  readonly registrations: readonly PriorRegistration[];
  readonly tracks: readonly NamedTrack[];
  readonly pictures: ComparisonPictures | null;
  readonly summary: ComparisonSummary;
}

export interface Packaged {
  readonly objects: readonly ResultObject[];
  readonly summary: ComparisonSummary;
}

/** Writes every result object, the summary and the report. */
export const packageComparison: Step<PackageInput, Packaged> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run };
    const objects = dicomObjects(identity, input);
    const summary: ComparisonSummary = { ...input.summary, objects: objects.map(listedResult) };
    const pictures = (list: ComparisonPictures['lesions'] | undefined) =>
      (list ?? []).map(({ title, picture }) => ({ title, png: encodePng(picture) }));
    const page = comparisonPage({
      summary,
      patient: patientOf(input),
      overviews: pictures(input.pictures?.overviews),
      lesionPictures: pictures(input.pictures?.lesions),
    });
    return {
      summary,
      objects: [
        ...objects,
        textResult('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`),
        textResult('report', 'report.html', 'html', page),
      ],
    };
  },
};

function patientOf({ examinations }: PackageInput) {
  const { petPlanes, ctPlanes } = examinations.at(-1)!.analysed;
  return patientOfFile((petPlanes[0] ?? ctPlanes[0])?.path);
}

function dicomObjects(identity: Identity, input: PackageInput): ResultObject[] {
  const { examinations, registrations, parameters, summary, pictures } = input;
  const current = examinations.at(-1)!;
  const { pet, petPlanes, ct, ctPlanes, found } = current.analysed;
  if (pet === null) return [];
  const petSource = sourceOf(pet, petPlanes);
  const settings = [`threshold=${parameters.threshold}`, `minimum=${parameters.minimumMl} ml`];
  const findings = trackedFindings(input);
  const finished: Finished[] = [];
  const add = (one: Finished): Finished => {
    finished.push(one);
    return one;
  };
  const segmentation =
    found === null || findings.length === 0
      ? null
      : add(
          uptakeSegmentation(
            identity,
            'comparison-seg',
            petSource,
            found.labels,
            findings.map(({ finding }) => finding),
            settings,
            parameters.segmentation,
          ),
        );
  const registered = registrations.flatMap((registration, index) => {
    const { analysed } = examinations[index]!;
    return registration.used === 'none' || analysed.ct === null
      ? []
      : [{ registration, source: sourceOf(analysed.ct, analysed.ctPlanes), order: index + 1 }];
  });
  const ctSource = ct === null ? null : sourceOf(ct, ctPlanes);
  const registration =
    ctSource === null || registered.length === 0
      ? null
      : add(priorRegistrationObject(identity, ctSource, registered));
  for (const { registration: found, source, order } of registered) {
    const { pull, field } = found.deformation;
    if (ctSource === null || field === undefined) continue;
    add(priorDeformationObject(identity, ctSource, source, { pull, field }, order));
  }
  add(
    comparisonReport({
      identity,
      pet: petSource,
      priorPets: examinations
        .slice(0, -1)
        .flatMap(({ analysed }): Source[] =>
          analysed.pet === null ? [] : [sourceOf(analysed.pet, analysed.petPlanes)],
        ),
      summary,
      current: findings,
      segmentation: segmentation?.reference ?? null,
      registration: registration?.reference ?? null,
      parameters: settings,
    }),
  );
  const shown = (pictures?.lesions ?? []).map(({ picture }) => picture);
  if (shown.length > 0) add(comparisonCaptures(identity, petSource, shown));
  return finished.map(({ object }) => object);
}

/** Findings of the current study under the names and Tracking UIDs of their lesions. */
function trackedFindings({ examinations, tracks, summary }: PackageInput) {
  const current = examinations.at(-1)!;
  const tracking = currentTracking(tracks, current);
  return current.regions.lesions.flatMap((finding) => {
    const tracked = tracking.get(finding.id);
    const lesion = summary.lesions.find(({ trackingUid }) => trackingUid === tracked?.track.trackingUid);
    if (tracked === undefined || lesion === undefined) return [];
    const part = tracked.isFurtherPart ? ` (${finding.id})` : '';
    const named: LabelledLesion = {
      ...finding,
      trackingUid: tracked.uid,
      label: `${tracked.track.label}${part}`,
    };
    return [{ finding: named, lesion }];
  });
}
