/** A `model.yaml` for tests. */
export function manifestText(
  parts: {
    readonly input?: string;
    readonly output?: string;
    readonly runtime?: string;
    readonly more?: string;
  } = {},
): string {
  return `schema: photopeak/model/1
id: test-model
version: 1.0.0
title: A model for tests
task: denoise
modality: [CT]
runtime:
${parts.runtime ?? '  kind: onnx\n  file: model.onnx'}
input:
${parts.input ?? '  - layout: NCHW'}
output:
${parts.output ?? '  - kind: image'}
intendedUse: Tests only.
regulatory: [{ region: EU, status: research }]
licence: Apache-2.0
${parts.more ?? ''}`;
}
