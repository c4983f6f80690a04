import type { QueryClient } from '@tanstack/react-query';
import {
  call,
  type Decision,
  type DecisionInput,
  type Decisions,
  keys,
  type Signature,
} from '../api/index.ts';

/** What undo needs: each finding with the decision it had before, or none. */
export type DecisionMemento = readonly {
  readonly findingId: string;
  readonly before: Decision | undefined;
}[];

/** Decisions of a person on one run. Each is on the node before it is on the screen. */
export interface Review {
  decide(input: DecisionInput): Promise<void>;
  acceptAll(): Promise<void>;
  sign(password: string): Promise<Signature>;
  restore(memento: DecisionMemento): Promise<void>;
}

export function createReview(client: QueryClient, studyUid: string, runId: string): Review {
  const at = `runs/${runId}`;
  const refresh = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: keys.study(studyUid) }),
      client.invalidateQueries({ queryKey: keys.worklist }),
    ]);
  };
  return {
    decide: async (input) => {
      await call<unknown>('POST', `${at}/decisions`, input);
      await refresh();
    },
    acceptAll: async () => {
      await call<Decisions>('POST', `${at}/decisions/accept-all`);
      await refresh();
    },
    sign: async (password) => {
      const signature = await call<Signature>('POST', `${at}/sign`, { password });
      await refresh();
      return signature;
    },
    restore: async (memento) => {
      for (const { findingId, before } of memento) {
        if (before === undefined) await call('DELETE', `${at}/decisions/${findingId}`);
        else {
          const { action, name, site, comment } = before;
          await call('POST', `${at}/decisions`, {
            findingId,
            action,
            ...(name === null ? {} : { name }),
            ...(site === null ? {} : { site }),
            ...(comment === null ? {} : { comment }),
          });
        }
      }
      await refresh();
    },
  };
}
