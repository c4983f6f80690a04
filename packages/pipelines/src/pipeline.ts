import type { ModelManifest, OpenModel } from '@photopeak/models';
import type { z } from 'zod';

/** How the work of a step is scheduled. */
export type ResourceClass = 'cpu' | 'gpu';

/** What a step may know of the run it belongs to. Nothing else may enter a result: no clock, no randomness. */
export interface RunIdentity {
  /**
   * Hash over input, pipeline, version and the parameters that change results (`resultKey`). UIDs derive from it: the
   * same object has the same name in every run that makes it.
   */
  readonly key: string;
  /** Content date-time of every object of this run, ISO 8601 without zone, e.g. `2026-11-23T10:15:00`. */
  readonly at: string;
}

/** How far results may go: `research` is flagged and not delivered, `assist` is looked at, `production` is routine. */
export type Phase = 'research' | 'assist' | 'production';

/** A version of a model of the site, settled before a run that may use it is decided. */
export interface PinnedModel {
  readonly id: string;
  readonly version: string;
  /** SHA-256 of the package. */
  readonly digest: string;
  readonly phase: Phase;
  readonly task: ModelManifest['task'];
  readonly modalities: readonly string[];
  /** The series that it is pinned for; empty: of any modality, of any Protocol Name. */
  readonly modality: string;
  readonly protocol: string;
}

/** A model that a run used on a series. */
export interface UsedModel {
  readonly digest: string;
  readonly seriesInstanceUid: string;
}

/** Where the models of the site are. */
export interface SiteModels {
  /** @throws PhotopeakError MODEL_* where the package is not there or cannot run. */
  open(
    digest: string,
    options: { readonly signal: AbortSignal; readonly gpu?: string },
  ): Promise<{ readonly manifest: ModelManifest; readonly model: OpenModel }>;
}

export interface StepContext {
  readonly run: RunIdentity;
  readonly signal: AbortSignal;
  /** Undefined where there are none. */
  readonly models?: SiteModels;
  /**
   * The device of a step of class `gpu`, as CUDA_VISIBLE_DEVICES takes it, for as long as the step runs; undefined for
   * other steps, and outside the node, where a step takes what its environment shows. Never part of a result.
   */
  readonly gpu?: string;
  /** Tells people how far the step is; never part of a result. */
  progress(fraction: number, message?: string): void;
}

/**
 * One named, versioned piece of work with typed input and output. Outputs are values that can be stored: JSON,
 * typed arrays and volumes; the executor keeps the large parts in content-addressed files.
 */
export interface Step<In, Out> {
  readonly name: string;
  readonly version: string;
  readonly resource: ResourceClass;
  run(input: In, context: StepContext): Promise<Out>;
}

/** Runs the steps of a pipeline: at once in one process, or durably with checkpoints in the node. */
export interface StepRunner {
  readonly run: RunIdentity;
  step<In, Out>(step: Step<In, Out>, input: In): Promise<Out>;
}

/** One DICOM instance of the input study. */
export interface InputInstance {
  readonly path: string;
  /** SHA-256 of the file, lower-case hex. */
  readonly sha256: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly modality: string;
}

export interface StudyInput {
  readonly studyInstanceUid: string;
  readonly instances: readonly InputInstance[];
  /**
   * Studies of the same patient from before, the oldest first; only a pipeline that takes them (`priors`) gets any.
   * They are input like the study itself: their bytes enter the run key.
   */
  readonly priors?: readonly StudyInput[];
}

/** A file that a run delivers. */
export interface ResultObject {
  /** The declared output this object fulfils, e.g. `lesions-seg`. */
  readonly output: string;
  /** File name inside the output folder. */
  readonly fileName: string;
  readonly kind: 'dicom' | 'json' | 'html' | 'png' | 'nifti' | 'csv';
  readonly bytes: Uint8Array;
  /** Where it is lower than that of the run: what a model in research made is not delivered on a route of assist. */
  readonly phase?: Phase;
  /** For DICOM objects. */
  readonly sopClassUid?: string;
  readonly sopInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  /** Quality control holds it back: kept, but neither shown to readers nor delivered until somebody releases it. */
  readonly isHeld?: true;
}

/** What quality control says of a series that a run made. */
export interface QualityEntry {
  readonly seriesInstanceUid: string;
  /** The series that it was made of. */
  readonly sourceSeriesInstanceUid: string;
  readonly description: string;
  /** `ID@VERSION` of the method or model. */
  readonly model: string;
  readonly modality: string;
  /** Manufacturer and model of the scanner. */
  readonly scanner: string;
  readonly verdict: 'passed' | 'flagged' | 'held';
  /** Of what is flagged or held, in words. */
  readonly reasons: readonly string[];
  /** Every figure by the name of its check. */
  readonly figures: Readonly<Record<string, number>>;
  /** File name of the result that shows it; null: none. */
  readonly picture: string | null;
  /** Share of those that pass at which a person is asked to look as well. */
  readonly sampleShare: number;
}

export interface OutputDeclaration {
  readonly name: string;
  readonly description: string;
  /** A run without this output has failed. */
  readonly required: boolean;
}

/** A notice that a person must see beside the result: code, text, and what to do. */
export interface Finding {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly remedy?: string;
}

export interface PipelineResult<Summary> {
  readonly objects: readonly ResultObject[];
  /** Documented JSON (summary.json). */
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  /** Of pipelines that check what they make. */
  readonly quality?: readonly QualityEntry[];
}

/** A pipeline is a value: what it needs, its steps in order, what it delivers. */
export interface Pipeline<Parameters = unknown, Summary = unknown> {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** What a study must hold, for people and for routing; `accepts` decides. */
  readonly needs: readonly string[];
  readonly parameters: z.ZodType<Parameters>;
  /**
   * The parameters that only ask for more outputs, each with the value that asks for none. All other objects are the
   * same, to the byte, whatever these say.
   */
  readonly additions?: Readonly<Partial<Parameters>>;
  readonly outputs: readonly OutputDeclaration[];
  /** A pipeline that compares with studies from before says how many it needs and takes; absent: none. */
  readonly priors?: {
    readonly least: number;
    readonly most: number;
    /** That each of them has, such as PT and CT. */
    readonly modalities: readonly string[];
    /** How old they may be against the study; absent: any age. */
    readonly withinDays?: number;
  };
  /** `gpu` where one of its steps is of that class: its runs wait for a worker that has a device. Default `cpu`. */
  readonly resource?: ResourceClass;
  /**
   * A pipeline that may use models of the site, or writes what phase a result is of: the node settles both before a run
   * is decided, so that they are part of its key and a repeat is served the same.
   */
  readonly site?: {
    /** `ID` or `ID@VERSION` of each model that a run with these parameters may use. */
    models(parameters: Parameters): readonly string[];
    settle(
      parameters: Parameters,
      settled: { readonly phase: Phase; readonly models: readonly PinnedModel[] },
    ): Parameters;
    /** Which models gave results of which series, so that candidates can be tried beside them. */
    used?(summary: Summary, parameters: Parameters): readonly UsedModel[];
  };
  /**
   * The series that a run of this study would read beyond their headers: others may come late without a new run. From
   * headers alone; without it every series counts.
   */
  reads?(study: StudyInput): Promise<readonly string[]>;
  run(input: StudyInput, parameters: Parameters, runner: StepRunner): Promise<PipelineResult<Summary>>;
}
