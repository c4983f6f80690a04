import type { ResponseFields } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { collect } from '../message/collect.ts';
import type { DataSetStream } from '../message/data-set-stream.ts';
import { STATUS } from '../message/status.ts';

/** What a provider throws to answer a request with a failure; the comment (64 characters) is seen by the peer. */
export function refusal(status: number, comment: string): DimseError {
  return new DimseError('DIMSE_OPERATION_FAILED', comment, { status });
}

/** The answer to a request whose provider refused it or could not read it; other errors are none of the peer's. */
export function answerOf(error: unknown): ResponseFields {
  if (!(error instanceof DimseError)) throw error;
  if (error.code === 'DIMSE_DATA_SET_INVALID')
    return { status: STATUS.cannotUnderstand, errorComment: error.message };
  if (error.code !== 'DIMSE_OPERATION_FAILED' || error.status === undefined) throw error;
  return { status: error.status, errorComment: error.message };
}

/** The identifier of a query or retrieval, which cannot be without one. */
export async function identifierOf(dataSet: DataSetStream | undefined): Promise<Buffer> {
  const bytes = await collect(dataSet);
  if (bytes === undefined) throw refusal(STATUS.dataSetDoesNotMatch, 'No identifier');
  return bytes;
}
