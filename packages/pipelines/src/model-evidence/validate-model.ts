import { performance } from 'node:perf_hooks';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import {
  type ModelManifest,
  type ModelResult,
  type OpenModel,
  type OpenModelOptions,
  openModel,
  openPackage,
} from '@photopeak/models';
import type { ImageFacts } from '../enhancement/index.ts';
import { inferImage } from '../model-run/index.ts';
import type { Finding } from '../pipeline.ts';
import { collectCases, type EvidenceCase } from './cases.ts';
import { compareResults, type ResultDifference } from './compare-results.ts';
import { labelsOfMasks, type Measure, measureResult } from './measures.ts';
import { pictureOf, type ShownResults } from './pictures.ts';
import { openReferences, type References } from './references.ts';
import { MODEL_VALIDATION_SCHEMA, type ModelValidation } from './schema.ts';
import { pairedOf, statisticsOf, strataOf, worstOf } from './summarise.ts';

export interface ValidationInput {
  /** Folders of the model package, and of the one that it is held against. */
  readonly model: string;
  readonly against?: string;
  /** Folder with the site's studies or NIfTI files. */
  readonly cases: string;
  readonly reference?: string;
  /** Margins of equivalence by the names of measures, in their units. */
  readonly margins?: Readonly<Record<string, number>>;
  /** Of resampling; the same seed gives the same intervals. Default 1. */
  readonly seed?: number;
  readonly runtime?: OpenModelOptions;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface CasePicture {
  readonly number: number;
  readonly title: string;
  readonly png: Uint8Array;
}

export interface ValidationResult {
  readonly validation: ModelValidation;
  readonly manifest: ModelManifest;
  readonly cases: readonly EvidenceCase[];
  /** Results by number of the case, for exports; images are not kept. */
  readonly told: ReadonlyMap<number, readonly Measure[]>;
  /** Of the worst cases. */
  readonly pictures: readonly CasePicture[];
}

interface Subject {
  readonly manifest: ModelManifest;
  readonly digest: string;
  readonly model: OpenModel;
}

/** How many of the worst cases are shown. */
const SHOWN = 3;

/**
 * Runs a model, and another version beside it where one is named, over the cases of a folder, one after the other, and
 * measures the results. A case that fails is told and does not end the rest. Memory: one case with its results.
 *
 * Throws what `openPackage`, `openModel`, `collectCases` and `openReferences` throw.
 */
export async function validateModel(input: ValidationInput): Promise<ValidationResult> {
  const { seed = 1, runtime = {}, margins = {} } = input;
  const subject = await opened(input.model, runtime);
  await using model = subject.model;
  const other = input.against === undefined ? undefined : await opened(input.against, runtime);
  await using beside = other?.model ?? { [Symbol.asyncDispose]: async () => undefined };
  void beside;
  const cases = await collectCases(input.cases, subject.manifest);
  const references = input.reference === undefined ? undefined : await openReferences(input.reference);
  const rows: ModelValidation['cases'] = [];
  const told = new Map<number, readonly Measure[]>();
  const pictures = new Map<number, CasePicture>();
  let hasReference = false;
  for (const [index, one] of cases.entries()) {
    const number = index + 1;
    const outcome = await tryCase(one, subject, other, references);
    rows.push({ number, id: one.id, strata: { ...one.strata }, ...outcome.row });
    hasReference ||= outcome.hasReference;
    told.set(number, outcome.measures);
    if (outcome.picture !== undefined) pictures.set(number, { number, ...outcome.picture });
    input.onProgress?.(number, cases.length);
  }
  const worst = worstOf(rows, SHOWN);
  const validation: ModelValidation = {
    schema: MODEL_VALIDATION_SCHEMA,
    model: describe(subject),
    against: other === undefined ? null : describe(other),
    seed,
    hasReference,
    cases: rows,
    statistics: statisticsOf(rows, seed),
    strata: strataOf(rows, seed),
    paired: pairedOf(rows, seed, margins),
    worst,
    peakMemoryMb: model.peakMemoryMb,
    findings: findingsOf(rows, references !== undefined && !hasReference),
  };
  return {
    validation,
    manifest: subject.manifest,
    cases,
    told,
    pictures: worst.cases.flatMap((number) => pictures.get(number) ?? []),
  };
}

async function opened(folder: string, runtime: OpenModelOptions): Promise<Subject> {
  const found = await openPackage(folder);
  return { manifest: found.manifest, digest: found.digest, model: await openModel(found, runtime) };
}

const describe = ({ manifest, digest, model }: Subject): ModelValidation['model'] => ({
  id: manifest.id,
  version: manifest.version,
  title: manifest.title,
  task: manifest.task,
  digest,
  provider: model.provider,
  runtimeVersion: model.runtimeVersion,
});

interface CaseOutcome {
  readonly row: Omit<ModelValidation['cases'][number], 'number' | 'id' | 'strata'>;
  readonly measures: readonly Measure[];
  readonly hasReference: boolean;
  readonly picture?: Omit<CasePicture, 'number'>;
}

async function tryCase(
  one: EvidenceCase,
  subject: Subject,
  other: Subject | undefined,
  references: References | undefined,
): Promise<CaseOutcome> {
  const started = performance.now();
  try {
    const { volume, facts } = await one.load();
    const begun = performance.now();
    const results = await inferImage(subject, volume, one.series);
    const seconds = (performance.now() - begun) / 1000;
    const mine = await measured(subject.manifest, results, one, volume, facts, references);
    const picture = (against?: ShownResults['against']) =>
      pictureOf(
        volume,
        {
          version: subject.manifest.version,
          result: results[0],
          reference: mine.reference,
          ...(against === undefined ? {} : { against }),
        },
        facts,
      );
    if (other === undefined) {
      const shown = await picture();
      const measures = told(mine.measures, undefined);
      return {
        row: { measures, difference: [], seconds, failure: null },
        measures: mine.measures,
        hasReference: mine.hasReference,
        ...(shown === undefined ? {} : { picture: shown }),
      };
    }
    const theirs = await inferImage(other, volume, one.series);
    const beside = await measured(other.manifest, theirs, one, volume, facts, references);
    const differences = await compareResults(
      { manifest: other.manifest, results: theirs },
      { manifest: subject.manifest, results },
      facts,
    );
    const shown = await picture({ version: other.manifest.version, result: theirs[0] });
    return {
      row: {
        measures: told(mine.measures, beside.measures),
        difference: differences.map(toldDifference),
        seconds,
        failure: null,
      },
      measures: mine.measures,
      hasReference: mine.hasReference,
      ...(shown === undefined ? {} : { picture: shown }),
    };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    const failure = {
      code: error.code,
      message: `${error.message}${error.found === undefined ? '' : ` (${error.found})`}`,
    };
    const seconds = (performance.now() - started) / 1000;
    return { row: { measures: [], difference: [], seconds, failure }, measures: [], hasReference: false };
  }
}

async function measured(
  manifest: ModelManifest,
  results: readonly ModelResult[],
  one: EvidenceCase,
  original: Volume,
  facts: ImageFacts,
  references: References | undefined,
) {
  const measures: Measure[] = [];
  let first: Volume | undefined;
  let hasReference = false;
  for (const [index, result] of results.entries()) {
    const output = manifest.output[index]!;
    const reference = (await references?.of(one, original, output)) ?? null;
    hasReference ||= reference !== null;
    if (index === 0 && reference?.kind === 'image') first = reference.volume;
    if (index === 0 && reference?.kind === 'labels' && output.kind === 'labels')
      first = labelsOfMasks(output, reference.masks, original);
    measures.push(...(await measureResult(output, result, { original, facts, reference })));
  }
  return { measures, hasReference, reference: first };
}

const told = (mine: readonly Measure[], theirs: readonly Measure[] | undefined) =>
  mine.map(({ name, label, unit, value }) => ({
    measure: name,
    label,
    unit,
    value,
    against: theirs?.find((one) => one.name === name && one.label === label)?.value ?? null,
  }));

const toldDifference = ({ name, ...rest }: ResultDifference) => ({ measure: name, ...rest });

function findingsOf(rows: ModelValidation['cases'], lacksReference: boolean): Finding[] {
  const findings: Finding[] = [];
  const failed = rows.filter(({ failure }) => failure !== null);
  if (failed.length > 0) {
    const codes = [...new Set(failed.map(({ failure }) => failure!.code))].join(', ');
    findings.push({
      code: 'EVIDENCE_CASES_FAILED',
      severity: 'error',
      message: `the model gave no result for ${failed.length} of ${rows.length} cases (${codes})`,
      remedy: 'see the cases; they count in no figure but this one',
    });
  }
  if (lacksReference) {
    findings.push({
      code: 'EVIDENCE_NO_REFERENCE',
      severity: 'warning',
      message: 'the folder of references says nothing about these cases',
      remedy: 'name files by the identity of the case, or give series and SEG of the same study',
    });
  }
  if (rows.length < FEW) {
    findings.push({
      code: 'EVIDENCE_FEW_CASES',
      severity: 'warning',
      message: `${rows.length} cases: intervals over so few are too narrow`,
      remedy: 'take more cases before anything is decided by them',
    });
  }
  return findings;
}

const FEW = 20;
