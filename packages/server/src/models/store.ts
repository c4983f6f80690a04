import { createReadStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { type PackageFile, packageDigest } from '@photopeak/models';
import { syncFolder } from '../archive/durable.ts';
import type { Archive } from '../archive/index.ts';
import { hashFile } from '../operations/archive-care/hash-file.ts';

/**
 * Where the files of model packages lie: each by its hash beside the artifacts of runs, where backup, verification and
 * repair see it. Runtimes get a folder with the files under their names, laid out from there.
 */
export interface ModelStore {
  /** Stores the files of a package. Throws `MODEL_CHANGED` where they are not what they were when they were read. */
  put(folder: string, files: readonly PackageFile[]): Promise<void>;
  /** A folder with exactly these files, laid out anew where it is missing or was changed. Throws `MODEL_DAMAGED`. */
  laidOut(digest: string, files: readonly PackageFile[]): Promise<string>;
  /** Removes that folder. */
  clear(digest: string): Promise<void>;
}

export function openModelStore({
  dataFolder,
  artifacts,
}: Pick<Archive, 'dataFolder' | 'artifacts'>): ModelStore {
  const root = path.join(dataFolder, 'models');
  const folderOf = (digest: string) => path.join(root, digest);
  return {
    async put(folder, files) {
      for (const { name, sha256 } of files) {
        if (await artifacts.has(sha256)) {
          const present = artifacts.pathOf(sha256);
          if ((await hashFile(present)).sha256 === sha256) continue;
          // Damaged on the disk: the good bytes take its place.
          await rm(present, { force: true });
        }
        const writer = artifacts.begin();
        try {
          for await (const chunk of createReadStream(path.join(folder, name)))
            await writer.write([chunk as Buffer]);
          const kept = await writer.keep();
          await kept.durable;
          if (kept.sha256 === sha256) continue;
        } catch (error) {
          await writer.discard();
          throw error;
        }
        throw new PhotopeakError('the package changed while it was stored', {
          code: 'MODEL_CHANGED',
          where: name,
          expected: sha256,
          remedy: 'add it again when nobody writes to its folder',
        });
      }
    },
    async laidOut(digest, files) {
      const target = folderOf(digest);
      if ((await packageDigest(target).catch(() => undefined))?.digest === digest) return target;
      const coming = `${target}.coming`;
      await rm(coming, { recursive: true, force: true });
      for (const { name, sha256 } of files) {
        const file = path.join(coming, name);
        await mkdir(path.dirname(file), { recursive: true });
        await copyFile(artifacts.pathOf(sha256), file).catch((cause: unknown) => {
          throw damaged(digest, `${name} is not there`, cause);
        });
      }
      const found = await packageDigest(coming);
      if (found.digest !== digest) throw damaged(digest, found.digest);
      await rm(target, { recursive: true, force: true });
      await rename(coming, target);
      await syncFolder(root);
      return target;
    },
    async clear(digest) {
      await rm(folderOf(digest), { recursive: true, force: true });
    },
  };
}

function damaged(digest: string, found: string, cause?: unknown): PhotopeakError {
  return new PhotopeakError('the files of the model are damaged', {
    code: 'MODEL_DAMAGED',
    expected: digest,
    found,
    remedy: 'add the package again; photopeak archive verify says what else is damaged',
    ...(cause === undefined ? {} : { cause }),
  });
}
