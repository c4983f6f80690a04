import { PhotopeakError } from '@photopeak/imaging';

/** An answer that is larger is no result of a volume. */
export const LARGEST_ANSWER = 2 * 1024 ** 3;

/** What is wrong with a server or its answer; `MODEL_TIMEOUT` where there was none. */
export const failed = (found: string, where: string, code = 'MODEL_SERVER_FAILED'): PhotopeakError =>
  new PhotopeakError('the inference server gave no result', {
    code,
    expected: 'an answer of the Open Inference Protocol, version 2',
    found,
    where,
    remedy: 'look at the log of the server; try the model with photopeak model test',
  });
