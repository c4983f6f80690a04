import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { lesionDmax, measureRegion, radiomics, suvFactors } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, petAcquisition, type Series } from '@photopeak/dicom';
import {
  type Grid,
  type Mask,
  PhotopeakError,
  readNifti,
  type Volume,
  voxelVolumeMl,
} from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import { choosePetAndCt } from '../pairing/index.ts';
import type { Finding } from '../pipeline.ts';
import { collectStudies, seriesFacts, toSuvInPlace } from '../study/index.ts';
import { isNifti, type NamedMask, readMasks } from './masks.ts';
import { correctedMeans } from './partial-volume.ts';
import { MEASURE_SCHEMA, type Measured } from './schema.ts';

export interface MeasureOptions {
  /** Folder with the images, or one NIfTI image (.nii, .nii.gz). */
  readonly image: string;
  /** SEG, RTSTRUCT or NIfTI. */
  readonly segmentation: string;
  /** Series to measure; without it the one the segmentation refers to, else the PET that pairing chooses. */
  readonly seriesInstanceUid?: string;
  /** Also IBSI intensity statistics and morphology. */
  readonly radiomics?: boolean;
  /** Also means corrected for partial volume, at this resolution of the image (FWHM, mm). */
  readonly resolutionMm?: number;
}

interface MeasuredImage {
  readonly description: Omit<Measured['image'], 'unit' | 'voxelVolumeMl'>;
  readonly volume: Volume;
  readonly frameOfReferenceUid: string | null;
  /** SUVpeak is a measure of PET. */
  readonly hasPeak: boolean;
}

/**
 * All metrics of each segment of a segmentation on an image. PET is measured in SUVbw where that can be computed, else
 * in its own unit with a finding that says why; a NIfTI image in the unit it names.
 */
export async function measureImage(options: MeasureOptions): Promise<Measured> {
  const findings: Finding[] = [];
  const image = isNifti(options.image)
    ? await niftiImage(options, findings)
    : await seriesImage(options, findings);
  const { volume } = image;
  const read = await readMasks(options.segmentation, volume);
  requireSameFrame(image, read.frameOfReferenceUids, findings);
  const segments: Measured['segments'] = [];
  for (const named of read.masks)
    segments.push(await measureSegment(volume, named, image.hasPeak, options.radiomics === true));
  if (options.resolutionMm !== undefined)
    await correct(volume, read.masks, segments, options.resolutionMm, findings);
  const filled = segments.filter(({ voxels }) => voxels > 0);
  const maxima = filled.flatMap(({ max }) => (max === null ? [] : [max]));
  return {
    schema: MEASURE_SCHEMA,
    image: { ...image.description, unit: volume.unit, voxelVolumeMl: voxelVolumeMl(volume) },
    segmentation: { kind: read.kind, file: options.segmentation },
    ...(options.resolutionMm === undefined ? {} : { resolutionMm: options.resolutionMm }),
    segments,
    totals: {
      volumeMl: filled.reduce((sum, { volumeMl }) => sum + volumeMl, 0),
      tlg: filled.reduce((sum, { tlg }) => sum + (tlg ?? 0), 0),
      max: maxima.length === 0 ? null : Math.max(...maxima),
      dmaxMm: dmax(filled),
    },
    findings,
  };
}

/** Puts the mean without the blur of the scanner beside the measured one. */
async function correct(
  volume: Volume,
  masks: readonly NamedMask[],
  segments: Measured['segments'],
  fwhmMm: number,
  findings: Finding[],
): Promise<void> {
  const filled: { number: number; mask: Mask }[] = [];
  for (const named of masks) {
    const isFilled = segments.some(({ number, voxels }) => number === named.number && voxels > 0);
    if (isFilled) filled.push({ number: named.number, mask: await named.mask() });
  }
  if (filled.length === 0) return;
  const { means, findings: said } = await correctedMeans(volume, filled, fwhmMm);
  findings.push(...said);
  for (const segment of segments) segment.meanCorrected = means.get(segment.number) ?? null;
}

