import {
  components,
  dilate,
  erode,
  fillHoles,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  opening,
  type Volume,
} from '@photopeak/imaging';

/** Between air and fat, for voxels of some millimetres. */
const TISSUE_HU = -300;
/** Shells of tables and cushions are thinner than twice this, what a patient has of limbs is not. */
const THIN_MM = 5;
/** A part of a body is so thick that a ball of this radius fits into it. */
const CORE_MM = 9;
const SMALLEST_PART_ML = 15;
/** Parts of this size are patient; smaller ones only where they hold marrow or cortical bone. */
const LARGE_PART_ML = 400;
const BONE_HU = 250;
const SMALLEST_BONE_SHARE = 0.01;

/** A table is long, thin in one direction and light; a limb holds bone. */
function isPatient(ct: Volume, voxels: number, bone: number): boolean {
  const ml = (voxels * ct.spacingMm[0] * ct.spacingMm[1] * ct.spacingMm[2]) / 1000;
  if (ml < SMALLEST_PART_ML) return false;
  return ml >= LARGE_PART_ML || bone / voxels >= SMALLEST_BONE_SHARE;
}

/**
 * The patient without table and clothes, with the air inside. `ct` lies on a patient grid of 2 to 5 mm.
 * The largest part always counts, so a body of soft tissue alone is found as well.
 */
export async function segmentBody(ct: Volume): Promise<Mask> {
  const tissue = maskWhere(ct, (hu) => hu > TISSUE_HU);
  const solid = await fillHoles(await opening(tissue, { radiusMm: THIN_MM }), { perSlice: 2 });
  const core = await erode(solid, { radiusMm: CORE_MM });
  const parts = await components(core, { connectivity: 6 });
  const bone = new Float64Array(parts.count + 1);
  for (let n = 0; n < ct.data.length; n++) if (ct.data[n]! > BONE_HU) bone[parts.labels.data[n]!]!++;
  let largest = 0;
  parts.sizes.forEach((size, n) => {
    if (size > (parts.sizes[largest - 1] ?? 0)) largest = n + 1;
  });
  const keep = parts.sizes.map((size, n) => n + 1 === largest || isPatient(ct, size, bone[n + 1]!));
  const kept = labelMask(parts.labels, keep);
  const near = await dilate(kept, { radiusMm: CORE_MM + THIN_MM });
  const body = maskWithin(near, (n) => tissue.data[n] !== 0 || solid.data[n] !== 0);
  return fillHoles(body, { perSlice: 2 });
}
