import type { ModelManifest } from '../manifest/schema.ts';
import type { TensorNames } from '../onnx/check.ts';
import type { Runner } from '../runner.ts';
import { gather, groupsOf, type ModelImages, prepare } from './prepare.ts';
import { type ModelResult, sinkFor } from './sinks.ts';

export interface InferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Runs a network over a volume: oriented, resampled and scaled as the manifest says, in overlapping patches whose
 * results are blended, and back. Memory beside input and output: a slab of one patch's planes per class.
 * Throws `MODEL_INPUT_MISSING`, `MODEL_OUTPUT_SHAPE` and what the network throws.
 */
export async function inferVolume(
  network: Pick<Runner, 'run'>,
  tensors: TensorNames,
  manifest: ModelManifest,
  images: ModelImages,
  options: InferOptions = {},
): Promise<readonly ModelResult[]> {
  const prepared = await prepare(manifest, images);
  const sinks = manifest.output.map((output) => sinkFor(output, prepared));
  const { working } = prepared;
  const groups = groupsOf(prepared);
  for (const [n, group] of groups.entries()) {
    options.signal?.throwIfAborted();
    const places = group.map(({ at }) => at);
    const feeds = Object.fromEntries(
      manifest.input.map((input, which) => [tensors.inputs[which]!, gather(prepared, input, which, places)]),
    );
    const found = await network.run(feeds, tensors.outputs);
    sinks.forEach((sink, which) => {
      const tensor = found[tensors.outputs[which]!]!;
      for (const [member, tile] of group.entries()) sink.take(tensor, member, group.length, tile);
    });
    const settled = Math.max(0, groups[n + 1]?.[0]?.at[2] ?? working.size[2]);
    for (const sink of sinks) sink.settle(settled);
    options.onProgress?.((n + 1) / groups.length);
  }
  return Promise.all(sinks.map((sink) => sink.finish()));
}
