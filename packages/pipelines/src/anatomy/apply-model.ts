import { createHash } from 'node:crypto';
import { type CtStructureReport, ORGAN_LABELS, type OrganAnatomy, refineAnatomy } from '@photopeak/analysis';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Finding, RunIdentity, Step, StepRunner } from '../pipeline.ts';
import { compareWithModel, type StructureAgreement } from './agree.ts';
import { readModelFile, type SiteModel } from './model-file.ts';
import { type ModelStructure, runAnatomyModel } from './model-source.ts';
import {
  type RegisteredAnatomyModel,
  registeredName,
  runRegisteredModel,
  settledModel,
} from './registered-model.ts';

/** A structure in a result; `by` names the model whose outline it is, absent: the own method's. */
export interface PlacedStructure extends CtStructureReport {
  readonly by?: string;
}

/** Own outlines and those of a model in one label map. */
export interface PlacedAnatomy {
  /** `ORGAN_LABELS` on the grid of the CT. */
  readonly labels: Volume<Uint8Array>;
  readonly structures: readonly PlacedStructure[];
  readonly comparison: readonly StructureAgreement[];
}

export interface AppliedModel extends PlacedAnatomy {
  readonly name: string;
  readonly version: string;
  /** SHA-256 over the file that configures the model and the outlines that it gave. */
  readonly sha256: string;
}

export interface ApplyModelInput {
  readonly ct: Volume;
  readonly organs: OrganAnatomy;
  /** File that configures the model (`readModelFile`), or one of the registry (`settledModel`). */
  readonly file: string;
}

export interface ModelOutcome {
  /** Null where the model failed: the own method stands. */
  readonly applied: AppliedModel | null;
  readonly findings: readonly Finding[];
}

/** Structures that model and own method draw this differently are worth a notice of their own. */
const DISAGREES_DICE = 0.7;

/**
 * The model that the site configured, in the place of the own outlines. A model that fails leaves the own ones and a
 * finding; a file that cannot be used is a mistake of the configuration and ends the run (`ANATOMY_MODEL_FILE`).
 */
const applyModelStep: Step<ApplyModelInput, ModelOutcome> = {
  name: 'anatomy-model',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, organs, file }, context) => {
    const { signal, progress } = context;
    const registered = settledModel(file);
    if (registered === undefined && registeredName(file) !== undefined)
      return { applied: null, findings: [unplaced(registeredName(file)!)] };
    const configured = registered === undefined ? await readModelFile(file) : undefined;
    const site: NamedModel = configured ?? namedBy(registered!);
    progress(0, `waiting for ${site.name}`);
    let outlines: ModelStructure[];
    try {
      outlines =
        configured === undefined
          ? await runRegisteredModel(ct, registered!, context)
          : await runAnatomyModel(ct, configured.model, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PhotopeakError)) throw error;
      return { applied: null, findings: [failure(site, error)] };
    }
    const by = `${site.name} ${site.version}`;
    if (registered?.use === 'compare') {
      const own = refineAnatomy(ct, organs);
      const comparison = await compareWithModel(own, organs.structures, outlines);
      return { applied: null, findings: [inResearch(by, comparison), ...disagreements(by, comparison)] };
    }
    const placed = await placeModel(refineAnatomy(ct, organs), organs.structures, outlines, by);
    const hash = createHash('sha256').update(site.sha256);
    for (const { name, mask } of outlines) hash.update(`\n${name}\n`).update(mask.data);
    const { name, version } = site;
    return {
      applied: { ...placed, name, version, sha256: hash.digest('hex') },
      findings: disagreements(by, placed.comparison),
    };
  },
};

/** The step where a model is configured and there is something to put it into. */
export function modelledAnatomy(
  runner: StepRunner,
  ct: Volume | null,
  organs: OrganAnatomy | null,
  file: string,
): Promise<ModelOutcome> {
  if (file === '' || ct === null || organs === null) return Promise.resolve({ applied: null, findings: [] });
  return runner.step(applyModelStep, { ct, organs, file });
}

/** The outlines of the model take the place of those in `labels`, which is changed; both are compared. */
export async function placeModel(
  labels: Volume<Uint8Array>,
  own: readonly CtStructureReport[],
  model: readonly ModelStructure[],
  by: string,
): Promise<PlacedAnatomy> {
  const comparison = await compareWithModel(labels, own, model);
  paint(labels, model);
  const modelled = comparison.map(
    ({ name, modelMl, confidence, findings }): PlacedStructure => ({
      name,
      present: true,
      volumeMl: modelMl,
      confidence,
      findings,
      by,
    }),
  );
  const byName = new Map(modelled.map((one) => [one.name, one]));
  const known = own.map((report): PlacedStructure => byName.get(report.name) ?? report);
  const added = modelled.filter(({ name }) => own.every((report) => report.name !== name));
  return { labels, structures: [...known, ...added], comparison };
}

function paint(labels: Volume<Uint8Array>, model: readonly ModelStructure[]): void {
  const { data } = labels;
  const replaced = new Uint8Array(256);
  for (const { name } of model) replaced[ORGAN_LABELS[name]] = 1;
  for (let n = 0; n < data.length; n++) if (replaced[data[n]!] !== 0) data[n] = ORGAN_LABELS.body;
  for (const { name, mask } of model)
    for (let n = 0; n < data.length; n++) if (mask.data[n] !== 0) data[n] = ORGAN_LABELS[name];
}

/** Objects that show other outlines are other objects, even where input and parameters are the same. */
export function withModel(run: RunIdentity, applied: Pick<AppliedModel, 'sha256'> | null): RunIdentity {
  if (applied === null) return run;
  return { ...run, key: createHash('sha256').update(`${run.key}\n${applied.sha256}`).digest('hex') };
}

/** A model of the registry in the place of one that a file configures. */
const namedBy = ({ id, version, digest }: RegisteredAnatomyModel): NamedModel => ({
  name: id,
  version,
  sha256: digest,
});

type NamedModel = Pick<SiteModel, 'name' | 'version' | 'sha256'>;

const unplaced = (name: string): Finding => ({
  code: 'ANATOMY_MODEL_NOT_PLACED',
  severity: 'warning',
  message: `no version of the model ${name} is in use for this CT; the outlines of the own method stand`,
  remedy: 'photopeak model promote puts a version in use; its task must be segment',
});

const inResearch = (by: string, comparison: readonly StructureAgreement[]): Finding => ({
  code: 'ANATOMY_MODEL_RESEARCH',
  severity: 'info',
  message: `${by} is in the phase research: its outlines (${comparison.map(({ name }) => name).join(', ') || 'none'}) were compared and not used`,
});

const failure = (site: NamedModel, error: PhotopeakError): Finding => ({
  code: 'ANATOMY_MODEL_FAILED',
  severity: 'error',
  message: `${site.name} ${site.version} gave no outlines (${error.found ?? error.message}); those of the own method stand`,
  remedy: 'see the log of the model, then run the study again',
});

function disagreements(by: string, comparison: readonly StructureAgreement[]): Finding[] {
  const different = comparison.filter(({ dice }) => dice !== null && dice < DISAGREES_DICE);
  if (different.length === 0) return [];
  const list = different.map(({ name, dice }) => `${name} ${dice!.toFixed(2)}`).join(', ');
  return [
    {
      code: 'ANATOMY_MODEL_DISAGREES',
      severity: 'warning',
      message: `${by} and the own method outline differently (Dice): ${list}`,
      remedy: 'look at these outlines before anything is measured in them',
    },
  ];
}
