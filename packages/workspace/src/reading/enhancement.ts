import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import {
  ApiError,
  call,
  download,
  type EnhancementEntry,
  type EnhancementMethods,
  enhancementsQuery,
  keys,
  type VolumeGeometry,
} from '../api/index.ts';
import type { Frame } from './reading-state.ts';
import { type ChosenSeries, type LoadedVolume, view } from './volumes.ts';

/** A layer with its voxels. */
export interface ShownLayer {
  readonly entry: EnhancementEntry;
  readonly frame: Frame;
  readonly enhanced: LoadedVolume;
  /** From the original, made when it is first looked at; undefined where the two do not lie on one grid. */
  readonly difference: (() => LoadedVolume) | undefined;
}

/** Part of the differences that the range of their picture holds. */
const RANGE_PART = 0.995;
const SAMPLES = 20_000;

const isSameGrid = (a: LoadedVolume, b: LoadedVolume) =>
  a.size.every((n, axis) => n === b.size[axis]) &&
  a.origin.every((mm, axis) => Math.abs(mm - b.origin[axis]!) < 0.01) &&
  a.spacingMm.every((mm, axis) => Math.abs(mm - b.spacingMm[axis]!) < 1e-4);

/** Enhanced minus original, with a range about zero that holds almost all of it. */
function differenceOf(enhanced: LoadedVolume, original: LoadedVolume): LoadedVolume {
  const data = new Float32Array(enhanced.data.length);
  for (let n = 0; n < data.length; n++) data[n] = enhanced.data[n]! - original.data[n]!;
  const step = Math.max(1, Math.floor(data.length / SAMPLES));
  const sizes: number[] = [];
  for (let n = 0; n < data.length; n += step) if (data[n] !== 0) sizes.push(Math.abs(data[n]!));
  sizes.sort((a, b) => a - b);
  const most = sizes[Math.floor(RANGE_PART * (sizes.length - 1))] || 1;
  return {
    ...enhanced,
    id: `${enhanced.id}-difference`,
    data,
    range: [-most, most],
    ownRange: [-most, most],
  };
}

function once(make: () => LoadedVolume): () => LoadedVolume {
  let made: LoadedVolume | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function loadLayer(entry: EnhancementEntry, signal: AbortSignal): Promise<LoadedVolume> {
  const path = entry.geometryHref!.replace(/^\/api\//, '');
  const geometry = await call<VolumeGeometry>('GET', path);
  signal.throwIfAborted();
  const buffer = await download(geometry.voxelsHref, geometry.byteLength, { signal });
  const { unit, range, suv, frameOfReferenceUid, modality, direction, size, spacingMm, origin } = geometry;
  return {
    unit,
    range,
    suv,
    frameOfReferenceUid,
    modality,
    direction,
    size,
    spacingMm,
    origin,
    id: `layer-${entry.runId}-${geometry.etag.slice(0, 12)}`,
    data: view(geometry.type, buffer),
    isPreview: false,
  };
}

/** Layers of the study while the bar is open, and the newest one that is there for a series on the page, loaded. */
export function useLayer(
  studyUid: string,
  isOpen: boolean,
  chosen: ChosenSeries | undefined,
  originals: { readonly ct?: LoadedVolume | undefined; readonly pet?: LoadedVolume | undefined },
): {
  readonly layer: ShownLayer | undefined;
  readonly entries: readonly EnhancementEntry[];
  readonly problem: Error | undefined;
} {
  const list = useQuery({ ...enhancementsQuery(studyUid), enabled: isOpen });
  const entries = useMemo(() => (isOpen ? (list.data?.enhancements ?? []) : []), [isOpen, list.data]);
  const entry = entries.find(
    ({ state, geometryHref, seriesInstanceUid }) =>
      state === 'there' &&
      geometryHref !== null &&
      (seriesInstanceUid === chosen?.ct || seriesInstanceUid === chosen?.pet),
  );
  const runId = entry?.runId;
  const [loaded, setLoaded] = useState<{
    readonly runId: string;
    readonly volume?: LoadedVolume;
    readonly problem?: Error;
  }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same run is the same layer
  useEffect(() => {
    if (entry === undefined) return setLoaded(undefined);
    const abort = new AbortController();
    loadLayer(entry, abort.signal)
      .then((volume) => {
        if (!abort.signal.aborted) setLoaded({ runId: entry.runId, volume });
      })
      .catch((error: unknown) => {
        // Where the layer went meanwhile the list says so.
        const isGone = error instanceof ApiError && error.status === 404;
        if (!abort.signal.aborted && !isGone) setLoaded({ runId: entry.runId, problem: error as Error });
      });
    return () => abort.abort();
  }, [runId, entry?.expiresAt]);
  const frame: Frame = entry?.seriesInstanceUid === chosen?.pet ? 'pet' : 'ct';
  const original = originals[frame];
  const layer = useMemo(() => {
    if (entry === undefined || loaded?.volume === undefined || loaded.runId !== entry.runId) return undefined;
    const enhanced = loaded.volume;
    const isComparable = original !== undefined && !original.isPreview && isSameGrid(enhanced, original);
    const difference = isComparable ? once(() => differenceOf(enhanced, original)) : undefined;
    return { entry, frame, enhanced, difference };
  }, [entry, loaded, frame, original]);
  return { layer, entries, problem: loaded?.runId === runId ? loaded?.problem : undefined };
}

/** What the reader does with enhancements. */
export function useEnhancementActions(studyUid: string) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: keys.study(studyUid) });
  const ask = useMutation({
    mutationFn: (body: {
      readonly seriesInstanceUid: string;
      readonly task: string;
      readonly method: string;
    }) => call<{ runId: string }>('POST', `studies/${studyUid}/enhancements`, body),
    onSettled: refresh,
  });
  const keep = useMutation({
    mutationFn: (runId: string) => call<void>('POST', `enhancements/${runId}/keep`),
    onSettled: refresh,
  });
  const drop = useMutation({
    mutationFn: (runId: string) => call<void>('DELETE', `enhancements/${runId}`),
    onSettled: refresh,
  });
  return { ask, keep, drop };
}

export type OfferedMethod = EnhancementMethods['methods'][number];

/** The methods for a modality, the built-in first. */
export const methodsFor = (methods: readonly OfferedMethod[], modality: string): OfferedMethod[] =>
  methods.filter(({ modalities }) => modalities.includes(modality));
