import { PhotopeakError } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import type { SiteModels } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { openModelStore } from './store.ts';

/** The models of the registry for the steps of a run, by the digest that the run was decided with. */
export function siteModels(context: {
  readonly db: Database;
  readonly archive: Archive;
  readonly settings: Configuration['models'];
}): SiteModels {
  const { db, archive, settings } = context;
  const store = openModelStore(archive);
  return {
    async open(digest, { signal, gpu }) {
      const row = await db
        .selectFrom('model')
        .select('files')
        .where('digest', '=', digest)
        .executeTakeFirst();
      if (row === undefined) {
        throw new PhotopeakError('there is no such model', {
          code: 'MODEL_UNKNOWN',
          expected: 'the package that the run was decided with',
          found: digest,
          remedy: 'add the package again, then start the run again',
        });
      }
      const opened = await openPackage(await store.laidOut(digest, row.files));
      const model = await openModel(opened, {
        signal,
        gpu,
        allowPrograms: settings.allowPrograms,
        containerEngine: settings.containerEngine,
        environment: settings.environment,
      });
      return { manifest: opened.manifest, model };
    },
  };
}
