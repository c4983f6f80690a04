import { createHash } from 'node:crypto';
import { readFileHeader } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { encodePng } from '../captures/index.ts';
import type { EmissionAlignment } from '../emission-alignment/index.ts';
import { type Finished, type Identity, type PlaneSource, sourceOf } from '../objects/index.ts';
import type { ResultObject, Step } from '../pipeline.ts';
import { patientFacts } from '../study/index.ts';
import type { SpectCaptures, TitledPicture } from './draw.ts';
import {
  activityMapping,
  captureObject,
  measurementReport,
  regionsSegmentation,
  registrationObject,
} from './objects.ts';
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
    const table = text('regions-table', 'regions.csv', 'csv', regionTable(input.summary));
    const summary: SpectctSummary = { ...input.summary, objects: [...objects, table].map(listed) };
    const first = input.spectPlanes[0]?.path ?? input.anyFile;
    const report = spectReport({
      summary,
      patient:
        first === null
          ? { name: '', id: '', birthDate: '', sex: '' }
          : patientFacts(readFileHeader(first).dataset),
      overview: input.captures === null ? null : encoded(input.captures.mip),
      pictures: (input.captures?.foci ?? []).map(encoded),
    });
    return {
      summary,
      objects: [
        ...objects,
        table,
        text('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`),
        text('report', 'report.html', 'html', report),
      ],
    };
  },
};

const encoded = ({ title, picture }: TitledPicture) => ({ title, png: encodePng(picture) });

const text = (
  output: string,
  fileName: string,
  kind: 'json' | 'html' | 'csv',
  content: string,
): ResultObject => ({ output, fileName, kind, bytes: new TextEncoder().encode(content) });

function listed(object: ResultObject): SpectctSummary['objects'][number] {
  return {
    output: object.output,
    fileName: object.fileName,
    sha256: createHash('sha256').update(object.bytes).digest('hex'),
    sopClassUid: object.sopClassUid ?? null,
    sopInstanceUid: object.sopInstanceUid ?? null,
  };
}

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
  const registration =
    ct === null || alignment === null || alignment.used === 'none'
      ? null
      : add(registrationObject(identity, ct, spect, alignment));
  add(
    measurementReport(
      identity,
      spect,
      summary,
      {
        regions: segmentation?.reference ?? null,
        valueMapping: valueMapping?.reference ?? null,
        registration: registration?.reference ?? null,
      },
      settings,
    ),
  );
  if (captures !== null) {
    const pictures = captures.foci.map(({ picture }) => picture);
    if (pictures.length > 0) add(captureObject(identity, 'captures', spect, pictures));
    add(captureObject(identity, 'mip-capture', spect, [captures.mip.picture]));
  }
  return finished;
}
