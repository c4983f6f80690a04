import { PhotopeakError } from '@photopeak/imaging';
import { type ModelManifest, openPackage, type PackageFile } from '@photopeak/models';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { verifySignature } from './signature.ts';
import type { ModelStore } from './store.ts';

export interface RegistryContext {
  readonly db: Database;
  readonly store: ModelStore;
  /** PEM of the keys whose signatures count, and whether a model needs one. */
  readonly trustedKeys: readonly string[];
  readonly requireSignature: boolean;
  /** Who acts, as the audit trail names them: `user:…`, `cli`. */
  readonly actor: string;
}

export interface RegisteredModel {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  readonly manifest: ModelManifest;
  readonly files: readonly PackageFile[];
  readonly signedBy: string | null;
  readonly addedAt: Date;
  readonly addedBy: string;
}

/**
 * Takes a model package into the registry: read, held against itself, stored by its hashes. The same again changes
 * nothing.
 * @throws PhotopeakError MODEL_* of the package, MODEL_VERSION_TAKEN, MODEL_SIGNATURE_MISSING, MODEL_SIGNATURE_WRONG
 */
export async function addModel(
  { db, store, trustedKeys, requireSignature, actor }: RegistryContext,
  folder: string,
  signature?: string,
): Promise<RegisteredModel> {
  const { manifest, digest, files } = await openPackage(folder);
  if (signature === undefined && requireSignature) {
    throw new PhotopeakError('this node takes only models that are signed', {
      code: 'MODEL_SIGNATURE_MISSING',
      expected: '--signature with the signature of this package',
      found: 'none',
      remedy: 'photopeak model sign makes one with a private key',
    });
  }
  const signedBy = signature === undefined ? null : verifySignature(digest, signature, trustedKeys);
  const { id, version } = manifest;
  const known = await db
    .selectFrom('model')
    .select(['digest', 'removed_at'])
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (known !== undefined && known.digest !== digest) {
    throw new PhotopeakError('this version of the model is another package', {
      code: 'MODEL_VERSION_TAKEN',
      expected: `${id} ${version} with the digest ${known.digest}`,
      found: digest,
      remedy: 'give changed files another version in model.yaml',
    });
  }
  await store.put(folder, files);
  if (known === undefined || known.removed_at !== null) {
    await db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('model')
        .values({
          id,
          version,
          digest,
          manifest: JSON.stringify(manifest),
          files: JSON.stringify(files),
          signed_by: signedBy,
          added_by: actor,
        })
        .onConflict((conflict) =>
          conflict.columns(['id', 'version']).doUpdateSet({ removed_at: null, signed_by: signedBy }),
        )
        .execute();
      await appendAudit(transaction, [
        {
          kind: 'model',
          actor,
          subject: `model:${id}@${version}`,
          detail: { what: 'added', digest, signedBy },
        },
      ]);
    });
  }
  return requireModel(db, id, version);
}

/** @throws PhotopeakError MODEL_UNKNOWN */
export async function requireModel(db: Database, id: string, version: string): Promise<RegisteredModel> {
  const models = await listModels(db, id);
  const found = models.find((model) => model.version === version);
  if (found !== undefined) return found;
  const versions = models.map((model) => model.version);
  throw new PhotopeakError('there is no such model', {
    code: 'MODEL_UNKNOWN',
    expected: 'a model that was added, with its version',
    found: `${id}@${version}${versions.length === 0 ? '' : `; of it there are ${versions.join(', ')}`}`,
    remedy: 'photopeak model list shows those that there are',
  });
}

/** Every version that was not removed, by id, in the order in which they came. */
export async function listModels(db: Database, id?: string): Promise<RegisteredModel[]> {
  const rows = await db
    .selectFrom('model')
    .selectAll()
    .where('removed_at', 'is', null)
    .$if(id !== undefined, (query) => query.where('id', '=', id!))
    .orderBy('id')
    .orderBy('added_at')
    .orderBy('version')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    digest: row.digest,
    manifest: row.manifest as unknown as ModelManifest,
    files: row.files,
    signedBy: row.signed_by,
    addedAt: row.added_at,
    addedBy: row.added_by,
  }));
}
