import { Enums, type RenderingEngine, type Types } from '@cornerstonejs/core';
import type { ColorTableId } from '../geometry/index.ts';
import {
  centre,
  diagonalMm,
  type Grid,
  type PaneKind,
  subtract,
  type Vec3,
  viewVectors,
} from '../geometry/index.ts';
import { displaySetOf, PLANAR } from './engine.ts';

/** One volume as a pane shows it. */
export interface Layer {
  readonly volumeId: string;
  readonly grid: Grid;
  readonly range: readonly [number, number];
  readonly table: ColorTableId;
  /** 0–1. */
  readonly opacity: number;
}

/** Everything a pane shows. The lower layer gives the field of view. */
export interface PaneContent {
  readonly kind: PaneKind;
  readonly layers: readonly [Layer] | readonly [Layer, Layer];
  /** Point through which the planes go, LPS mm. */
  readonly point: Vec3;
  readonly azimuthDegrees: number;
}

type PlanarViewport = InstanceType<typeof import('@cornerstonejs/core').PlanarViewport>;

/**
 * Opacity over the range of the PET: what the reader chose at a quarter of the range, less where there is no uptake,
 * so that cold tissue does not darken the CT, and more at the top, so that hot lesions keep their colour. 0 shows the
 * CT alone and 1 the PET alone.
 */
function overlayOpacity(opacity: number): { value: number; opacity: number }[] {
  return [
    { value: 0, opacity: opacity * opacity },
    { value: 0.25, opacity },
    { value: 1, opacity: 1 - (1 - opacity) ** 2 },
  ];
}

/** Whether two contents give the same picture. A projection, dear to draw, does not hang on the point. */
function isSame(a: PaneContent, b: PaneContent): boolean {
  return (
    a.kind === b.kind &&
    a.azimuthDegrees === b.azimuthDegrees &&
    (a.kind === 'mip' || a.point.every((value, axis) => value === b.point[axis])) &&
    a.layers.length === b.layers.length &&
    a.layers.every((layer, index) => {
      const other = b.layers[index]!;
      return (
        layer.volumeId === other.volumeId &&
        layer.range[0] === other.range[0] &&
        layer.range[1] === other.range[1] &&
        layer.table === other.table &&
        layer.opacity === other.opacity
      );
    })
  );
}

/** One viewport of Cornerstone. It is told what to show and answers where things are. */
export class Pane {
  readonly id: string;
  readonly element: HTMLDivElement;
  readonly #engine: RenderingEngine;
  #shown: PaneContent | undefined;
  #wanted: PaneContent | undefined;
  #applying: PaneContent | undefined;
  #drawn: PaneContent | undefined;
  #busy = false;
  #closed = false;
  readonly #listeners = new Set<() => void>();

  constructor(engine: RenderingEngine, id: string, element: HTMLDivElement, background: readonly number[]) {
    this.#engine = engine;
    this.id = id;
    this.element = element;
    engine.enableElement({
      viewportId: id,
      type: PLANAR,
      element,
      defaultOptions: {
        orientation: Enums.OrientationAxis.AXIAL,
        background: [...background] as Types.Point3,
      },
    });
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
  }

