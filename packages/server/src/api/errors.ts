import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import type { Logger } from '../operations/index.ts';
import { IncompleteError } from '../review/index.ts';
import type { ErrorBody } from './contract.ts';

/** Status of errors that are answers; everything else is a 500 that is logged. */
const STATUS: Readonly<Record<string, number>> = {
  HTTP_INPUT: 400,
  HTTP_NOT_SIGNED_IN: 401,
  SIGN_IN_REFUSED: 401,
  HTTP_NOT_ALLOWED: 403,
  HTTP_ORIGIN: 403,
  PASSWORD_WRONG: 403,
  HTTP_NOT_FOUND: 404,
  HTTP_NOT_ACCEPTABLE: 406,
  HTTP_TOO_LARGE: 413,
  RUN_UNKNOWN: 404,
  FINDING_UNKNOWN: 404,
  REVIEW_INCOMPLETE: 409,
  REVIEW_NO_REPORT: 409,
  REVIEW_SIGNED: 409,
  REVIEW_NOT_READY: 409,
  ALIGNMENT_NOT_ASKED: 409,
  ALIGNMENT_NOT_CORRECTABLE: 409,
  REGISTRATION_LANDMARKS: 400,
  RUN_NOT_FAILED: 409,
  QUALITY_NOT_HELD: 409,
  QUALITY_DECIDED: 409,
  QUALITY_UNKNOWN: 404,
  ACCOUNT_EXISTS: 409,
  WORK_ITEM_INPUT: 400,
  WORK_ITEM_NOT_SCHEDULED: 400,
  WORK_ITEM_TRANSACTION: 400,
  WORK_ITEM_FINAL: 400,
  WORK_ITEM_OWN: 403,
  WORK_ITEM_EXISTS: 409,
  WORK_ITEM_STATE: 409,
  WORK_ITEM_INCOMPLETE: 409,
  ROUTES_CHANGED: 409,
  ENHANCEMENT_GONE: 409,
  ENHANCEMENT_HELD: 409,
  CONFIG_INVALID: 422,
  CONFIG_NO_FILE: 409,
  ALERT_UNKNOWN: 404,
  READER_STUDY_UNKNOWN: 404,
  READER_STUDY_CLOSED: 409,
  READER_STUDY_RATED: 409,
  PATIENT_CHANGE_UNKNOWN: 404,
  PATIENT_CHANGE_UNDONE: 409,
  PATIENT_CHANGE_LATER: 409,
  COMMITMENT_TRANSACTION_USED: 409,
  HTTP_TOO_MANY: 429,
};

/** Errors about a volume: the request is right, the data cannot be shown. */
const UNPROCESSABLE = /^(DICOM|SERIES|VOLUME|CODEC|ENHANCE)_/;

export function statusOf(error: PhotopeakError): number {
  return STATUS[error.code] ?? (UNPROCESSABLE.test(error.code) ? 422 : 500);
}

export function notFound(what: string): PhotopeakError {
  return new PhotopeakError(`there is no such ${what}`, { code: 'HTTP_NOT_FOUND' });
}

/** Turns every error into `ErrorBody`; of unexpected ones the client learns only that they are logged. */
export function errorHandler(log: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof PhotopeakError) {
      const status = statusOf(error);
      if (status >= 500) log.error({ route: request.routeOptions.url, err: error }, 'a request failed');
      const { code, message, expected, found, where, remedy } = error;
      const missing = error instanceof IncompleteError ? { missing: [...error.missing] } : {};
      // `where` of a server error is a path of this machine.
      const place = status < 500 ? { where } : {};
      void reply
        .status(status)
        .send({ error: { code, message, expected, found, remedy, ...place, ...missing } });
      return;
    }
    if (error instanceof ZodError) {
      const [issue] = error.issues;
      send(reply, 400, {
        code: 'HTTP_INPUT',
        message: issue?.message ?? 'the request is not valid',
        where: issue?.path.map(String).join('.') ?? '',
      });
      return;
    }
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) {
      send(reply, status, { code: status === 429 ? 'HTTP_TOO_MANY' : 'HTTP_INPUT', message: error.message });
      return;
    }
    log.error({ route: request.routeOptions.url, err: error }, 'a request failed');
    send(reply, 500, {
      code: 'HTTP_INTERNAL',
      message: 'the node could not answer this request',
      remedy: 'the reason is in the log of the node',
    });
  };
}

function send(reply: FastifyReply, status: number, error: ErrorBody['error']): void {
  void reply.status(status).send({ error } satisfies ErrorBody);
}
