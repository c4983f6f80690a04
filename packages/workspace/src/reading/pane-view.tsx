import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { classes } from '../ui/index.ts';
import type { Pane, Viewer } from '../viewer/index.ts';
import { type ReadingContext, state } from './context.ts';
import type { PaneDefinition } from './layouts.ts';
import { visibleLesions } from './lesions.ts';
import type { ReadingModel } from './model.ts';
import { isWhite, paneContent } from './pane-content.ts';
import { CurtainEdge, PaneCurtain } from './pane-curtain.tsx';
import { draw, OutlineCache } from './pane-drawing.ts';
import { PaneOverlay, paneTitle } from './pane-overlay.tsx';
import { usePanePointer } from './pane-pointer.ts';
import type { ReadingStore } from './reading-state.ts';

const cursors = {
  window: 'cursor-ns-resize',
  triangulate: 'cursor-crosshair',
  move: 'cursor-move',
} as const;

interface Props {
  readonly definition: PaneDefinition;
  readonly model: ReadingModel;
  readonly store: ReadingStore;
  readonly viewer: Viewer;
  /** Where the page keeps its open panes. */
  readonly panes: Map<string, Pane>;
  readonly context: RefObject<ReadingContext>;
}

/** One picture with what lies over it. */
export function PaneView(props: Props) {
  const white = useStore(props.store, (now) => isWhite(props.definition, now));
  // The ground of a picture is fixed when it opens.
  return <OpenPane key={white ? 'white' : 'black'} {...props} white={white} />;
}

function OpenPane({
  definition,
  model,
  store,
  viewer,
  panes,
  context,
  white,
}: Props & { readonly white: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pane, setPane] = useState<Pane>();
  const cache = useMemo(() => new OutlineCache(), []);
  const now = useStore(store);
  const content = paneContent(definition, now, model);
  const original =
    now.curtain === null || model.layer === undefined
      ? undefined
      : paneContent(definition, now, model, model.originals);
  usePanePointer(surface, definition, context);

  useEffect(() => {
    const opened = viewer.openPane(definition.id, host.current!, white ? [1, 1, 1] : [0, 0, 0]);
    if (opened === undefined) return;
    panes.set(definition.id, opened);
    setPane(opened);
    const observer = new ResizeObserver(() => viewer.resize());
    observer.observe(host.current!);
    return () => {
      observer.disconnect();
      panes.delete(definition.id);
      viewer.closePane(definition.id);
    };
  }, [viewer, panes, definition, white]);

  /** For whoever waits for the picture. */
  const settle = useRef<() => void>(() => undefined);
  settle.current = () => {
    if (surface.current === null || pane === undefined) return;
    surface.current.dataset.picture = pane.isSettled ? 'settled' : 'drawing';
  };

  useEffect(() => {
    if (pane === undefined || content === undefined) return;
    const shown = pane.show(content);
    settle.current();
    void shown.then(() => viewer.collect());
  });

  const paint = useRef<() => void>(() => undefined);
  paint.current = () => {
    if (canvas.current === null || pane === undefined) return;
    const showsRegions = now.showsOutlines && (definition.show !== 'ct' || model.fusion.isAllowed);
    const lesions = showsRegions ? visibleLesions(model.lesions, now.showsPhysiological) : [];
    const drawing = content && {
      pane,
      content,
      lesions: lesions.flatMap((lesion) => {
        const shape = model.shapes.get(lesion.id);
        return shape === undefined ? [] : [{ lesion, shape }];
      }),
      selected: now.selected,
      point: content.point,
      isWhite: white,
    };
    draw(canvas.current, drawing, cache);
  };
  const quality = content?.layers.some((layer) => layer.volumeId.endsWith('-preview')) ? 'preview' : 'full';
  useEffect(
    () =>
      pane?.onRendered(() => {
        paint.current();
        settle.current();
      }),
    [pane],
  );
  useEffect(() => paint.current());

  const isActive = now.activePane === definition.id;
  const isHidden = now.maximised !== null && now.maximised !== definition.id;
  return (
    <div
      data-pane={definition.id}
      data-quality={content === undefined ? 'none' : quality}
      style={{ gridArea: now.maximised === definition.id ? '1 / 1 / -1 / -1' : definition.area }}
      className={classes(
        'relative min-h-0 min-w-0 overflow-hidden',
        white ? 'bg-white' : 'bg-black',
        isActive && 'outline-1 -outline-offset-1 outline-faint/70',
        isHidden && 'hidden',
      )}
    >
      <div ref={host} className="size-full" />
      {pane !== undefined && original !== undefined && (
        <PaneCurtain
          id={definition.id}
          under={pane}
          content={original}
          viewer={viewer}
          white={white}
          fraction={now.curtain!}
        />
      )}
      <canvas ref={canvas} className="pointer-events-none absolute inset-0 size-full" />
      <div
        ref={surface}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys page through the pane that has the focus
        tabIndex={0}
        role="img"
        aria-label={paneTitle(definition, now, model)}
        onFocus={() =>
          context.current &&
          state(context.current).activePane !== definition.id &&
          store.setState({ activePane: definition.id })
        }
        className={classes('absolute inset-0', cursors[now.tool])}
      />
      {original !== undefined && <CurtainEdge store={store} fraction={now.curtain!} within={surface} />}
      <PaneOverlay definition={definition} model={model} now={now} white={white} />
    </div>
  );
}