  get #viewport(): PlanarViewport {
    return this.#engine.getViewport(this.id) as unknown as PlanarViewport;
  }

  /** Called after each picture, when `plane` and the coordinate transforms are those of the picture. */
  onRendered(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly #rendered = () => {
    this.#drawn = this.#shown;
    for (const listener of this.#listeners) listener();
  };

  /** Shows the newest content asked for; what was asked for in between, or is on the screen already, is skipped. */
  async show(content: PaneContent): Promise<void> {
    if (this.#shown !== undefined && !this.#busy && isSame(this.#shown, content)) return;
    this.#wanted = content;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#wanted !== undefined && this.#wanted !== this.#shown && !this.#closed) {
        const next: PaneContent = this.#wanted;
        this.#applying = next;
        await this.#apply(next);
        this.#shown = next;
      }
    } catch (cause) {
      // A viewport that is taken down while its picture is made fails somewhere inside: nobody waits for that picture.
      if (!this.#closed) throw cause;
    } finally {
      this.#applying = undefined;
      this.#busy = false;
    }
  }

  async #apply(content: PaneContent): Promise<void> {
    const viewport = this.#viewport;
    const before = this.#shown;
    const view = viewVectors(content.kind, content.azimuthDegrees);
    const orientation = {
      viewPlaneNormal: [...view.normal] as Types.Point3,
      viewUp: [...view.up] as Types.Point3,
    };
    const ids = content.layers.map((layer) => layer.volumeId).join(' ');
    if (before === undefined || before.layers.map((layer) => layer.volumeId).join(' ') !== ids) {
      await viewport.setDisplaySets(
        ...content.layers.map((layer, index) => ({
          displaySetId: displaySetOf(layer.volumeId),
          options: { orientation, role: index === 0 ? ('source' as const) : ('overlay' as const) },
        })),
      );
      if (this.#closed) return;
    }
    for (const [index, layer] of content.layers.entries()) this.#present(layer, content.kind, index > 0);
    viewport.setViewState({
      orientation,
      slice: {
        kind: 'volumePoint',
        // A projection stands still in the middle of its volume, whatever the point.
        sliceWorldPoint: [...(content.kind === 'mip' ? centre(content.layers[0].grid) : content.point)],
      },
    });
    viewport.render();
  }

  #present(layer: Layer, kind: PaneKind, isOverlay: boolean): void {
    const projection =
      kind === 'mip'
        ? { blendMode: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND, slabThickness: diagonalMm(layer.grid) }
        : {};
    this.#viewport.setDisplaySetPresentation(displaySetOf(layer.volumeId), {
      voiRange: { lower: layer.range[0], upper: layer.range[1] },
      colormap: { name: layer.table, ...(isOverlay ? { opacity: overlayOpacity(layer.opacity) } : {}) },
      interpolationType: Enums.InterpolationType.LINEAR,
      ...projection,
    });
  }

  /** Of the picture shown and of the one being made. */
  get volumeIds(): readonly string[] {
    return [this.#shown, this.#applying, this.#wanted].flatMap(
      (content) => content?.layers.map((layer) => layer.volumeId) ?? [],
    );
  }

  /** Whether the picture on the screen is of the newest content asked for. */
  get isSettled(): boolean {
    return this.#wanted !== undefined && this.#drawn === this.#wanted;
  }

  get isReady(): boolean {
    return this.#shown !== undefined && !this.#closed;
  }

  /** LPS mm of a position in CSS pixels of the pane, on the plane shown. */
  toWorld(x: number, y: number): Vec3 {
    return this.#viewport.canvasToWorld([x, y]) as unknown as Vec3;
  }

  /** CSS pixels of the pane of a point, seen straight on to the plane. */
  toCanvas(point: Vec3): readonly [number, number] {
    return this.#viewport.worldToCanvas([...point]) as unknown as readonly [number, number];
  }

  /** CSS pixels per millimetre. */
  pixelsPerMm(): number {
    const a = this.toWorld(0, 0);
    const b = this.toWorld(100, 0);
    return 100 / Math.max(Math.hypot(...subtract(b, a)), 1e-6);
  }

  zoom(factor: number, at?: readonly [number, number]): void {
    if (!this.isReady) return;
    const viewport = this.#viewport;
    const limited = Math.min(Math.max(viewport.getZoom() * factor, 0.5), 20);
    viewport.setZoom(limited, at === undefined ? undefined : [...at]);
    viewport.render();
  }

  pan(dx: number, dy: number): void {
    if (!this.isReady) return;
    const viewport = this.#viewport;
    const [x, y] = viewport.getPan();
    viewport.setPan([x + dx, y + dy]);
    viewport.render();
  }

  /** Takes over zoom and shift of another pane, which shows the same place in the same size. */
  follow(other: Pane): void {
    if (!this.isReady || !other.isReady) return;
    const [mine, theirs] = [this.#viewport, other.#viewport];
    const [zoom, pan] = [theirs.getZoom(), theirs.getPan()];
    const own = mine.getPan();
    const isSameZoom = Math.abs(mine.getZoom() - zoom) < 1e-6;
    if (isSameZoom && Math.abs(own[0] - pan[0]) < 1e-3 && Math.abs(own[1] - pan[1]) < 1e-3) return;
    mine.setZoom(zoom);
    mine.setPan([...pan]);
    mine.render();
  }

  reset(): void {
    if (!this.isReady) return;
    const viewport = this.#viewport;
    viewport.resetViewState({ resetPan: true, resetZoom: true, resetOrientation: false, resetFlip: true });
    const content = this.#shown;
    this.#shown = undefined;
    if (content !== undefined) void this.show({ ...content });
  }

  close(): void {
    this.#closed = true;
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
    this.#listeners.clear();
    this.#engine.disableElement(this.id);
  }
}
