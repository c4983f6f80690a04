import {
  cache,
  type Enums,
  Enums as enums,
  eventTarget,
  init,
  metaData,
  RenderingEngine,
  utilities,
  volumeLoader,
} from '@cornerstonejs/core';
import type { Grid, VoxelData } from '../geometry/index.ts';
import { colorTables } from '../geometry/index.ts';

/** The viewport class that renders a fused pair of volumes rightly; the older ones do not. */
export const PLANAR: Enums.ViewportType = enums.ViewportType.PLANAR_NEXT;

export interface EngineVolume extends Grid {
  /** Unique while registered, without a colon (Cornerstone would take it for an address); a moved copy over the same
   * buffer has its own. */
  readonly id: string;
  readonly modality: string;
  readonly data: VoxelData;
}

/** What Cornerstone's planar viewports ask of every slice of a local volume. */
interface SliceFacts {
  readonly volume: EngineVolume;
  readonly k: number;
}

const volumes = new Map<string, EngineVolume>();
const FRAME_OF_REFERENCE = 'photopeak';

function sliceFacts(imageId: string): SliceFacts | undefined {
  const match = /^(.*)_slice_(\d+)$/.exec(imageId);
  const volume = match === null ? undefined : volumes.get(match[1]!);
  return volume === undefined ? undefined : { volume, k: Number(match![2]) };
}

function columnsOf(grid: Grid): number[] {
  const d = grid.direction;
  return [d[0]!, d[3]!, d[6]!, d[1]!, d[4]!, d[7]!, d[2]!, d[5]!, d[8]!];
}

function pixelFacts({ volume }: SliceFacts) {
  const float = volume.data instanceof Float32Array;
  const bits = float ? 32 : 16;
  return {
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    samplesPerPixel: 1,
    photometricInterpretation: 'MONOCHROME2',
    pixelRepresentation: volume.data instanceof Uint16Array ? 0 : 1,
    modality: volume.modality,
  };
}

function planeFacts({ volume, k }: SliceFacts) {
  const c = columnsOf(volume);
  const { origin, spacingMm, size } = volume;
  return {
    frameOfReferenceUID: FRAME_OF_REFERENCE,
    rows: size[1],
    columns: size[0],
    rowCosines: c.slice(0, 3),
    columnCosines: c.slice(3, 6),
    imageOrientationPatient: c.slice(0, 6),
    imagePositionPatient: origin.map((at, axis) => at + c[6 + axis]! * k * spacingMm[2]),
    sliceThickness: spacingMm[2],
    rowPixelSpacing: spacingMm[1],
    columnPixelSpacing: spacingMm[0],
    pixelSpacing: [spacingMm[1], spacingMm[0]],
  };
}

function provide(type: string, imageId: string): unknown {
  const facts = typeof imageId === 'string' ? sliceFacts(imageId) : undefined;
  if (facts === undefined) return undefined;
  if (type === 'imagePlaneModule') return planeFacts(facts);
  if (type === 'imagePixelModule') return pixelFacts(facts);
  if (type === 'generalSeriesModule') return { modality: facts.volume.modality };
  return undefined;
}

/**
 * One WebGL context holds each volume's texture once for all panes. Textures keep the accuracy of the voxels: half
 * floats would save memory, but they end at 65504, which an activity in Bq/ml passes.
 */
let started = false;

export function startEngine(): RenderingEngine {
  if (!started) {
    started = true;
    init({ rendering: { webGlContextCount: 1, preferSizeOverAccuracy: false }, debug: {} });
    metaData.addProvider(provide, 10_000);
    for (const table of Object.values(colorTables)) {
      utilities.colormap.registerColormap({
        name: table.id,
        Name: table.id,
        ColorSpace: 'RGB',
        RGBPoints: table.nodes.flat(),
      });
    }
  }
  return new RenderingEngine(crypto.randomUUID());
}

/** The display set name under which the panes show a volume. */
export function displaySetOf(volumeId: string): string {
  return `show:${volumeId}`;
}

/** Makes a volume known to Cornerstone. Its slices are views of the given buffer: nothing is copied. */
export function registerVolume(volume: EngineVolume): void {
  if (volumes.has(volume.id)) return;
  volumes.set(volume.id, volume);
  const facts = pixelFacts({ volume, k: 0 });
  const local = volumeLoader.createLocalVolume(volume.id, {
    dimensions: [...volume.size],
    spacing: [...volume.spacingMm],
    origin: [...volume.origin],
    direction: columnsOf(volume) as [number, number, number, number, number, number, number, number, number],
    scalarData: volume.data,
    metadata: {
      BitsAllocated: facts.bitsAllocated,
      BitsStored: facts.bitsStored,
      HighBit: facts.highBit,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      PixelRepresentation: facts.pixelRepresentation,
      Modality: volume.modality,
      SeriesInstanceUID: volume.id,
      ImageOrientationPatient: columnsOf(volume).slice(0, 6),
      PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
      FrameOfReferenceUID: FRAME_OF_REFERENCE,
      Columns: volume.size[0],
      Rows: volume.size[1],
      voiLut: [],
      VOILUTFunction: 'LINEAR',
    },
  });
  utilities.genericViewportDisplaySetMetadataProvider.add(displaySetOf(volume.id), {
    kind: 'planar',
    imageIds: local.imageIds,
    volumeId: volume.id,
    initialImageIdIndex: local.imageIds.length >> 1,
  });
}

/** Forgets a volume and frees its texture. No pane may still show it. */
export function releaseVolume(id: string): void {
  if (!volumes.has(id)) return;
  const local = cache.getVolume(id);
  utilities.genericViewportDisplaySetMetadataProvider.remove(displaySetOf(id));
  for (const imageId of local?.imageIds ?? []) cache.removeImageLoadObject(imageId, { force: true });
  if (local !== undefined) cache.removeVolumeLoadObject(id);
  volumes.delete(id);
}

/** Calls back when the graphics driver took the context away (memory, sleep, driver update). */
export function onContextLost(listener: () => void): () => void {
  const name = enums.Events.WEBGL_CONTEXT_LOST;
  eventTarget.addEventListener(name, listener);
  return () => eventTarget.removeEventListener(name, listener);
}
