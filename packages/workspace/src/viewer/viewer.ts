import type { RenderingEngine } from '@cornerstonejs/core';
import { type EngineVolume, onContextLost, registerVolume, releaseVolume, startEngine } from './engine.ts';
import { Pane } from './pane.ts';

/** The panes of one reading page and the volumes they show. */
export class Viewer {
  readonly #engine: RenderingEngine;
  readonly #panes = new Map<string, Pane>();
  readonly #volumes = new Set<string>();
  readonly #forget: () => void;
  #kept: ReadonlySet<string> = new Set();
  #resizeFrame = 0;
  #isClosed = false;

  constructor(options: { readonly onContextLost: () => void }) {
    this.#engine = startEngine();
    this.#forget = onContextLost(() => {
      // At once: the next frame would draw into a context that is gone.
      this.close();
      options.onContextLost();
    });
  }

  /** Registers what the panes will be told to show; what is missing from the list goes with the next `collect`. */
  setVolumes(volumes: readonly EngineVolume[]): void {
    if (this.#isClosed) return;
    for (const volume of volumes) {
      registerVolume(volume);
      this.#volumes.add(volume.id);
    }
    this.#kept = new Set(volumes.map((volume) => volume.id));
  }

  /** Frees what is neither kept nor on any pane. */
  collect(): void {
    const shown = new Set([...this.#panes.values()].flatMap((pane) => pane.volumeIds));
    for (const id of this.#volumes) {
      if (this.#kept.has(id) || shown.has(id)) continue;
      this.#volumes.delete(id);
      releaseVolume(id);
    }
  }

  /** Undefined once the viewer is closed. */
  openPane(id: string, element: HTMLDivElement, background: readonly number[]): Pane | undefined {
    if (this.#isClosed) return undefined;
    const pane = new Pane(this.#engine, id, element, background);
    this.#panes.set(id, pane);
    return pane;
  }

  closePane(id: string): void {
    this.#panes.get(id)?.close();
    this.#panes.delete(id);
  }

  /** Fits every picture to its element; several calls of one frame count once. */
  resize(): void {
    cancelAnimationFrame(this.#resizeFrame);
    this.#resizeFrame = requestAnimationFrame(() => {
      if (this.#panes.size > 0) this.#engine.resize(true, true);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    cancelAnimationFrame(this.#resizeFrame);
    this.#forget();
    for (const id of [...this.#panes.keys()]) this.closePane(id);
    this.#engine.destroy();
    for (const id of this.#volumes) releaseVolume(id);
    this.#volumes.clear();
  }
}
