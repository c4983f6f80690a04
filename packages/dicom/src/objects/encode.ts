import type { Dataset } from '../data/index.ts';
import { errorsOf, type ValidateOptions, validate } from '../validate/index.ts';
import { writePart10 } from '../write/index.ts';
import { objectError } from './common/index.ts';

/** Problems shown in the error; the rest is counted. */
const SHOWN = 5;

/**
 * The last step before an object leaves: it is checked, and written as a DICOM file in Explicit VR Little Endian.
 *
 * @throws PhotopeakError OBJECT_NOT_CONFORMANT with the problems
 */
export function encodeObject(object: Dataset, options: ValidateOptions = {}): Uint8Array {
  const errors = errorsOf(validate(object, options));
  if (errors.length > 0) {
    const shown = errors.slice(0, SHOWN).map((problem) => `${problem.where}: ${problem.message}`);
    const rest = errors.length > SHOWN ? [`and ${errors.length - SHOWN} more`] : [];
    throw objectError('OBJECT_NOT_CONFORMANT', 'The object is not conformant', {
      where: errors[0]!.where,
      expected: 'no problem',
      found: [...shown, ...rest].join('; '),
    });
  }
  return writePart10({ dataset: object });
}
