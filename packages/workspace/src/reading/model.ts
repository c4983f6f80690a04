import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { PetctSummary } from '../api/index.ts';
import {
  call,
  download,
  type EnhancementEntry,
  type LabelMap,
  type RunDetail,
  type StudyDetail,
  studyQuery,
  systemQuery,
  volumesQuery,
} from '../api/index.ts';
import {
  type DisplacementField,
  deformShape,
  extractShapes,
  identity,
  largestMm,
  type Mat4,
  moveGrid,
  type Shape,
} from '../geometry/index.ts';
import { isDeformed, useDeformation } from './deformation.ts';
import { type ShownLayer, useLayer } from './enhancement.ts';
import { decideFusion, type Fusion, petctSummary } from './fusion.ts';
import { fusionByHand, type HandAlignment } from './hand-alignment.ts';
import { fusedLayouts, type Layout, separateLayout, singleLayout } from './layouts.ts';
import { type Lesion, lesionsOf } from './lesions.ts';
import { useCtPicture, usePetPicture } from './pane-pictures.ts';
import { isSuvUnit, type Preset, petRanges } from './presets.ts';
import type { Comparison, Frame } from './reading-state.ts';
import { type ChosenSeries, chooseSeries, type LoadedVolume, loadVolume } from './volumes.ts';

export interface ReadingModel {
  readonly detail: StudyDetail;
  /** The newest run. */
  readonly run: RunDetail | undefined;
  readonly summary: PetctSummary | undefined;
  readonly fusion: Fusion;
  /** A registration result is there, so that a person may set another. */
  readonly canAlign: boolean;
  /** The run deformed the PET to the CT, so that it can be looked at with and without. */
  readonly isDeformable: boolean;
  /** By which pictures, outlines and positions of the PET are deformed now; undefined where they are not. */
  readonly deformation: DisplacementField | undefined;
  readonly lesions: readonly Lesion[];
  /** Outlines of findings and physiological uptake, by lesion id. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly ct: LoadedVolume | undefined;
  /** What the panes show of the CT: `ct` itself, or its voxels straightened. */
  readonly ctPicture: LoadedVolume | undefined;
  /** The voxels that are measured, at the place to which the registration moves them where that says so. */
  readonly pet: LoadedVolume | undefined;
  /** What the panes show of the PET: `pet` itself, or along the patient's axes where `pet` is not quite. */
  readonly petPicture: LoadedVolume | undefined;
  /** The series on the page. */
  readonly chosen: ChosenSeries | undefined;
  /** An enhanced series that is there to be compared, while its bar is open. */
  readonly layer: ShownLayer | undefined;
  /** Pictures of the originals while there is a layer. */
  readonly originals: { readonly ct: LoadedVolume | undefined; readonly pet: LoadedVolume | undefined };
  /** Layers that are awaited or there, while the bar is open. */
  readonly enhancements: readonly EnhancementEntry[];
  /** Pictures that are kept ready though none shows them: those that one blinks to. */
  readonly spare: readonly LoadedVolume[];
  readonly layouts: readonly Layout[];
  readonly petPresets: readonly Preset[];
  readonly sites: readonly string[];
  /** 0–1 of the volume that is on its way. */
  readonly loading: ReadonlyMap<Frame, number>;
  readonly problem: Error | undefined;
}

interface Volumes {
  readonly ct?: LoadedVolume;
  readonly pet?: LoadedVolume;
  readonly loading: ReadonlyMap<Frame, number>;
  readonly problem?: Error;
}

