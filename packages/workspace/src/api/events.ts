import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { NodeEvent, Worklist } from './generated/api.ts';
import { keys } from './queries.ts';

export type Liveness = 'connecting' | 'live' | 'lost';

/** Whether the page hears the node; shown, because a list that stands still must not look current. */
export const useLiveness = create<{ readonly liveness: Liveness }>(() => ({ liveness: 'connecting' }));

const kinds: readonly NodeEvent['kind'][] = ['study', 'run', 'step', 'delivery', 'decision', 'order'];

/** Moves the progress bar of a study without asking the node again. */
export function withProgress(list: Worklist, event: Extract<NodeEvent, { kind: 'step' }>): Worklist {
  return {
    entries: list.entries.map((entry) =>
      entry.studyInstanceUid === event.studyInstanceUid
        ? {
            ...entry,
            state: 'processing',
            progress: { step: event.step, fraction: event.fraction },
            runId: event.runId,
          }
        : entry,
    ),
  };
}

function apply(client: QueryClient, event: NodeEvent): void {
  if (event.kind === 'step' && event.state === 'running') {
    client.setQueryData<Worklist>(keys.worklist, (list) => list && withProgress(list, event));
    return;
  }
  void client.invalidateQueries({ queryKey: keys.worklist });
  if (event.kind === 'delivery') void client.invalidateQueries({ queryKey: keys.deadLetters });
  if (event.kind === 'order') void client.invalidateQueries({ queryKey: keys.expected });
  if (event.kind !== 'step' && event.studyInstanceUid !== null)
    void client.invalidateQueries({ queryKey: keys.study(event.studyInstanceUid) });
}

/** Listens to GET /api/events until the returned function is called. The browser connects again by itself. */
export function listen(client: QueryClient): () => void {
  const source = new EventSource('/api/events');
  let wasLost = false;
  source.onopen = () => {
    useLiveness.setState({ liveness: 'live' });
    // Whatever was said while the line was down has to be asked for.
    if (wasLost) void client.invalidateQueries();
    wasLost = false;
  };
  source.onerror = () => {
    wasLost = true;
    useLiveness.setState({ liveness: 'lost' });
  };
  for (const kind of kinds) {
    source.addEventListener(kind, (message) => {
      apply(client, JSON.parse((message as MessageEvent<string>).data) as NodeEvent);
    });
  }
  return () => source.close();
}
