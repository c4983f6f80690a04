import { contoursToMask } from '@photopeak/analysis';
import {
  buildSegmentation,
  type Dataset,
  encodeObject,
  readStructureSet,
  type SegmentDescription,
  type StructureRoi,
  sct,
  structureNameFrom,
  structureOfName,
} from '@photopeak/dicom';
import { type Grid, PhotopeakError, type Vec3, writeNifti } from '@photopeak/imaging';
import {
  type Conversion,
  type ConversionInput,
  chosen,
  context,
  masksAsFiles,
  noImages,
  note,
  voxelsMl,
} from './conversion.ts';
import { planningImages } from './images.ts';

/** Masks held at one time. */
const MOST_MASK_BYTES = 2 * 2 ** 30;

/** An RTSTRUCT as a SEG on its images, or as NIfTI masks on them or on a grid around its contours. */
export async function fromStructureSet(object: Dataset, input: ConversionInput): Promise<Conversion> {
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
