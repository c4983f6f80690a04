import { useEffect, useState } from 'react';
import { isUpright, resamplePlane, type Sampled, uprightGrid } from '../geometry/index.ts';
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
 * stretches that leave the page responsive. Rejects when the signal aborts.
 */
export async function upright<T extends Sampled>(
  volume: T,
  signal: AbortSignal,
): Promise<T & { readonly data: Float32Array }> {
  const grid = uprightGrid(volume);
  const data = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2]);
  let started = performance.now();
  for (let k = 0; k < grid.size[2]; k++) {
    resamplePlane(volume, grid, k, data);
    if (performance.now() - started < STRETCH_MS) continue;
    await pause();
    signal.throwIfAborted();
    started = performance.now();
  }
  return { ...volume, ...grid, data };
}

interface Picture {
  readonly of: LoadedVolume;
  readonly volume?: LoadedVolume;
  /** Why there is no volume. */
  readonly problem?: Error;
}

/**
 * What the panes show of the PET. The renderer takes a volume within 0.08° of the plane for parallel to it and draws
 * its tilted slice, half of which then lies behind the CT. A PET turned by the registration is therefore resampled
 * for the eye; everything that is measured comes from the voxels themselves. Undefined until there is a picture; the
 * one of the preview stays until the whole is ready.
 */
export function usePetPicture(
  pet: LoadedVolume | undefined,
  isMoved: boolean,
): { readonly picture: LoadedVolume | undefined; readonly problem: Error | undefined } {
  const [picture, setPicture] = useState<Picture>();
  const isTurned = pet !== undefined && isMoved && !isUpright(pet);
  useEffect(() => {
    setPicture((before) => (isTurned && !pet.isPreview && before?.of.isPreview ? before : undefined));
    if (!isTurned) return;
    const abort = new AbortController();
    upright(pet, abort.signal)
      .then((volume) => {
        if (abort.signal.aborted) return;
        setPicture({ of: pet, volume: { ...volume, id: `upright-${pet.id}` } });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setPicture({ of: pet, problem: error as Error });
      });
    return () => abort.abort();
  }, [pet, isTurned]);
  if (!isTurned) return { picture: pet, problem: undefined };
  return { picture: picture?.volume, problem: picture?.problem };
}
