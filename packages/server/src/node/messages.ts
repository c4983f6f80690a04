import type { MllpServer } from '../hl7/index.ts';
import { forgetMessages, processStored, startHl7Intake } from '../intake/hl7/index.ts';
import { startLoop } from '../operations/index.ts';
import { reconcileNext } from '../orders/index.ts';
import type { NodeContext } from './context.ts';

const RECONCILE_MS = 500;
const STORED_MS = 5_000;
const FORGET_MS = 3_600_000;

export interface Messages {
  /** Where the HL7 listener listens; null where it is switched off. */
  readonly address: { readonly host: string; readonly port: number } | null;
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
  return {
    address: listener === undefined ? null : { host: listener.host, port: listener.port },
    async stop() {
      await listener?.close();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
