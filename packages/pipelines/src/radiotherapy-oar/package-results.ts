import { uniqueStructureNames } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { type AppliedModel, type PlacedStructure, withModel } from '../anatomy/index.ts';
import { encodePng } from '../captures/index.ts';
import { type Identity, listedResult, type PlaneSource, sourceOf, textResult } from '../objects/index.ts';
import type { Alignment } from '../petct-oncology/alignment.ts';
import type { Selection } from '../petct-oncology/select-series.ts';
import type { Finding, ResultObject, Step } from '../pipeline.ts';
import { NOTICE, patientOfFile } from '../study/index.ts';
import { AGREES_DICE, type Assessed } from './assess.ts';
import type { TitledPicture } from './draw-captures.ts';
import { capturesObject, lobesObject, organsSegmentation, structureSetObject } from './objects.ts';
import type { OutlinedLobes } from './outline-lobes.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import type { Propagated } from './propagate.ts';
import { radiotherapyReport } from './report.ts';
import type { PlannedStructure } from './structure.ts';
import { RADIOTHERAPY_SCHEMA, type RadiotherapySummary, type SummaryStructure } from './summary.ts';

export interface PackageInput {
  readonly pipeline: Identity['pipeline'];
  readonly parameters: RadiotherapyParameters;
  readonly selection: Selection;
  readonly ct: Volume;
  readonly ctPlanes: readonly PlaneSource[];
  /** `ORGAN_LABELS` on the CT; null where there is no anatomy. */
  readonly labels: Volume<Uint8Array> | null;
  /** Null where there is no anatomy. */
  readonly lobes: OutlinedLobes | null;
  readonly placed: { readonly structures: readonly PlacedStructure[] } | null;
  /** The model whose outlines are among them. */
  readonly model: Pick<AppliedModel, 'sha256'> | null;
  readonly structures: readonly PlannedStructure[];
  readonly assessed: Assessed;
  readonly propagated: Propagated;
  readonly alignment: Alignment | null;
  readonly captures: readonly TitledPicture[];
  readonly findings: readonly Finding[];
}

export interface Packaged {
  readonly objects: readonly ResultObject[];
  readonly summary: RadiotherapySummary;
}

/** Writes every result object, the summary and the report. */
export const packageStructures: Step<PackageInput, Packaged> = {
  name: 'package',
  version: '1',
  resource: 'cpu',
  run: async (input, { run }) => {
    const identity: Identity = { pipeline: input.pipeline, run: withModel(run, input.model) };
    const source = sourceOf(input.ct, input.ctPlanes);
    const structures = withAgreement(input.structures, input.assessed);
    const objects: ResultObject[] = [];
    if (structures.length > 0) {
      objects.push(structureSetObject(identity, source, structures, input.parameters).object);
    }
    if (input.labels !== null && input.placed !== null) {
      objects.push(
        organsSegmentation(
          identity,
          source,
          input.labels,
          input.placed.structures,
          input.parameters.segmentation,
        ).object,
      );
    }
    if (input.lobes !== null && input.lobes.found.length > 0) {
      objects.push(lobesObject(identity, source, input.lobes, input.parameters.segmentation).object);
    }
    const pictures = input.captures.map(({ picture }) => picture);
    if (pictures.length > 0) objects.push(capturesObject(identity, source, pictures).object);
    const summary = summarise({ pipeline: input.pipeline, run }, input, structures, objects);
    const report = radiotherapyReport({
      summary,
      patient: patientOfFile(input.ctPlanes[0]?.path),
      pictures: input.captures.map(({ title, picture }) => ({ title, png: encodePng(picture) })),
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

/** Where somebody has drawn a structure otherwise, ours is less certain and says so. */
function withAgreement(
  structures: readonly PlannedStructure[],
  { assessments }: Assessed,
): PlannedStructure[] {
  const names = uniqueStructureNames(structures.map(({ name }) => name));
  return structures.map((structure, index) => {
    const named = { ...structure, name: names[index]! };
    const agreement = assessments[index]?.agreement ?? null;
    if (agreement === null || agreement.dice >= AGREES_DICE) return named;
    return {
      ...named,
      confidence: Math.min(structure.confidence ?? 1, agreement.dice),
      toCheck: [
        ...structure.toCheck,
        `it overlaps only ${agreement.dice.toFixed(2)} (Dice) with ${agreement.name}, which the study has on this CT`,
      ],
    };
  });
}

function summarise(
  identity: Identity,
  input: PackageInput,
  structures: readonly PlannedStructure[],
  objects: readonly ResultObject[],
): RadiotherapySummary {
  const { selection, alignment, parameters, assessed } = input;
  return {
    schema: RADIOTHERAPY_SCHEMA,
    pipeline: identity.pipeline,
    run: { key: identity.run.key, at: identity.run.at },
    notice: NOTICE,
    study: selection.study,
    chosen: { ct: selection.chosen.ct!, pet: selection.chosen.pet },
    alignment:
      alignment === null
        ? null
        : { used: alignment.used, reason: alignment.reason, score: alignment.score?.score ?? null },
    priors: input.propagated.registrations.map(({ matrix, ...rest }) => ({
      ...rest,
      matrix: matrix === null ? null : [...matrix],
    })),
    contours: { toleranceVoxels: parameters.tolerance, holes: parameters.holes },
    structures: structures.map((structure, index): SummaryStructure => {
      const { contours, colour: _, toCheck, ...rest } = structure;
      return {
        number: index + 1,
        ...rest,
        contours: contours.length,
        points: contours.reduce((sum, { points }) => sum + points.length / 3, 0),
        toCheck: [...toCheck],
        agreement: assessed.assessments[index]?.agreement ?? null,
        doses: assessed.assessments[index]?.doses ?? [],
      };
    }),
    objects: objects.map(listedResult),
    findings: [...input.findings],
  };
}
