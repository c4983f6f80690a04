import {
  type Dataset,
  errorsOf,
  type InstanceReference,
  referenceTo,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { ResultObject } from '../pipeline.ts';

export interface Finished {
  readonly object: ResultObject;
  readonly reference: InstanceReference;
}

/**
 * Checks a finished data set against the standard's tables and writes it as Part 10. `source` is the
 * image whose attributes it took over. Throws `RESULT_NOT_CONFORMANT`.
 */
export function finish(output: string, fileName: string, dataset: Dataset, source: Dataset): Finished {
  const problems = errorsOf(validate(dataset, { inheritedFrom: source }));
  if (problems.length > 0) {
    throw new PhotopeakError('a result does not conform to the standard and is not let out', {
      code: 'RESULT_NOT_CONFORMANT',
      expected: 'an object without errors',
      found: problems
        .slice(0, 5)
        .map(({ message }) => message)
        .join('; '),
      where: output,
      remedy:
        'report this with the listed problems; the source images may lack attributes that the object needs',
    });
  }
  const reference = referenceTo(dataset);
  return {
    reference,
    object: {
      output,
      fileName,
      kind: 'dicom',
      bytes: writePart10({ dataset }),
      sopClassUid: reference.sopClassUid,
      sopInstanceUid: reference.sopInstanceUid,
      seriesInstanceUid: reference.seriesInstanceUid,
    },
  };
}
