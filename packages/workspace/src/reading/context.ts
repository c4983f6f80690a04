import type { Pane, Viewer } from '../viewer/index.ts';
import type { Layout, PaneDefinition } from './layouts.ts';
import { type Lesion, visibleLesions } from './lesions.ts';
import type { ReadingModel } from './model.ts';
import type { ReadingState, ReadingStore } from './reading-state.ts';
import type { Review } from './review.ts';

/** What an action may look at and change. */
export interface ReadingContext {
  readonly store: ReadingStore;
  readonly model: ReadingModel;
  readonly review: Review | undefined;
  readonly viewer: Viewer | undefined;
  readonly panes: ReadonlyMap<string, Pane>;
  readonly leave: () => void;
  /** Takes back the last action that can be taken back. */
  readonly undo: { readonly isPossible: boolean; perform(): Promise<void> };
}

export function state(context: ReadingContext): ReadingState {
  return context.store.getState();
}

export function currentLayout(model: ReadingModel, layoutId: string): Layout | undefined {
  return model.layouts.find((layout) => layout.id === layoutId) ?? model.layouts[0];
}

/** The pane that keys act on: the one last touched, else the first. */
export function activePane(context: ReadingContext): PaneDefinition | undefined {
  const { layoutId, activePane: id } = state(context);
  const panes = currentLayout(context.model, layoutId)?.panes ?? [];
  return panes.find((pane) => pane.id === id) ?? panes[0];
}

export function shownLesions(context: ReadingContext): Lesion[] {
  return visibleLesions(context.model.lesions, state(context).showsPhysiological);
}

export function selectedLesion(context: ReadingContext): Lesion | undefined {
  const { selected } = state(context);
  return context.model.lesions.find((lesion) => lesion.id === selected);
}

/** A draft that a person may still decide on. */
export function isOpenForReview(context: ReadingContext): boolean {
  return context.review !== undefined && context.model.run?.review === 'draft';
}

/** Ids of the findings that still need a decision, as the node counts them before it lets anyone sign. */
export function undecidedFindings(model: ReadingModel): readonly string[] {
  return model.run?.undecided ?? [];
}
