import type { DestinationConfiguration } from '../config/index.ts';
import { createFhirSender } from '../delivery/fhir/index.ts';
import { createHl7Sender } from '../delivery/hl7/index.ts';
import {
  type MessageSender,
  sendNextMessage,
  tellNextPriority,
  tellNextRun,
} from '../delivery/messages/index.ts';
import type { MllpServer } from '../hl7/index.ts';
import { forgetMessages, processStored, startHl7Intake } from '../intake/hl7/index.ts';
import { createParts, type Part, startLoop } from '../operations/index.ts';
import { pollWorklist, reconcileNext } from '../orders/index.ts';
import type { NodeContext } from './context.ts';

const RECONCILE_MS = 500;
const STORED_MS = 5_000;
const FORGET_MS = 3_600_000;
const TELL_MS = 1_000;
const SEND_MS = 500;

export interface Messages {
  /** Where the HL7 listener listens; null where it is switched off. */
  readonly address: { readonly host: string; readonly port: number } | null;
  /** The configuration names other destinations than before. */
  destinationsChanged(): Promise<void>;
  /** The configuration names other modality worklists than before. */
  worklistsChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** What the node hears from and says to the hospital's systems beside DICOM: HL7, FHIR, modality worklists. */
export async function startMessages(context: NodeContext): Promise<Messages> {
  const { db, archive, configuration, log } = context;
  const receive = {
    db,
    configuration,
    onFailure: (error: unknown) => log.error({ err: error }, 'an HL7 message could not be acted on'),
    onProblem: (error: Error, peer: string) => log.warn({ peer, err: error }, 'an HL7 connection ended'),
  };
  const listener: MllpServer | undefined = configuration.hl7.enabled
    ? await startHl7Intake(receive)
    : undefined;
  const loops = [
    startLoop(
      'orders',
      RECONCILE_MS,
      () => reconcileNext({ db, archive, matchHours: configuration.hl7.matchHours }),
      log,
    ),
    startLoop('stored messages', STORED_MS, () => processStored(receive), log),
    startLoop(
      'old messages',
      FORGET_MS,
      async () => {
        await forgetMessages(db, configuration.hl7.keepDays);
        return 0;
      },
      log,
    ),
  ];
  const worklists = createParts(
    () => configuration.worklists,
    (source) =>
      startLoop(
        `worklist ${source.name}`,
        source.pollSeconds * 1000,
        async (signal) => {
          await pollWorklist({ db, configuration }, source, new Date(), signal);
          return 0;
        },
        log,
      ),
  );
  const sending = createParts(
    () => configuration.destinations.filter(takesMessages),
    (destination): Part => {
      const sender = createMessageSender(destination);
      const { name } = destination;
      const loop = startLoop(
        `messages to ${name}`,
        SEND_MS,
        (signal) => sendNextMessage({ db, pauses: configuration.delivery }, { name, sender }, signal),
        log,
      );
      return {
        kick: () => loop.kick(),
        async stop() {
          await loop.stop();
          sender.close();
        },
      };
    },
  );
  await Promise.all([worklists.follow(), sending.follow()]);
  const telling = startLoop(
    'reports',
    TELL_MS,
    async () => {
      const told =
        (await tellNextRun({ db, configuration })) + (await tellNextPriority({ db, configuration }));
      if (told > 0) sending.kick();
      return told;
    },
    log,
  );
  return {
    address: listener === undefined ? null : { host: listener.host, port: listener.port },
    destinationsChanged: () => sending.follow(),
    worklistsChanged: () => worklists.follow(),
    async stop() {
      await listener?.close();
      await Promise.all([...loops, worklists, telling, sending].map((part) => part.stop()));
    },
  };
}

type MessageDestination = Extract<DestinationConfiguration, { kind: 'hl7' | 'fhir' }>;

const takesMessages = (destination: DestinationConfiguration): destination is MessageDestination =>
  destination.kind === 'hl7' || destination.kind === 'fhir';

function createMessageSender(destination: MessageDestination): MessageSender {
  return destination.kind === 'hl7' ? createHl7Sender(destination) : createFhirSender(destination);
}
