import type { Volume } from '@photopeak/imaging';
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
import type { ResultObject, Step } from '../pipeline.ts';
import { patientOfFile } from '../study/index.ts';
import type { SpectCaptures, TitledPicture } from './draw.ts';
import { activityMapping, measurementReport, regionsSegmentation, SERIES } from './objects.ts';
import type { SpectctParameters } from './parameters.ts';
import type { SpectRegion } from './regions.ts';
import { spectReport } from './report.ts';
import type { SpectctSummary } from './summary.ts';
import { regionTable } from './table.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: SpectctParameters;
  readonly summary: SpectctSummary;
  readonly spect: Volume | null;
  readonly ct: Volume | null;
  readonly spectPlanes: readonly PlaneSource[];
  readonly ctPlanes: readonly PlaneSource[];
  readonly stored: { readonly slope: number; readonly isUniform: boolean } | null;
  readonly alignment: EmissionAlignment | null;
  readonly regions: readonly SpectRegion[];
  readonly captures: SpectCaptures | null;
  /** A file of the study, for the patient's name where there is no SPECT. */
  readonly anyFile: string | null;
}

export interface PackagedTomogram {
  readonly objects: readonly ResultObject[];
  readonly summary: SpectctSummary;
}

/** Writes every result object, the summary, the table and the report. */
export const packageTomogram: Step<PackageInput, PackagedTomogram> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run };
    const objects = dicomObjects(identity, input).map(({ object }) => object);
    const table = textResult('regions-table', 'regions.csv', 'csv', regionTable(input.summary));
    const summary: SpectctSummary = { ...input.summary, objects: [...objects, table].map(listedResult) };
    const first = input.spectPlanes[0]?.path ?? input.anyFile;
    const report = spectReport({
      summary,
      patient: patientOfFile(first),
      overview: input.captures === null ? null : encoded(input.captures.mip),
      pictures: (input.captures?.foci ?? []).map(encoded),
    });
    return {
      summary,
      objects: [
        ...objects,
        table,
        textResult('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`),
        textResult('report', 'report.html', 'html', report),
      ],
    };
  },
};

const encoded = ({ title, picture }: TitledPicture) => ({ title, png: encodePng(picture) });

function dicomObjects(identity: Identity, input: PackageInput): Finished[] {
  const { spect: volume, summary, regions, alignment, captures, stored, parameters } = input;
  if (volume === null) return [];
  const spect = sourceOf(volume, input.spectPlanes);
  const ct = input.ct === null ? null : sourceOf(input.ct, input.ctPlanes);
  const settings = [
    `tracer=${summary.tracer.preset}`,
    `outlineShare=${parameters.outlineShare}`,
    `minimum=${parameters.minimumMl} ml`,
    `sensitivity=${parameters.sensitivityCpsPerMBq} cps/MBq`,
    `recovery=${parameters.recoveryVolumeMl} ml, ${parameters.recoveryExponent}`,
  ];
  const finished: Finished[] = [];
  const add = (one: Finished): Finished => {
    finished.push(one);
    return one;
  };
  const segmentation =
    regions.length === 0
      ? null
      : add(regionsSegmentation(identity, spect, volume, regions, summary.regions, settings));
  // A mapping replaces the rescale: with other slopes in other planes each would need its own.
  const isMapped = summary.quantification?.status === 'quantitative' && stored?.isUniform === true;
  const valueMapping = isMapped ? add(activityMapping(identity, spect, summary, stored.slope)) : null;
  const registrations =
    ct === null || alignment === null || alignment.used === 'none'
      ? []
      : registrationObjects(
          identity,
          SERIES,
          { anatomical: ct, anatomicalName: 'CT', emission: spect, emissionName: 'SPECT' },
          alignment,
        ).map((object) => add(object).reference);
  add(
    measurementReport(
      identity,
      spect,
      summary,
      {
        regions: segmentation?.reference ?? null,
        valueMapping: valueMapping?.reference ?? null,
        registrations,
      },
      settings,
    ),
  );
  if (captures !== null) {
    const pictures = captures.foci.map(({ picture }) => picture);
    const show = (output: 'captures' | 'mip-capture', shows: 'planes' | 'projections', list: Picture[]) =>
      add(picturesObject(identity, { output, series: SERIES[output], shows }, spect, list));
    if (pictures.length > 0) show('captures', 'planes', pictures);
    show('mip-capture', 'projections', [captures.mip.picture]);
  }
  return finished;
}
