import type { QualityLimits } from '@photopeak/analysis';
import type { Grid, Volume } from '@photopeak/imaging';
import type { ModelManifest } from '@photopeak/models';
import type { z } from 'zod';
import type { Finding } from '../pipeline.ts';
import type { ImageFacts } from './image-facts.ts';

/** What an enhancement is for: the tasks of models that give an image. */
export const enhancementTasks = [
  'denoise',
  'super-resolution',
  'metal',
  'speckle',
  'harmonise',
] as const satisfies readonly ModelManifest['task'][];
export type EnhancementTask = (typeof enhancementTasks)[number];

/** An image to enhance, in its own unit: HU, Bq/ml, signal, grey values. */
export interface EnhancementImage {
  readonly volume: Volume;
  /** What the third axis is: slices in space, or single pictures of an ultrasound series, one frame after the other. */
  readonly planes: 'slices' | 'frames';
  readonly facts: ImageFacts;
  /** 1 where the image may be changed; everywhere when absent. What a method does elsewhere is not taken over. */
  readonly mask?: Uint8Array;
}

/** A number that a method found or decided by itself, for the report: `{ name: 'sigma', value: 12.3, unit: 'HU' }`. */
export interface MethodFact {
  readonly name: string;
  readonly value: number | string;
  /** UCUM; left out for words. */
  readonly unit?: string;
}

export interface Enhanced {
  /**
   * In the unit of the image, on its grid; on another grid (`super-resolution`, `harmonise`) in the same patient space.
   * Null where the method found nothing to do, with a finding that says why.
   */
  readonly volume: Volume | null;
  readonly facts?: readonly MethodFact[];
  readonly findings?: readonly Finding[];
}

/** What came of several volumes. */
export interface EnhancedVolumes {
  readonly volumes: readonly Volume[];
  readonly facts?: readonly MethodFact[];
  readonly findings?: readonly Finding[];
}

export interface MethodContext {
  readonly signal: AbortSignal;
  progress(fraction: number, message?: string): void;
}

/**
 * A way to enhance an image, with everything that has to be said about it. The image may be kept in shared memory and
 * is never changed. The same image and parameters give the same bytes.
 */
export interface EnhancementMethod<Parameters = unknown> {
  /** Lower-case words with hyphens; stays over all versions. */
  readonly id: string;
  /** Changes whenever the same input would give other values. */
  readonly version: string;
  readonly task: EnhancementTask;
  readonly title: string;
  /** DICOM modalities. */
  readonly modalities: readonly string[];
  readonly parameters: z.ZodType<Parameters>;
  readonly intendedUse: string;
  /** What it does not do, or does badly; shown with every result. */
  readonly limits: readonly string[];
  /** Limits of quality control over those of the modality: what it is known to do need not hold it back. */
  readonly qualityLimits?: Partial<QualityLimits>;
  /** True for networks; else the method is named as a filter (CID 7162). */
  readonly isNetwork?: boolean;
  /** SHA-256 of what computes, where that is a package of the site. */
  readonly digest?: string;
  /** Who made it; left out: Photopeak. */
  readonly manufacturer?: string;
  /**
   * Planes on either side that a plane of the result depends on. Where it is given, long series are worked on in slabs,
   * with the same result; left out: the method needs the whole.
   */
  reachPlanes?(parameters: Parameters, grid: Grid): number;
  /** Why it cannot take this image, in words; undefined where it can. Modality is checked before. */
  refuses?(image: Omit<EnhancementImage, 'volume'>, parameters: Parameters): string | undefined;
  run(image: EnhancementImage, parameters: Parameters, context: MethodContext): Promise<Enhanced>;
  /** Of a method that takes all volumes of a series at once (echoes, directions, time points), instead of `run`. */
  readonly series?: {
    readonly fewest: number;
    /** From so many volumes on it is taken where no method is named. */
    readonly automaticFrom: number;
    /** Images on one grid; as many volumes come back, in their order. */
    run(
      images: readonly EnhancementImage[],
      parameters: Parameters,
      context: MethodContext,
    ): Promise<EnhancedVolumes>;
  };
}

/** A method as the catalogue holds it: what its parameters are only its schema knows. */
export const defineMethod = <Parameters>(method: EnhancementMethod<Parameters>): EnhancementMethod =>
  method as EnhancementMethod;