/** Streams the chosen series; a changed choice or a lost graphics context starts anew. */
function useVolumes(studyUid: string, chosen: ChosenSeries | undefined, previewOnly: boolean): Volumes {
  const [volumes, setVolumes] = useState<Volumes>({ loading: new Map() });
  const { ct, pet } = chosen ?? {};
  const isChosen = chosen !== undefined;
  useEffect(() => {
    if (!isChosen) return;
    const abort = new AbortController();
    setVolumes({ loading: new Map() });
    const load = async (frame: Frame, seriesUid: string) => {
      try {
        let shown = -1;
        await loadVolume(studyUid, seriesUid, {
          signal: abort.signal,
          previewOnly,
          onVolume: (volume) => setVolumes((before) => ({ ...before, [frame]: volume })),
          onProgress: (fraction) => {
            const percent = Math.floor(fraction * 50);
            if (percent === shown) return;
            shown = percent;
            setVolumes((before) => ({ ...before, loading: new Map(before.loading).set(frame, fraction) }));
          },
        });
      } catch (error) {
        if (!abort.signal.aborted) setVolumes((before) => ({ ...before, problem: error as Error }));
      } finally {
        if (!abort.signal.aborted) {
          setVolumes((before) => {
            const loading = new Map(before.loading);
            loading.delete(frame);
            return { ...before, loading };
          });
        }
      }
    };
    // The PET is small and the first thing a reader looks at.
    if (pet !== undefined) void load('pet', pet);
    if (ct !== undefined) void load('ct', ct);
    return () => abort.abort();
  }, [studyUid, ct, pet, isChosen, previewOnly]);
  return volumes;
}

async function loadShapes(run: RunDetail, kind: 'findings' | 'physiological', signal: AbortSignal) {
  const query = kind === 'findings' ? '' : '?kind=physiological';
  const map = await call<LabelMap>('GET', `runs/${run.id}/labels/geometry${query}`);
  const buffer = await download(map.voxelsHref, map.byteLength, { signal });
  const { size, spacingMm, origin, direction } = map;
  return extractShapes({ size, spacingMm, origin, direction, data: new Uint16Array(buffer) });
}

/** The outlines of a run's regions, in the frame of the pictures. */
function useShapes(
  run: RunDetail | undefined,
  summary: PetctSummary | undefined,
  petToView: Mat4,
  deformation: DisplacementField | undefined,
): ReadonlyMap<string, Shape> {
  const [shapes, setShapes] = useState<ReadonlyMap<string, Shape>>(new Map());
  const latest = useRef({ run, summary });
  latest.current = { run, summary };
  const runId = summary === undefined ? undefined : run?.id;
  useEffect(() => {
    setShapes(new Map());
    const { run, summary } = latest.current;
    if (runId === undefined || run === undefined || summary === undefined) return;
    const abort = new AbortController();
    const load = async (kind: 'findings' | 'physiological', regions: PetctSummary['lesions']) => {
      if (regions.length === 0) return;
      const found = await loadShapes(run, kind, abort.signal);
      if (abort.signal.aborted) return;
      const named = regions.flatMap((region) => {
        const shape = found.find((one) => one.label === region.segmentNumber);
        if (shape === undefined) return [];
        return [[region.trackingUid, shape] as const];
      });
      setShapes((before) => new Map([...before, ...named]));
    };
    // Outlines are an addition: without them the table and the pictures still work.
    load('findings', summary.lesions)
      .then(() => load('physiological', summary.physiologicalUptake))
      .catch(() => undefined);
    return () => abort.abort();
  }, [runId]);
  return useMemo(() => {
    const reach = deformation === undefined ? 0 : largestMm(deformation);
    const inView = (shape: Shape) => {
      const moved = { ...shape, grid: moveGrid(shape.grid, petToView) };
      return deformation === undefined ? moved : deformShape(moved, deformation, reach);
    };
    return new Map([...shapes].map(([id, shape]) => [id, inView(shape)] as const));
  }, [shapes, petToView, deformation]);
}

function layoutsFor(fusion: Fusion, chosen: ChosenSeries | undefined): readonly Layout[] {
  if (chosen === undefined) return [];
  if (chosen.ct === undefined) return [singleLayout('pet')];
  if (chosen.pet === undefined) return [singleLayout('ct')];
  return fusion.isAllowed ? fusedLayouts : [separateLayout];
}

/** A PET at the place to which the registration moves it. */
function useMoved(
  volume: LoadedVolume | undefined,
  fusion: Fusion,
  petToView: Mat4,
): LoadedVolume | undefined {
  return useMemo(() => {
    if (volume === undefined || !fusion.isAllowed || !fusion.isMoved) return volume;
    // Another registration is another volume to the panes.
    return { ...volume, ...moveGrid(volume, petToView), id: `moved-${petToView.join('-')}-${volume.id}` };
  }, [volume, fusion, petToView]);
}

