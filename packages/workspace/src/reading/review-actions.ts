import { ArrowLeft, Check, CheckCheck, Pencil, PenLine, Undo2, X } from 'lucide-react';
import type { Action } from '../actions/index.ts';
import { ApiError, type DecisionInput } from '../api/index.ts';
import { isOpenForReview, type ReadingContext, selectedLesion, state, undecidedFindings } from './context.ts';
import { isFinding } from './lesions.ts';
import { stepLesion } from './moves.ts';
import type { DecisionMemento, Review } from './review.ts';

type ReadingAction = Action<ReadingContext>;

/** Says on the page what the node refused, in the node's words. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return 'That did not work. Try again.';
  return error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
}

async function attempt<T>(
  context: ReadingContext,
  work: (review: Review) => Promise<T>,
): Promise<T | undefined> {
  if (context.review === undefined) return undefined;
  try {
    context.store.setState({ message: null });
    return await work(context.review);
  } catch (error) {
    context.store.setState({ message: explain(error) });
    return undefined;
  }
}

function remember(context: ReadingContext, findingIds: readonly string[]): DecisionMemento {
  return findingIds.map((findingId) => ({
    findingId,
    before: context.model.lesions.find((lesion) => lesion.id === findingId)?.decision,
  }));
}

/** Decides, then goes on to the next finding that is still open. */
async function decide(context: ReadingContext, input: DecisionInput): Promise<DecisionMemento | undefined> {
  const memento = remember(context, [input.findingId]);
  const done = await attempt(context, async (review) => {
    await review.decide(input);
    return true;
  });
  return done === true ? memento : undefined;
}

const canDecide = (context: ReadingContext) =>
  isOpenForReview(context) && selectedLesion(context) !== undefined;
/** Uptake that is set aside is no finding, so there is nothing to reject. */
const canReject = (context: ReadingContext) => {
  const lesion = selectedLesion(context);
  return isOpenForReview(context) && lesion !== undefined && isFinding(lesion);
};
const restore = async (context: ReadingContext, memento: DecisionMemento) => {
  await attempt(context, (review) => review.restore(memento));
};

function verdict(
  id: string,
  label: string,
  icon: ReadingAction['icon'],
  key: string,
  action: 'accept' | 'reject',
) {
  return {
    id,
    label,
    group: 'Findings',
    ...(icon === undefined ? {} : { icon }),
    keys: [key],
    isEnabled: action === 'reject' ? canReject : canDecide,
    perform: (context: ReadingContext) => decide(context, { findingId: selectedLesion(context)!.id, action }),
    undo: restore,
  } satisfies ReadingAction;
}

/** What decides on the result. Each can be taken back until it is signed. */
export const reviewActions: readonly ReadingAction[] = [
  {
    id: 'lesion.next',
    label: 'Next finding',
    group: 'Findings',
    keys: ['J'],
    isEnabled: ({ model }) => model.lesions.length > 0,
    perform: (context) => stepLesion(context, 1),
  },
  {
    id: 'lesion.before',
    label: 'Finding before',
    group: 'Findings',
    keys: ['K'],
    isEnabled: ({ model }) => model.lesions.length > 0,
    perform: (context) => stepLesion(context, -1),
  },
  verdict('finding.accept', 'Accept', Check, 'A', 'accept'),
  verdict('finding.reject', 'Reject', X, 'X', 'reject'),
  {
    id: 'finding.edit',
    label: 'Edit',
    group: 'Findings',
    icon: Pencil,
    keys: ['E'],
    isEnabled: canDecide,
    perform: ({ store }) => store.setState({ dialog: 'edit' }),
  },
  {
    id: 'finding.modify',
    label: 'Save name and site',
    group: 'Findings',
    keys: [],
    isEnabled: canDecide,
    perform: (context, payload) =>
      decide(context, {
        ...(payload as { readonly name?: string; readonly site?: string }),
        findingId: selectedLesion(context)!.id,
        action: 'modify',
      }),
    undo: restore,
  },
  {
    id: 'finding.accept-all',
    label: 'Accept all open',
    group: 'Findings',
    icon: CheckCheck,
    keys: ['Shift+A'],
    isEnabled: (context) => isOpenForReview(context) && undecidedFindings(context.model).length > 0,
    perform: async (context) => {
      const memento = remember(context, undecidedFindings(context.model));
      const done = await attempt(context, async (review) => {
        await review.acceptAll();
        return true;
      });
      return done === true ? memento : undefined;
    },
    undo: restore,
  },
  {
    id: 'review.sign',
    label: 'Sign',
    group: 'Findings',
    icon: PenLine,
    keys: ['Ctrl+Enter'],
    isEnabled: (context) => isOpenForReview(context) && undecidedFindings(context.model).length === 0,
    perform: ({ store }) => store.setState({ dialog: 'sign' }),
  },
  {
    id: 'undo',
    label: 'Undo',
    group: 'Findings',
    icon: Undo2,
    keys: ['Ctrl+Z', 'U'],
    isEnabled: (context) => context.undo.isPossible && isOpenForReview(context),
    perform: (context) => context.undo.perform(),
  },
  {
    id: 'leave',
    label: 'One pane back to all, or to the work list',
    group: 'Page',
    icon: ArrowLeft,
    keys: ['Escape'],
    isEnabled: () => true,
    perform: (context) => {
      if (state(context).maximised === null) context.leave();
      else context.store.setState({ maximised: null });
    },
  },
];
