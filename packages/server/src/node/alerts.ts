import {
  checkHealth,
  createParts,
  type Loop,
  sendNextNotice,
  startLoop,
  watchCauses,
} from '../operations/index.ts';
import type { NodeContext } from './context.ts';

const SEND_MS = 1_000;

export interface AlertWatch {
  /** The configuration says otherwise than before who is told. */
  webhooksChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** Looks for what is wrong, and tells those who want to know: one loop per receiver, so that none holds up another. */
export function startAlerts(context: NodeContext): AlertWatch {
  const { db, configuration, log } = context;
  const telling = createParts(
    () => configuration.alerts.webhooks,
    (webhook): Loop =>
      startLoop(
        `alerts to ${webhook.name}`,
        SEND_MS,
        (signal) => sendNextNotice({ db, configuration }, webhook, signal),
        log,
      ),
  );
  const watching = startLoop(
    'alerts',
    configuration.alerts.everySeconds * 1000,
    async () => {
      const changes = await watchCauses({ db, configuration, health: () => checkHealth(context) });
      if (changes > 0) telling.kick();
      return 0;
    },
    log,
  );
  void telling.follow();
  return {
    webhooksChanged: () => telling.follow(),
    async stop() {
      await Promise.all([watching.stop(), telling.stop()]);
    },
  };
}
