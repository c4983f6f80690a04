import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { parseManifest } from '../manifest/read.ts';
import type { ModelManifest } from '../manifest/schema.ts';
import { checkNetwork, type TensorNames } from '../onnx/check.ts';
import { type OnnxFacts, onnxFacts } from '../onnx/facts.ts';
import { type PackageFile, packageDigest } from './digest.ts';

/** A model package that was read and held against itself. */
export interface ModelPackage {
  readonly folder: string;
  readonly manifest: ModelManifest;
  /** SHA-256 of its content, hex. */
  readonly digest: string;
  readonly files: readonly PackageFile[];
  /** Of an ONNX model. */
  readonly network?: { readonly file: string; readonly facts: OnnxFacts; readonly tensors: TensorNames };
}

export const MANIFEST = 'model.yaml';
/** Larger networks keep their weights in files beside them: a protocol buffer holds no more. */
const LARGEST_NETWORK_BYTES = 2 * 1024 ** 3;

/**
 * Reads a model package: the manifest, the digest, and of an ONNX network what can be known without running it.
 * Throws `MODEL_MANIFEST_INVALID`, `MODEL_PACKAGE_REFUSED`, `MODEL_ONNX_MALFORMED`, `MODEL_ONNX_REFUSED`.
 */
export async function openPackage(folder: string): Promise<ModelPackage> {
  const text = await readFile(path.join(folder, MANIFEST), 'utf8').catch((cause: unknown) => {
    throw new PhotopeakError('the folder is not a model package', {
      code: 'MODEL_PACKAGE_REFUSED',
      expected: MANIFEST,
      found: 'no such file',
      where: folder,
      remedy: 'docs/models.md shows a model.yaml to start from',
      cause,
    });
  });
  const manifest = parseManifest(text, MANIFEST);
  const { digest, files } = await packageDigest(folder);
  const named = [manifest.card, manifest.runtime.kind === 'onnx' ? manifest.runtime.file : undefined];
  for (const name of named) {
    if (name === undefined || files.some((file) => file.name === name)) continue;
    throw new PhotopeakError('a file that model.yaml names is not in the package', {
      code: 'MODEL_PACKAGE_REFUSED',
      expected: name,
      found: files.map((file) => file.name).join(', '),
      remedy: 'put it into the folder, or mend its name',
    });
  }
  if (manifest.runtime.kind !== 'onnx') return { folder, manifest, digest, files };
  const file = path.join(folder, manifest.runtime.file);
  const { size } = await stat(file);
  if (size > LARGEST_NETWORK_BYTES) {
    throw new PhotopeakError('the network is too large', {
      code: 'MODEL_PACKAGE_REFUSED',
      expected: `at most ${LARGEST_NETWORK_BYTES} bytes`,
      found: `${size} bytes`,
      remedy: 'save it with its weights in a file beside it',
    });
  }
  const facts = onnxFacts(await readFile(file));
  return {
    folder,
    manifest,
    digest,
    files,
    network: { file, facts, tensors: checkNetwork(facts, manifest) },
  };
}
