import { createHash } from 'node:crypto';
import type { Pipeline, StudyInput } from '../pipeline.ts';

/** JSON with sorted keys, so that equal values have equal text. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * The identity of the objects of a run: its key as if no additional output had been asked for. A run that also asks
 * for NIfTI makes the same DICOM objects as one that does not, under the same UIDs.
 */
export function resultKey<Parameters>(
  pipeline: Pick<Pipeline<Parameters>, 'name' | 'version' | 'additions'>,
  parameters: Parameters,
  input: StudyInput,
): string {
  const { additions } = pipeline;
  return runKey(pipeline, additions === undefined ? parameters : { ...parameters, ...additions }, input);
}

/**
 * The identity of a run, of what is executed once: SHA-256 (hex) over pipeline name and version, parameters, and the
 * hashes of the input files in sorted order, those of studies from before after those of the study. Neither paths nor
 * times enter it.
 */
export function runKey(
  pipeline: Pick<Pipeline, 'name' | 'version'>,
  parameters: unknown,
  input: StudyInput,
): string {
  const hash = createHash('sha256');
  hash.update(`${pipeline.name}\n${pipeline.version}\n${sortedJson(parameters ?? null)}\n`);
  for (const { studyInstanceUid, instances } of [input, ...(input.priors ?? [])]) {
    hash.update(`${studyInstanceUid}\n`);
    for (const sha256 of instances.map((instance) => instance.sha256).sort()) hash.update(`${sha256}\n`);
  }
  return hash.digest('hex');
}
