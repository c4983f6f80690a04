import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type DisplacementField,
  deformPlane,
  isAlmostUpright,
  resamplePlane,
  type Sampled,
  straightened,
  tiltMm,
  uprightGrid,
} from '../geometry/index.ts';
import type { LoadedVolume } from './volumes.ts';

/** The page answers to the reader between two stretches of work. */
const STRETCH_MS = 10;

/** Lets events and drawing have their turn; unlike a timer it is not slowed down in a hidden tab. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * The volume on the grid along the patient's axes that covers it, trilinear, 0 where there is no voxel; made in short
 * stretches that leave the page responsive. With a field it is deformed by it. Rejects when the signal aborts.
 */
export async function upright<T extends Sampled>(
  volume: T,
  signal: AbortSignal,
  field?: DisplacementField,
): Promise<T & { readonly data: Float32Array }> {
  const grid = uprightGrid(volume);
  const data = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2]);
  let started = performance.now();
  for (let k = 0; k < grid.size[2]; k++) {
    if (field === undefined) resamplePlane(volume, grid, k, data);
    else deformPlane(volume, field, grid, k, data);
    if (performance.now() - started < STRETCH_MS) continue;
    await pause();
    signal.throwIfAborted();
    started = performance.now();
  }
  return { ...volume, ...grid, data };
}

interface Picture {
  readonly of: LoadedVolume;
  readonly field: DisplacementField | undefined;
  readonly volume?: LoadedVolume;
  /** Why there is no volume. */
  readonly problem?: Error;
}

/** The same voxels as another volume to the panes, along the patient's axes. */
function straight(volume: LoadedVolume): LoadedVolume {
  return { ...volume, ...straightened(volume), id: `straight-${volume.id}` };
}

/**
 * What the panes show of a CT under a PET. One that is not quite straight, so that the renderer takes it for parallel
 * to the plane and draws its tilted slice, is straightened: the same voxels, moved by less than a pixel. A CT that is
 * clearly oblique the renderer cuts along the plane itself.
 */
export function useCtPicture(ct: LoadedVolume | undefined, isFused: boolean): LoadedVolume | undefined {
  return useMemo(
    () => (ct !== undefined && isFused && isAlmostUpright(ct) && tiltMm(ct) > 0 ? straight(ct) : ct),
    [ct, isFused],
  );
}

/** What rounding makes of the axes in a header moves no voxel as far as this. */
const ROUNDING_MM = 0.05;

/**
 * What the panes show of the PET. The renderer takes a volume within 0.08° of the plane for parallel to it and draws
 * its tilted slice, half of which then lies behind the CT. Over a CT, a PET that is not quite straight is therefore
 * straightened where that is a matter of rounding, and else, turned by the registration or by its own header,
 * resampled for the eye, and so is one that is deformed to the CT; everything that is measured comes from the voxels
 * themselves. Undefined until there is a picture; the one of the preview stays until the whole is ready. What was made
 * for a field is kept while it is not looked at.
 */
export function usePetPicture(
  pet: LoadedVolume | undefined,
  isFused: boolean,
  field?: DisplacementField,
): { readonly picture: LoadedVolume | undefined; readonly problem: Error | undefined } {
  const [picture, setPicture] = useState<Picture>();
  const tilt = useMemo(() => (pet === undefined || !isFused ? 0 : tiltMm(pet)), [pet, isFused]);
  const isTurned = pet !== undefined && tilt > ROUNDING_MM;
  const untouched = useMemo(
    () => (pet === undefined || tilt === 0 || isTurned ? pet : straight(pet)),
    [pet, tilt, isTurned],
  );
  const isCopied = pet !== undefined && (isTurned || (isFused && field !== undefined));
  const isMade = picture?.of === pet && picture?.field === field;
  const made = useRef(isMade);
  made.current = isMade;
  useEffect(() => {
    if (!isCopied || made.current) return;
    const stays = (before: Picture | undefined) =>
      !pet.isPreview && before?.of.isPreview === true && before.field === field;
    setPicture((before) => (stays(before) ? before : undefined));
    const abort = new AbortController();
    const id = `${field === undefined ? 'upright' : 'deformed'}-${pet.id}`;
    upright(pet, abort.signal, field)
      .then((volume) => {
        if (!abort.signal.aborted) setPicture({ of: pet, field, volume: { ...volume, id } });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setPicture({ of: pet, field, problem: error as Error });
      });
    return () => abort.abort();
  }, [pet, field, isCopied]);
  if (!isCopied) return { picture: untouched, problem: undefined };
  // Made for another field or place: not to be seen any more.
  if (picture === undefined || picture.field !== field) return { picture: undefined, problem: undefined };
  if (picture.of !== pet && !picture.of.isPreview) return { picture: undefined, problem: undefined };
  return { picture: picture.volume, problem: picture.problem };
}