/** The image of a NIfTI file: no header says how to make SUV of it, so it is measured as it is. */
async function niftiImage({ image }: MeasureOptions, findings: Finding[]): Promise<MeasuredImage> {
  const volume = readNifti(await readImageFile(image));
  const isSuv = /^(g|cm2)\/ml\{SUV/.test(volume.unit);
  if (!isSuv) {
    findings.push({
      code: 'MEASURE_NO_SUV',
      severity: 'info',
      message: `a NIfTI image does not say how to compute SUV; values are ${volume.unit === '' ? 'as stored' : `in ${volume.unit}`}`,
    });
  }
  return {
    description: { seriesInstanceUid: null, modality: null, description: basename(image), suvFactor: null },
    volume,
    frameOfReferenceUid: null,
    hasPeak: isSuv,
  };
}

async function readImageFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new PhotopeakError('the image cannot be read', {
      code: 'MEASURE_NO_IMAGE',
      expected: 'a NIfTI file, or a folder with DICOM files',
      found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      where: file,
      remedy: 'check the path',
    });
  }
}

async function seriesImage(options: MeasureOptions, findings: Finding[]): Promise<MeasuredImage> {
  const { studies } = await collectStudies(options.image);
  const series = studies
    .flatMap(({ instances }) => groupSeries(instances))
    .filter(({ kind }) => kind === 'volume');
  const target = await chooseSeries(series, options);
  const { volume, factor } = await loadInSuv(target, findings);
  const { seriesInstanceUid, modality, description = '', frameOfReferenceUid } = target;
  return {
    description: { seriesInstanceUid, modality, description, suvFactor: factor },
    volume,
    frameOfReferenceUid: frameOfReferenceUid ?? null,
    hasPeak: modality === 'PT',
  };
}

async function chooseSeries(series: readonly Series[], options: MeasureOptions): Promise<Series> {
  const byUid = (uid: string | undefined) =>
    series.find(({ seriesInstanceUid }) => seriesInstanceUid === uid);
  const found =
    options.seriesInstanceUid === undefined
      ? await chooseBySegmentation(series, options.segmentation)
      : byUid(options.seriesInstanceUid);
  if (found !== undefined) return found;
  throw new PhotopeakError('there is no image to measure', {
    code: 'MEASURE_NO_IMAGE',
    expected:
      options.seriesInstanceUid ??
      'a series that the segmentation refers to, or an attenuation-corrected PET',
    found: `${series.length} volume series`,
    where: options.image,
    remedy: 'give the series with --series UID (photopeak inspect lists them)',
  });
}

/**
 * The PET that the segmentation lies on or belongs to. A segmentation drawn on the CT of a PET/CT is measured on the
 * PET of the same frame of reference; only where there is no such PET, on the image it was drawn on.
 */
async function chooseBySegmentation(series: readonly Series[], file: string): Promise<Series | undefined> {
  const read = await readMasks(file, PROBE);
  const referenced = series.filter(({ seriesInstanceUid }) =>
    read.seriesInstanceUids.includes(seriesInstanceUid),
  );
  const pet = referenced.find(({ modality }) => modality === 'PT');
  if (pet !== undefined) return pet;
  const facts = series.map(seriesFacts);
  const chosen = choosePetAndCt(facts).pet?.series;
  const paired = series.find((_, index) => facts[index] === chosen);
  return paired ?? referenced[0] ?? (series.length === 1 ? series[0] : undefined);
}

