import { createVolume, type Volume } from '@photopeak/imaging';
import { filteredBackprojection, projectVolume } from '../../reconstruction/index.ts';
import { beamFor } from './beam.ts';
import { findMetal } from './find-metal.ts';
import { METAL_HU, metalGroups } from './metal-groups.ts';
import { metalTrace } from './trace.ts';

/**
 * A CT with that part of a change that no ray through metal accounts for, HU: streaks of metal lie in its trace alone, and so does what
 * takes them away; a structure that was added or erased lies in all rays. The change is projected, its trace left out, and
 * the rest reconstructed; slices without metal are as they were changed. Metal itself is as in the original. Both on one grid.
 */
export async function changedBeyondTrace(
  original: Volume,
  changed: Volume,
  metalHu = METAL_HU,
): Promise<Volume<Float32Array>> {
  const metal = await findMetal(original, metalHu);
  const result = createVolume(original, new Float32Array(changed.data), original.unit);
  for (const { grid, from, to } of metalGroups(metal)) {
    const place = (data: Float32Array) => createVolume(grid, data, original.unit);
    const geometry = beamFor(grid);
    const isMetal = metal.data.subarray(from, to);
    const paths = await projectVolume(place(new Float32Array(isMetal)), geometry);
    const trace = metalTrace(paths, Math.min(grid.spacingMm[0], grid.spacingMm[1]));
    const change = result.data.slice(from, to);
    for (let n = 0; n < change.length; n++)
      change[n] = isMetal[n] === 0 ? change[n]! - original.data[from + n]! : 0;
    const { data } = await projectVolume(place(change), geometry);
    for (let at = 0; at < data.length; at++) if (trace[at] !== 0) data[at] = 0;
    const { data: beyond } = await filteredBackprojection({ geometry, data }, grid);
    for (let n = 0; n < change.length; n++)
      result.data[from + n] = original.data[from + n]! + (isMetal[n] === 0 ? beyond[n]! : 0);
  }
  return result;
}
