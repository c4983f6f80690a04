import type { Rectangle } from '@photopeak/analysis';
import type { Dataset } from '@photopeak/dicom';

/** Region Spatial Format (0018,6012): 2D, tissue or flow (PS3.3 C.8.5.5.1.1). */
const TWO_DIMENSIONAL = 1;
/** Region Data Type (0018,6014): tissue, and colour flow, which lies over tissue (C.8.5.5.1.2). */
const TISSUE_TYPES = [1, 2];

/**
 * The calibrated regions that show tissue; empty where the header has regions but none of tissue (M-mode, spectra),
 * undefined where it has no regions at all.
 */
export function tissueRegions(header: Dataset): readonly Rectangle[] | undefined {
  const regions = header.items('SequenceOfUltrasoundRegions');
  if (regions.length === 0) return undefined;
  return regions.flatMap((region): Rectangle[] => {
    if (region.number('RegionSpatialFormat') !== TWO_DIMENSIONAL) return [];
    if (!TISSUE_TYPES.includes(region.number('RegionDataType') ?? 0)) return [];
    const [x0, y0] = [region.number('RegionLocationMinX0'), region.number('RegionLocationMinY0')];
    const [x1, y1] = [region.number('RegionLocationMaxX1'), region.number('RegionLocationMaxY1')];
    if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return [];
    return [{ x0, y0, x1: x1 + 1, y1: y1 + 1 }];
  });
}