/** A grid of one voxel: reading a segmentation for what it refers to, not for its voxels. */
const PROBE: Grid = {
  size: [1, 1, 1],
  spacingMm: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

async function loadInSuv(
  series: Series,
  findings: Finding[],
): Promise<{ volume: Volume; factor: number | null }> {
  const loaded = await loadSeriesVolume(series);
  findings.push(...loaded.findings.map(toFinding));
  if (series.modality !== 'PT') return { volume: loaded.volume, factor: null };
  const suv = suvFactors(petAcquisition(series));
  if (suv.status === 'refused') {
    findings.push({
      code: suv.code,
      severity: 'error',
      message: `SUV is not computable: ${suv.reason}; values are in ${loaded.volume.unit}`,
      remedy: suv.remedy,
    });
    return { volume: loaded.volume, factor: null };
  }
  for (const warning of suv.warnings)
    findings.push({ code: 'SUV_NOTE', severity: 'warning', message: warning });
  return { volume: toSuvInPlace(series, loaded, suv), factor: suv.factors.bw ?? null };
}

/** Positions of two frames of reference mean different places. NIfTI names no frame: then only a notice is possible. */
function requireSameFrame(
  { frameOfReferenceUid, description }: MeasuredImage,
  frames: readonly string[],
  findings: Finding[],
): void {
  if (frames.length === 0 || (frameOfReferenceUid !== null && frames.includes(frameOfReferenceUid))) return;
  if (description.seriesInstanceUid === null) {
    findings.push({
      code: 'MEASURE_FRAME_UNKNOWN',
      severity: 'warning',
      message:
        'a NIfTI image names no frame of reference: that the segmentation lies on it is taken on trust',
    });
    return;
  }
  throw new PhotopeakError('the segmentation lies in another frame of reference than the image', {
    code: 'MEASURE_FRAME_DIFFERS',
    expected: frameOfReferenceUid ?? 'an image with a frame of reference',
    found: frames.join(', '),
    remedy: 'register the two first, or give the right series with --series UID',
  });
}

async function measureSegment(
  volume: Volume,
  named: NamedMask,
  hasPeak: boolean,
  withRadiomics: boolean,
): Promise<Measured['segments'][number]> {
  const { number, label } = named;
  const mask = await named.mask();
  if (!mask.data.some((value) => value !== 0)) {
    return {
      number,
      label,
      voxels: 0,
      volumeMl: 0,
      mtvMl: 0,
      max: null,
      peak: null,
      peakNote: null,
      mean: null,
      sd: null,
      min: null,
      tlg: null,
      centroid: null,
      maximumPosition: null,
      findings: [
        {
          code: 'MEASURE_EMPTY',
          severity: 'warning',
          message: 'the segment has no voxel on the grid of the image',
        },
      ],
    };
  }
  const m = measureRegion(volume, mask);
  return {
    number,
    label,
    voxels: m.voxels,
    volumeMl: m.mtvMl,
    mtvMl: m.mtvMl,
    max: m.max,
    peak: hasPeak ? m.peak.value : null,
    peakNote: !hasPeak
      ? null
      : m.peak.smallerThanSphere
        ? 'smaller than the 1 cm³ sphere'
        : m.peak.beyondVolume
          ? 'part of the sphere lies beyond the image'
          : null,
    mean: m.mean,
    sd: m.sd,
    min: m.min,
    tlg: m.tlg,
    centroid: [...m.centroid],
    maximumPosition: [...m.maxPosition],
    ...(withRadiomics ? { radiomics: radiomicsOf(volume, mask) } : {}),
    findings: [],
  };
}

/** JSON knows no infinity: a ratio to nothing is null. */
function radiomicsOf(volume: Volume, mask: Mask): Measured['segments'][number]['radiomics'] {
  const defined = (features: object) =>
    Object.fromEntries(
      Object.entries(features as Record<string, number>).map(([name, value]) => [
        name,
        Number.isFinite(value) ? value : null,
      ]),
    );
  const { firstOrder, shape } = radiomics(volume, mask);
  return { firstOrder: defined(firstOrder), shape: defined(shape) };
}

function dmax(segments: Measured['segments']): number | null {
  const centroids = segments.flatMap(({ centroid }) =>
    centroid === null ? [] : [[centroid[0] ?? 0, centroid[1] ?? 0, centroid[2] ?? 0] as const],
  );
  return centroids.length < 2 ? null : (lesionDmax(centroids) ?? null);
}
