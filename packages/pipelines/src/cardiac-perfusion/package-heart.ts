import { createHash } from 'node:crypto';
import { encodePng } from '../captures/index.ts';
import { type Finished, type Identity, listedResult, sourceOf, textResult } from '../objects/index.ts';
import type { ResultObject, RunIdentity, Step } from '../pipeline.ts';
import { patientOfFile } from '../study/index.ts';
import type { Drawn } from './draw.ts';
import { heartReport } from './heart-report.ts';
import type { MappedState } from './map-states.ts';
import { heartCapture, perfusionReport, shortAxisObjects } from './objects/index.ts';
import type { CardiacParameters } from './parameters.ts';
import type { CardiacSummary } from './summary.ts';

export interface PackageHeartInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: CardiacParameters;
  readonly states: readonly MappedState[];
  readonly summary: CardiacSummary;
  readonly drawn: Drawn | null;
  /** A file of the study, for the patient's name where nothing was mapped. */
  readonly anyFile: string | null;
}

export interface PackagedHeart {
  readonly objects: readonly ResultObject[];
  readonly summary: CardiacSummary;
}

const OUTPUTS = { stress: 'short-axis-stress', rest: 'short-axis-rest' } as const;

/** Writes every result object, the summary and the report. */
export const packageHeart: Step<PackageHeartInput, PackagedHeart> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run: withNormals(run, input.summary) };
    const objects = input.drawn === null ? [] : dicomObjects(identity, input, input.drawn);
    const summary: CardiacSummary = { ...input.summary, objects: objects.map(listedResult) };
    const first = input.states[0]?.planes[0]?.path ?? input.anyFile;
    const pictures =
      input.drawn === null
        ? []
        : [
            { title: 'Polar maps', png: encodePng(input.drawn.polarMaps), fileName: 'polar-maps.png' },
            { title: 'Slices', png: encodePng(input.drawn.slices), fileName: 'slices.png' },
          ];
    const report = heartReport({
      summary,
      pictures,
      patient: patientOfFile(first),
    });
    return {
      summary,
      objects: [
        ...objects,
        ...pictures.map(
          ({ png, fileName }): ResultObject => ({ output: 'pictures', fileName, kind: 'png', bytes: png }),
        ),
        textResult('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`),
        textResult('report', 'report.html', 'html', report),
      ],
    };
  },
};

/** Objects of runs with other limits are other objects, even where the file has the same path. */
function withNormals(run: RunIdentity, { normals: { sha256 } }: CardiacSummary): RunIdentity {
  if (sha256 === null) return run;
  return { ...run, key: createHash('sha256').update(`${run.key}\n${sha256}`).digest('hex') };
}

function dicomObjects(identity: Identity, input: PackageHeartInput, drawn: Drawn): ResultObject[] {
  const sources = input.states.map(({ volume, planes }) => sourceOf(volume, planes));
  const finished: Finished[] = input.states.flatMap(({ state, volume }, index) =>
    shortAxisObjects(
      identity,
      state === null ? 'short-axis' : OUTPUTS[state],
      sources[index]!,
      volume,
      drawn.shortAxis[index]!,
    ),
  );
  const captures = [
    heartCapture(identity, 'polar-maps', sources[0]!, drawn.polarMaps),
    heartCapture(identity, 'slices', sources[0]!, drawn.slices),
  ];
  const { attenuation, scoreLimits } = input.parameters;
  const settings = [`attenuation=${attenuation}`, `scoreLimits=${scoreLimits.join(' ')}`];
  const evidence = captures.map(({ reference }) => reference);
  const report = perfusionReport(identity, sources, input.summary, evidence, settings);
  return [...finished, ...captures, report].map(({ object }) => object);
}
