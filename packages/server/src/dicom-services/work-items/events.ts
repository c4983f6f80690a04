import type { DicomJson } from '@photopeak/dicom';
import {
  associate,
  DimseError,
  type MoveDestination,
  reportWorkItemEvent,
  STATUS,
  serviceContext,
  statusCategory,
  statusText,
  UPS,
  WORK_ITEM_EVENT,
  type WorkItemEvent,
} from '@photopeak/dimse';
import { pauseAfter } from '../../delivery/index.ts';
import type { NodeContext } from '../../node/context.ts';
import { type Loop, startLoop } from '../../operations/index.ts';
import type { Receivers } from '../../work-items/index.ts';
import { encodeAttributes } from '../data-sets.ts';
import { knownPeer } from '../peers.ts';

const LOOK_MS = 1_000;
const BATCH = 100;
/** A receiver answers at once or is away; while one answer is awaited nobody else sends to it. */
const ANSWER_MS = 20_000;
const CLAIM_SECONDS = 90;

/** Nothing will change by sending the same report again: it is not waited for. */
const FINAL: ReadonlySet<number> = new Set([
  STATUS.noSuchInstance,
  STATUS.noSuchEventType,
  STATUS.invalidArgumentValue,
  STATUS.invalidSopInstance,
  STATUS.noSuchSopClass,
]);

interface Report {
  readonly id: number;
  readonly report: unknown;
}

/**
 * Brings reports about work items to their subscribers by N-EVENT-REPORT (PS3.4 CC.2.4), in order, each until it is
 * taken. A report is forgotten after its answer, so a process that dies in between repeats at most one.
 */
export function reportWorkItems(context: NodeContext, receivers: Receivers): Loop {
  const { configuration, log, workItemChanges } = context;
  const running = new Map<string, Promise<void>>();

  async function serve(aeTitle: string, attempts: number, signal: AbortSignal): Promise<void> {
    try {
      const peer = knownPeer(configuration, aeTitle);
      if (peer === undefined)
        throw new DimseError('DIMSE_ARGUMENT', 'No destination has the AE title of this subscriber.');
      await sendReports(context, receivers, peer, aeTitle, signal);
      await receivers.done(aeTitle);
    } catch (error) {
      const reason = error instanceof DimseError ? error.code : 'WORK_ITEM_REPORT';
      const pause = pauseAfter(attempts + 1, configuration.delivery);
      log.debug({ receiver: aeTitle, err: error }, 'reports on work items wait for their receiver');
      await receivers
        .failed(aeTitle, reason, pause)
        .catch((cause: unknown) => log.error({ err: cause }, 'a report on a work item was not noted'));
    }
  }

  const loop = startLoop(
    'work item events',
    LOOK_MS,
    async (signal) => {
      for (const { aeTitle, attempts } of await receivers.claim(CLAIM_SECONDS)) {
        if (running.has(aeTitle)) continue;
        const serving = serve(aeTitle, attempts, signal).finally(() => running.delete(aeTitle));
        running.set(aeTitle, serving);
      }
      return 0;
    },
    log,
  );
  const unsubscribe = workItemChanges.subscribe(() => loop.kick());
  return {
    kick: () => loop.kick(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await Promise.all(running.values());
    },
  };
}

async function sendReports(
  { subscriptions, log }: NodeContext,
  receivers: Receivers,
  peer: MoveDestination,
  aeTitle: string,
  signal: AbortSignal,
): Promise<void> {
  const association = await associate(
    { ...peer, timeouts: { associationMs: ANSWER_MS, responseMs: ANSWER_MS, stallMs: ANSWER_MS } },
    {
      contexts: [serviceContext(UPS.event)],
      // The peer is the user of the service, although we open the association (PS3.7 D.3.3.4).
      roles: [{ sopClassUid: UPS.event, scu: false, scp: true }],
      signal,
      ...(peer.userIdentity === undefined ? {} : { userIdentity: peer.userIdentity }),
    },
  );
  try {
    for (;;) {
      const reports: readonly Report[] = await subscriptions.waiting(aeTitle, BATCH);
      if (reports.length === 0) break;
      for (const { id, report } of reports) {
        signal.throwIfAborted();
        const { uid, event, information } = messageOf(report as DicomJson);
        const { status } = await reportWorkItemEvent(association, uid, event, encodeAttributes(information));
        if (FINAL.has(status))
          log.warn(
            { receiver: aeTitle, found: statusText(status) },
            'a report on a work item was refused for good',
          );
        else if (statusCategory(status) === 'failure')
          throw new DimseError('DIMSE_OPERATION_FAILED', 'The receiver did not take a report.', { status });
        await receivers.taken(aeTitle, id, CLAIM_SECONDS);
      }
    }
    await association.release();
  } catch (error) {
    association.abort();
    throw error;
  }
}

/** A report as it waits: command elements of PS3.18 §11.13 and the event information. */
function messageOf(report: DicomJson): { uid: string; event: WorkItemEvent; information: DicomJson } {
  const { '00000002': _sopClass, '00001000': uid, '00001002': type, ...information } = report;
  const number = Number(type?.Value?.[0]);
  const events = Object.keys(WORK_ITEM_EVENT) as WorkItemEvent[];
  const event = events.find((name) => WORK_ITEM_EVENT[name] === number);
  return { uid: String(uid?.Value?.[0] ?? ''), event: event ?? 'state-report', information };
}
