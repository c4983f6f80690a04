import { PhotopeakError } from '@photopeak/imaging';
import type { Pipeline, PipelineResult } from '../pipeline.ts';

/** A run without a declared, required output has failed, whatever its steps said. Throws `PIPELINE_OUTPUT_MISSING`. */
export function requireDeclaredOutputs<S>(
  pipeline: Pick<Pipeline, 'name' | 'outputs'>,
  result: PipelineResult<S>,
): PipelineResult<S> {
  const delivered = new Set(result.objects.map((object) => object.output));
  const missing = pipeline.outputs.filter(({ name, required }) => required && !delivered.has(name));
  const undeclared = [...delivered].filter(
    (name) => !pipeline.outputs.some((output) => output.name === name),
  );
  if (missing.length > 0 || undeclared.length > 0) {
    throw new PhotopeakError(`the outputs of ${pipeline.name} are not the declared ones`, {
      code: 'PIPELINE_OUTPUT_MISSING',
      expected: pipeline.outputs.map(({ name }) => name).join(', '),
      found: `missing: ${missing.map(({ name }) => name).join(', ') || 'none'}; undeclared: ${undeclared.join(', ') || 'none'}`,
      remedy: 'report this with the log of the run: the pipeline is at fault, not the study',
    });
  }
  return result;
}
