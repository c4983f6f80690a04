import type { RefObject } from 'react';
import { useStore } from 'zustand';
import type { Pane, Viewer } from '../viewer/index.ts';
import { currentLayout, type ReadingContext } from './context.ts';
import type { ReadingModel } from './model.ts';
import { PaneView } from './pane-view.tsx';
import type { ReadingStore } from './reading-state.ts';

/** The panes of the current layout. */
export function PaneGrid(props: {
  readonly model: ReadingModel;
  readonly store: ReadingStore;
  readonly viewer: Viewer;
  readonly panes: Map<string, Pane>;
  readonly context: RefObject<ReadingContext>;
}) {
  const layoutId = useStore(props.store, (now) => now.layoutId);
  const layout = currentLayout(props.model, layoutId);
  if (layout === undefined) return <div className="flex-1" />;
  if (layout.panes.length === 0) return null;
  return (
    <div
      className="grid min-h-0 flex-1 gap-px bg-line"
      style={{ gridTemplateColumns: layout.columns, gridTemplateRows: layout.rows }}
    >
      {layout.panes.map((definition) => (
        <PaneView key={`${layout.id} ${definition.id}`} definition={definition} {...props} />
      ))}
    </div>
  );
}
