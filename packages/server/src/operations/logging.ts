import { PhotopeakError } from '@photopeak/imaging';
import { pino } from 'pino';

export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'level'>;

/**
 * Keys that may carry patient data or secrets wherever they appear. A second line of defence: nothing in this code
 * logs them on purpose.
 */
const REDACTED = [
  'patientName',
  'patientId',
  'PatientName',
  'PatientID',
  'birthDate',
  'password',
  'token',
  'secret',
];

export function createLogger(level: string, destination?: pino.DestinationStream): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          ...new Set(REDACTED.flatMap((key) => [key, `*.${key}`, `*.*.${key}`])),
          'req.headers.cookie',
          'req.headers.authorization',
        ],
        censor: '[redacted]',
      },
      serializers: { err: serializeError },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  );
}

/** Our own errors as their fields; of others the message and the place, never attached request or row data. */
function serializeError(error: unknown): Record<string, unknown> {
  if (error instanceof PhotopeakError) return { ...error.toJSON(), cause: causeOf(error) };
  if (error instanceof Error) {
    const { code } = error as { code?: unknown };
    return { type: error.name, code, message: error.message, stack: error.stack };
  }
  return { message: String(error) };
}

function causeOf(error: Error): string | undefined {
  return error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
}
