import {
  associate,
  ECHO_CONTEXT,
  echo,
  type Peer,
  type SendOutcome,
  STATUS,
  sendFiles,
  statusText,
  type UserIdentity,
} from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import { isTransientStatus, statusCode } from '../failure-status.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';
import { uncompressedConversion } from './uncompressed-conversion.ts';

export interface DimseDestination extends Peer {
  readonly maxAssociations?: number;
  /** Who we are there, where it asks for a user. */
  readonly userIdentity?: UserIdentity;
}

/**
 * Delivery by C-STORE over several associations: byte for byte in the syntax that the file has, or, where the
 * destination takes only another uncompressed one, with the same values in that. Settings given as a function are
 * asked for each time, so that renewed certificates count at once.
 */
export function createDimseSender(settings: DimseDestination | (() => DimseDestination)): Sender {
  const current = typeof settings === 'function' ? settings : () => settings;
  return {
    async *send(items, signal) {
      const destination = current();
      const { maxAssociations, userIdentity } = destination;
      const byFile = new Map(items.map((item) => [item.file, item]));
      const options = {
        conversion: uncompressedConversion,
        ...(maxAssociations === undefined ? {} : { maxAssociations }),
        ...(userIdentity === undefined ? {} : { userIdentity }),
        ...(signal === undefined ? {} : { signal }),
      };
      for await (const outcome of sendFiles(destination, [...byFile.keys()], options)) {
        yield toDeliveryOutcome(byFile.get(outcome.file)!, outcome);
      }
    },
    async check(signal) {
      const destination = current();
      const { userIdentity } = destination;
      const options = {
        contexts: [ECHO_CONTEXT],
        ...(userIdentity === undefined ? {} : { userIdentity }),
        ...(signal === undefined ? {} : { signal }),
      };
      const association = await associate(destination, options);
      const status = await echo(association);
      await association.release();
      if (status === STATUS.success) return;
      throw new PhotopeakError('The destination answers C-ECHO with a failure.', {
        code: 'DELIVERY_ECHO_FAILED',
        found: statusText(status),
        where: `${destination.host}:${destination.port} (${destination.calledAeTitle})`,
        remedy: 'Look into the log of the destination.',
      });
    },
  };
}

/** The answer of the destination in the words of the outbox. */
export function toDeliveryOutcome(item: DeliveryItem, outcome: SendOutcome): DeliveryOutcome {
  if (outcome.result === 'error') {
    const { error } = outcome;
    if (PERMANENT_ERRORS.has(error.code)) {
      return { item, result: 'refused', status: error.code, isTransient: false, text: error.describe() };
    }
    return { item, result: 'unknown', code: error.code, text: error.describe() };
  }
  const { text } = outcome;
  const status = statusCode(outcome.status);
  if (outcome.result === 'failure') {
    return { item, result: 'refused', status, isTransient: isTransientStatus(outcome.status), text };
  }
  return { item, result: 'accepted', status, warning: outcome.result === 'warning', text };
}

/** Nothing will change by sending the same bytes again. */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  'DIMSE_CONTEXT_NOT_ACCEPTED',
  'DIMSE_FILE_UNREADABLE',
]);
