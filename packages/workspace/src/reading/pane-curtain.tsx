import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { Pane, PaneContent, Viewer } from '../viewer/index.ts';
import type { ReadingStore } from './reading-state.ts';

/** Least that is left of either side, as a part of the width. */
const MARGIN = 0.02;
/** A step of the arrow keys. */
const STEP = 0.02;

interface Props {
  readonly id: string;
  /** The pane that shows the enhanced image; the curtain keeps its place and size. */
  readonly under: Pane;
  /** The original, as the pane would show it. */
  readonly content: PaneContent;
  readonly viewer: Viewer;
  readonly white: boolean;
  readonly fraction: number;
}

/** The original over the left part of a pane that shows the enhanced image. */
export function PaneCurtain({ id, under, content, viewer, white, fraction }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [pane, setPane] = useState<Pane>();
  useEffect(() => {
    const opened = viewer.openPane(`${id}-curtain`, host.current!, white ? [1, 1, 1] : [0, 0, 0]);
    if (opened === undefined) return;
    setPane(opened);
    const observer = new ResizeObserver(() => viewer.resize());
    observer.observe(host.current!);
    return () => {
      observer.disconnect();
      viewer.closePane(`${id}-curtain`);
    };
  }, [viewer, id, white]);
  useEffect(() => {
    if (pane === undefined) return;
    void pane.show(content).then(() => {
      pane.follow(under);
      viewer.collect();
    });
  });
  useEffect(
    () => (pane === undefined ? undefined : under.onRendered(() => pane.follow(under))),
    [pane, under],
  );
  return (
    <div
      data-curtain={id}
      className="pointer-events-none absolute inset-0"
      style={{ clipPath: `inset(0 ${100 * (1 - fraction)}% 0 0)` }}
    >
      {/* What draws places its element by itself. */}
      <div ref={host} className="size-full" />
    </div>
  );
}

/** The edge of the curtain: drawn with the mouse, or moved by the arrow keys. */
export function CurtainEdge({
  store,
  fraction,
  within,
}: {
  readonly store: ReadingStore;
  readonly fraction: number;
  readonly within: RefObject<HTMLDivElement | null>;
}) {
  const set = (wanted: number) => store.setState({ curtain: Math.min(1 - MARGIN, Math.max(MARGIN, wanted)) });
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || within.current === null) return;
    const { left, width } = within.current.getBoundingClientRect();
    set((event.clientX - left) / width);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <div
      role="separator"
      tabIndex={0}
      aria-label="Curtain: original on the left"
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * fraction)}
      style={{ left: `${100 * fraction}%` }}
      className="absolute inset-y-0 z-10 w-4 -translate-x-1/2 cursor-ew-resize touch-none outline-none before:absolute before:inset-y-0 before:left-1/2 before:w-px before:bg-ai focus-visible:before:w-0.5"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        event.stopPropagation();
        set(fraction + (event.key === 'ArrowLeft' ? -STEP : STEP));
      }}
    />
  );
}
