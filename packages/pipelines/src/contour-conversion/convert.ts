import { createHash } from 'node:crypto';
import { contoursToMask, maskContours } from '@photopeak/analysis';
import {
  buildSegmentation,
  buildStructureSet,
  type Code,
  colourOf,
  type Dataset,
  encodeObject,
  errorsOf,
  type ObjectContext,
  readFilePart10,
  readSegmentation,
  readStructureSet,
  type Segmentation,
  type SegmentDescription,
  type SegmentInfo,
  type SourceImages,
  type StructureDescription,
  type StructureRoi,
  sct,
  structureName,
  structureNameFrom,
  structureOfName,
  structureSetSyntax,
  UID,
  uidFrom,
  uniqueStructureNames,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { type Grid, type Mask, PhotopeakError, type Vec3, writeNifti } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';
import { equipmentOf, newestTime } from '../study/index.ts';
import { planningImages } from './images.ts';

export type ContourTarget = 'rtstruct' | 'seg' | 'nifti';

export interface ConversionInput {
  /** DICOM SEG or RTSTRUCT. */
  readonly file: string;
  readonly to: ContourTarget;
  /** Folder with the images that it belongs to; NIfTI of an RTSTRUCT can do without. */
  readonly images?: string;
  /** Only structures of these names or labels, letter case does not count. */
  readonly names?: readonly string[];
  readonly toleranceVoxels?: number;
  readonly holes?: 'keyhole' | 'xor';
  /** Voxels of NIfTI masks where no images say which, mm in the planes of the contours. Default 1. */
  readonly spacingMm?: number;
  /** Content time; default the newest time of the input. */
  readonly at?: string;
}

export interface ConvertedFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export interface Conversion {
  readonly files: readonly ConvertedFile[];
  readonly structures: readonly {
    readonly name: string;
    readonly contours: number | null;
    readonly volumeMl: number;
  }[];
  readonly findings: readonly Finding[];
}

const VERSION = '0.1.0';
const MM3_PER_ML = 1000;
/** Masks held at one time. */
const MOST_MASK_BYTES = 2 * 2 ** 30;

const note = (message: string): Finding => ({ code: 'CONTOURS_NOTE', severity: 'warning', message });

/**
 * Turns a SEG into an RTSTRUCT, an RTSTRUCT into a SEG, and both into NIfTI masks. Throws CONTOURS_TARGET,
 * CONTOURS_NO_IMAGES, CONTOURS_TOO_LARGE, CONTOURS_NO_STRUCTURE, and what reading throws.
 */
export async function convertContours(input: ConversionInput): Promise<Conversion> {
  const image = readFilePart10(input.file);
  const isStructureSet = image.dataset.text('SOPClassUID') === UID.RTStructureSetStorage;
  if ((isStructureSet && input.to === 'rtstruct') || (!isStructureSet && input.to === 'seg')) {
    throw new PhotopeakError('the object is of this kind already', {
      code: 'CONTOURS_TARGET',
      expected: isStructureSet ? 'seg or nifti' : 'rtstruct or nifti',
      found: input.to,
    });
  }
  return isStructureSet
    ? fromStructureSet(image.dataset, input)
    : fromSegmentation(await readSegmentation(image), image.dataset, input);
}

function chosen<T>(all: readonly T[], nameOf: (one: T) => string, input: ConversionInput): readonly T[] {
  const wanted = input.names?.map((name) => name.toLowerCase());
  const found = all.filter((one) => wanted?.includes(nameOf(one).toLowerCase()) ?? true);
  if (found.length > 0) return found;
  throw new PhotopeakError('there is no structure to convert', {
    code: 'CONTOURS_NO_STRUCTURE',
    expected: wanted?.join(', ') ?? 'an object with structures',
    found: all.map(nameOf).join(', '),
    where: input.file,
  });
}

function voxelsMl({ data, spacingMm: [x, y, z] }: Mask): number {
  let count = 0;
  for (let n = 0; n < data.length; n++) if (data[n] !== 0) count++;
  return (count * x * y * z) / MM3_PER_ML;
}

function context(
  input: ConversionInput,
  source: SourceImages,
  object: Dataset,
  description: string,
): ObjectContext {
  const identity = createHash('sha256')
    .update(`${input.to} ${input.toleranceVoxels ?? ''} ${input.holes ?? ''} ${input.names?.join() ?? ''}`)
    .update(`${object.text('SOPInstanceUID')} ${source.header.text('SeriesInstanceUID')}`)
    .digest('hex');
  return {
    source: source.header,
    equipment: equipmentOf({ name: 'photopeak contours', version: VERSION }),
    seriesInstanceUid: uidFrom(identity, 'series'),
    sopInstanceUid: uidFrom(identity, 'instance'),
    seriesNumber: 9600,
    seriesDescription: description,
    at: input.at ?? newestTime([object, source.header]),
  };
}

/** What a reader without our names may be told of a segment: its own label, its code, its side. */
function structureOf(segmentation: Segmentation, number: number) {
  const info = segmentation.segment(number);
  const laterality = info.typeModifiers.find(
    ({ value }) => value === sct.right.value || value === sct.left.value,
  );
  const name = info.type === undefined ? undefined : structureName(info.type, laterality);
  return { info, laterality, name: name ?? structureNameFrom(info.label) };
}

async function fromSegmentation(
  segmentation: Segmentation,
  object: Dataset,
  input: ConversionInput,
): Promise<Conversion> {
  const segments = chosen(segmentation.segments, ({ label }) => label, input);
  const findings = segmentation.findings.map(note);
  if (input.to === 'nifti') {
    const converted = segments.map(({ number, label }) => {
      const mask = segmentation.mask(number);
      return {
        name: structureNameFrom(label),
        contours: null,
        volumeMl: voxelsMl(mask),
        bytes: writeNifti(mask),
      };
    });
    return { ...masksAsFiles(converted), findings };
  }
  if (input.images === undefined) throw noImages(input);
  const source = await planningImages(input.images, {
    seriesInstanceUids: segmentation.references.map(({ seriesInstanceUid }) => seriesInstanceUid),
    frameOfReferenceUids:
      segmentation.frameOfReferenceUid === undefined ? [] : [segmentation.frameOfReferenceUid],
  });
  const described = segments.map(({ number }) => structureOf(segmentation, number));
  const names = uniqueStructureNames(described.map(({ name }) => name));
  const tolerance = input.toleranceVoxels === undefined ? {} : { toleranceVoxels: input.toleranceVoxels };
  const volumes: number[] = [];
  const structures = described.map(({ info, laterality }, index): StructureDescription => {
    const mask = segmentation.mask(info.number, { grid: source.grid });
    volumes.push(voxelsMl(mask));
    const holes = input.holes === 'xor' ? ('separate' as const) : ('keyhole' as const);
    return {
      name: names[index]!,
      description: info.label,
      ...(info.type === undefined ? {} : { type: info.type, colour: colourOf(info.type) }),
      ...(laterality === undefined ? {} : { laterality }),
      interpretedType:
        info.type === undefined || structureName(info.type) === undefined ? '' : interpretedTypeOf(info.type),
      ...generationOf(info),
      contours: maskContours(mask, { ...tolerance, holes }),
    };
  });
  const dataset = buildStructureSet({
    context: context(input, source, object, 'Contours of a segmentation'),
    source,
    structures,
    label: 'FROM_SEG',
    combination: input.holes === 'xor' ? 'xor' : 'closed',
  });
  requireConformant(dataset, source.header);
  const bytes = writePart10({ dataset, transferSyntaxUid: structureSetSyntax(dataset) });
  return {
    files: [{ fileName: 'structures.dcm', bytes }],
    structures: structures.map(({ name, contours }, index) => ({
      name,
      contours: contours.length,
      volumeMl: volumes[index]!,
    })),
    findings,
  };
}

/** Contours of a segmentation are as automatic as it is. */
function generationOf(info: SegmentInfo): Pick<StructureDescription, 'generation' | 'algorithm'> {
  const { algorithmType, algorithmName, algorithmVersion } = info;
  if (algorithmType !== 'AUTOMATIC' && algorithmType !== 'SEMIAUTOMATIC') return { generation: 'MANUAL' };
  return {
    generation: algorithmType,
    algorithm: {
      name: algorithmName ?? 'not named',
      version: algorithmVersion ?? 'not given',
      manufacturer: 'as in the segmentation',
    },
  };
}

const interpretedTypeOf = (type: Code) => (type.value === sct.wholeBody.value ? 'EXTERNAL' : 'ORGAN');

function requireConformant(dataset: Dataset, source: Dataset): void {
  if (errorsOf(validate(dataset, { inheritedFrom: source })).length > 0) {
    encodeObject(dataset, { inheritedFrom: source });
  }
}

async function fromStructureSet(object: Dataset, input: ConversionInput): Promise<Conversion> {
  const set = readStructureSet(object);
  const rois = chosen(set.rois, ({ name }) => name, input);
  const findings = set.findings.map(note);
  const source =
    input.images === undefined
      ? undefined
      : await planningImages(input.images, {
          seriesInstanceUids: set.seriesInstanceUids,
          frameOfReferenceUids: set.frameOfReferenceUids,
        });
  if (input.to === 'nifti') {
    const grid = source?.grid ?? gridAround(rois, input.spacingMm ?? 1);
    const converted = rois.map((roi) => {
      const mask = contoursToMask(roi.contours, grid);
      return {
        name: structureNameFrom(roi.name),
        contours: roi.contours.length,
        volumeMl: voxelsMl(mask),
        bytes: writeNifti(mask),
      };
    });
    return { ...masksAsFiles(converted), findings };
  }
  if (source === undefined) throw noImages(input);
  const voxels = source.grid.size[0] * source.grid.size[1] * source.grid.size[2];
  if (voxels * rois.length > MOST_MASK_BYTES) {
    throw new PhotopeakError('so many structures on so many voxels do not fit into memory at once', {
      code: 'CONTOURS_TOO_LARGE',
      expected: `at most ${Math.floor(MOST_MASK_BYTES / voxels)} structures on these images`,
      found: `${rois.length}`,
      remedy: 'choose some with --structure, or write NIfTI masks',
    });
  }
  const masks = rois.map((roi) => contoursToMask(roi.contours, source.grid));
  const dataset = buildSegmentation({
    context: context(input, source, object, 'Segmentation of contours'),
    source,
    segments: rois.map(segmentOf),
    pixels: { kind: 'masks', masks },
    label: 'FROM_RTSTRUCT',
  });
  return {
    files: [{ fileName: 'segmentation.dcm', bytes: encodeObject(dataset, { inheritedFrom: source.header }) }],
    structures: rois.map(({ name, contours }, index) => ({
      name,
      contours: contours.length,
      volumeMl: voxelsMl(masks[index]!),
    })),
    findings,
  };
}

/** A region as a segment: what it is, from its code or from its name by TG-263. */
function segmentOf(roi: StructureRoi): SegmentDescription {
  const named = structureOfName(roi.name);
  const laterality = named?.laterality;
  return {
    label: roi.name,
    type: roi.code ?? named?.type ?? sct.tissue,
    ...(laterality === undefined ? {} : { typeModifiers: [laterality] }),
    // Whoever made the contours, the segmentation is made of them as they are.
    algorithmType: 'MANUAL',
    ...(roi.colour === undefined ? {} : { colour: roi.colour }),
  };
}

/** Transverse voxels around all contours, as far apart as the planes of the first structure. */
function gridAround(rois: readonly StructureRoi[], spacingMm: number): Grid {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const heights = new Set<number>();
  for (const { contours } of rois) {
    for (const { points } of contours) {
      for (let at = 0; at < points.length; at++) {
        const axis = (at % 3) as 0 | 1 | 2;
        low[axis] = Math.min(low[axis], points[at]!);
        high[axis] = Math.max(high[axis], points[at]!);
        if (axis === 2) heights.add(Math.round(points[at]! * 100) / 100);
      }
    }
  }
  const sorted = [...heights].sort((a, b) => a - b);
  const gaps = sorted
    .slice(1)
    .map((z, index) => z - sorted[index]!)
    .filter((gap) => gap > 0.1);
  const slice = gaps.length === 0 ? spacingMm : Math.min(...gaps);
  if (sorted.length === 0) {
    throw new PhotopeakError('the structures have no contours', {
      code: 'CONTOURS_NO_STRUCTURE',
      expected: 'contours',
      found: 'none',
    });
  }
  const margin = 2;
  return {
    size: [
      Math.ceil((high[0] - low[0]) / spacingMm) + 2 * margin + 1,
      Math.ceil((high[1] - low[1]) / spacingMm) + 2 * margin + 1,
      Math.round((high[2] - low[2]) / slice) + 1,
    ],
    spacingMm: [spacingMm, spacingMm, slice],
    origin: [low[0] - margin * spacingMm, low[1] - margin * spacingMm, low[2]] as Vec3,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

function masksAsFiles(
  converted: readonly { name: string; contours: number | null; volumeMl: number; bytes: Uint8Array }[],
): Pick<Conversion, 'files' | 'structures'> {
  const names = uniqueStructureNames(converted.map(({ name }) => name));
  return {
    files: converted.map(({ bytes }, index) => ({ fileName: `${names[index]}.nii.gz`, bytes })),
    structures: converted.map(({ contours, volumeMl }, index) => ({
      name: names[index]!,
      contours,
      volumeMl,
    })),
  };
}

function noImages(input: ConversionInput): PhotopeakError {
  return new PhotopeakError('the images that the object belongs to are needed', {
    code: 'CONTOURS_NO_IMAGES',
    expected: 'a folder with the DICOM images',
    found: 'none',
    where: input.file,
    remedy: 'give it with --images FOLDER',
  });
}