/** What the pictures show in the place of an original; undefined where they show that. */
function shownInstead(
  frame: Frame,
  layer: ShownLayer | undefined,
  comparison: Comparison,
): LoadedVolume | undefined {
  if (layer?.frame !== frame || comparison === 'original') return undefined;
  return comparison === 'difference' ? layer.difference?.() : layer.enhanced;
}

/** What the page shows, put together from the node's answers. Undefined until the study is known. */
export function useReadingModel(
  studyUid: string,
  previewOnly: boolean,
  byHand: HandAlignment | null,
  showsDeformed: boolean,
  enhancing: { readonly isOpen: boolean; readonly comparison: Comparison },
): { readonly model: ReadingModel | undefined; readonly error: Error | null } {
  const study = useQuery(studyQuery(studyUid));
  const list = useQuery(volumesQuery(studyUid));
  const system = useQuery(systemQuery);
  const detail = study.data;
  const run = detail?.runs[0];
  const summary = useMemo(() => petctSummary(run), [run]);
  const fusion = useMemo(() => fusionByHand(decideFusion(summary), byHand), [summary, byHand]);
  const petToView = fusion.isAllowed ? fusion.petToCt : identity;
  const chosen = useMemo(
    () =>
      detail === undefined || list.data === undefined ? undefined : chooseSeries(summary, detail, list.data),
    [summary, detail, list.data],
  );
  const volumes = useVolumes(studyUid, chosen, previewOnly);
  const { field, problem: noField } = useDeformation(run, summary);
  const isDeformable = isDeformed(summary) && fusion.isAllowed && byHand === null;
  const deformation = isDeformable && showsDeformed ? field : undefined;
  const shapes = useShapes(run, summary, petToView, deformation);
  const lesions = useMemo(
    () => lesionsOf(run, summary, petToView, deformation),
    [run, summary, petToView, deformation],
  );
  const { layer, entries, problem: noLayer } = useLayer(studyUid, enhancing.isOpen, chosen, volumes);
  const { comparison } = enhancing;
  const pet = useMoved(volumes.pet, fusion, petToView);
  const petLayer = useMoved(shownInstead('pet', layer, comparison), fusion, petToView);
  const { picture: petPicture, problem } = usePetPicture(petLayer ?? pet, fusion.isAllowed, deformation);
  const petLayered = usePetPicture(
    layer?.frame === 'pet' ? pet : undefined,
    fusion.isAllowed,
    deformation,
  ).picture;
  const petOriginal = layer?.frame === 'pet' ? petLayered : petPicture;
  const ctOriginal = useCtPicture(volumes.ct, fusion.isAllowed);
  const ctEnhanced = useCtPicture(layer?.frame === 'ct' ? layer.enhanced : undefined, fusion.isAllowed);
  const ctLayer = useCtPicture(shownInstead('ct', layer, comparison), fusion.isAllowed);
  const ctPicture = ctLayer ?? ctOriginal;
  const spare = useMemo(
    () =>
      [petLayered, ...(ctEnhanced === undefined ? [] : [ctOriginal, ctEnhanced])].filter(
        (one) => one !== undefined,
      ),
    [ctOriginal, ctEnhanced, petLayered],
  );
  const model = useMemo(() => {
    if (detail === undefined) return undefined;
    return {
      detail,
      run,
      summary,
      fusion,
      canAlign: volumes.ct !== undefined && volumes.pet !== undefined && summary?.registration != null,
      isDeformable,
      deformation,
      lesions,
      shapes,
      ct: volumes.ct,
      ctPicture,
      pet,
      petPicture,
      chosen,
      layer,
      originals: { ct: ctOriginal, pet: petOriginal },
      enhancements: entries,
      spare,
      layouts: layoutsFor(fusion, chosen),
      petPresets: petRanges(pet === undefined || isSuvUnit(pet.unit), pet?.range[1] ?? 1),
      sites: system.data?.sites ?? [],
      loading: volumes.loading,
      problem: volumes.problem ?? problem ?? noField ?? noLayer,
    };
  }, [
    detail,
    run,
    summary,
    fusion,
    isDeformable,
    deformation,
    lesions,
    shapes,
    volumes,
    ctPicture,
    pet,
    petPicture,
    layer,
    ctOriginal,
    petOriginal,
    entries,
    spare,
    problem,
    noField,
    noLayer,
    chosen,
    system.data,
  ]);
  return { model, error: study.error ?? list.error };
}
