import type { Volume } from '@photopeak/imaging';
import type { Finding, QualityEntry, ResultObject } from '../../pipeline.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { EnhancementImage, EnhancementMethod, MethodContext } from '../method.ts';
import type { EnhancedSeries } from '../summary.ts';
import { controlQuality } from './control.ts';
import type { QualityParameters } from './parameters.ts';
import { qualityPicture } from './picture.ts';

/** What the summary says of a checked image, its picture, and what people must see. */
export interface ControlledImage {
  readonly quality: EnhancedSeries['quality'];
  readonly objects: readonly ResultObject[];
  readonly findings: readonly Finding[];
}

/** Checks one image. `name` tells pictures of several apart, `what` names the series to people. */
export async function controlledImage(
  image: EnhancementImage,
  volume: Volume,
  method: EnhancementMethod,
  settings: unknown,
  parameters: QualityParameters,
  { signal }: Pick<MethodContext, 'signal'>,
  { name = 'quality', what = 'the series' } = {},
): Promise<ControlledImage> {
  if (!parameters.isOn) return unchecked('quality control is off');
  const context = { signal, progress: () => {} };
  const controlled = await controlQuality(image, volume, method, settings, parameters, context);
  if (controlled === undefined) return unchecked('original and result cannot be laid upon each other');
  const { verdict, checks, spots, notes, shown } = controlled;
  const picture: ResultObject = {
    output: 'quality',
    fileName: `${name}.png`,
    kind: 'png',
    bytes: qualityPicture(shown, spots[0]),
  };
  const quality = {
    verdict,
    checks: checks.map((check) => ({ ...check, value: rounded(check.value) })),
    spots: spots.map((spot) => ({
      ...spot,
      voxel: [...spot.voxel],
      sizeMm: rounded(spot.sizeMm),
      contrast: rounded(spot.contrast),
      score: rounded(spot.score),
    })),
    notes: [...notes],
    picture: picture.fileName,
  };
  const findings = verdict === 'passed' ? [] : [findingOf(verdict, what, reasonsOf(quality))];
  return { quality, objects: [picture], findings };
}

const SEVERITY = { passed: 0, flagged: 1, held: 2 } as const;

/** Of two images of a series the one that is told: the worse, else the first. */
export function worseOf(one: ControlledImage | undefined, other: ControlledImage): ControlledImage {
  const severity = (image: ControlledImage | undefined) =>
    image?.quality ? SEVERITY[image.quality.verdict] : -1;
  return one === undefined || severity(other) > severity(one) ? other : one;
}

const reasonsOf = ({ checks }: NonNullable<EnhancedSeries['quality']>): string[] =>
  checks.filter((check) => check.verdict !== 'passed').map(({ text }) => text);

/** The same for the list of the node; null where nothing was checked or made. */
export function qualityEntry(
  { source, method, quality, result }: EnhancedSeries,
  facts: ImageFacts,
  { sampleShare }: QualityParameters,
): QualityEntry | null {
  if (quality === null || result === null) return null;
  return {
    seriesInstanceUid: result.seriesInstanceUid,
    sourceSeriesInstanceUid: source.seriesInstanceUid,
    description: source.description,
    model: `${method.id}@${method.version}`,
    modality: facts.modality,
    scanner: [facts.manufacturer, facts.model].filter((part) => part !== null).join(' '),
    verdict: quality.verdict,
    reasons: reasonsOf(quality),
    figures: Object.fromEntries(quality.checks.map(({ name, value }) => [name, value])),
    picture: quality.picture,
    sampleShare,
  };
}

const DIGITS = 5;
const rounded = (value: number): number =>
  Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : Number.MAX_VALUE;

/** What is said where nothing was checked. */
function unchecked(reason: string): ControlledImage {
  return {
    quality: null,
    objects: [],
    findings: [
      {
        code: 'QUALITY_UNCHECKED',
        severity: 'info',
        message: `the enhanced series was not checked: ${reason}`,
      },
    ],
  };
}

function findingOf(verdict: 'flagged' | 'held', what: string, reasons: readonly string[]): Finding {
  return verdict === 'held'
    ? {
        code: 'QUALITY_HELD',
        severity: 'error',
        message: `the enhanced image of ${what} is held back: ${reasons.join('; ')}`,
        remedy: 'look at original and result on the quality list; release it there, or leave it',
      }
    : {
        code: 'QUALITY_FLAGGED',
        severity: 'warning',
        message: `look at the original as well for ${what}: ${reasons.join('; ')}`,
      };
}

/** Marks what is held back, also by its folder where results are files. */
export const heldBack = (object: ResultObject): ResultObject => ({
  ...object,
  fileName: `held/${object.fileName}`,
  isHeld: true,
});
