import { PhotopeakError } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import type { SiteModels } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { runtimeOptions } from './runtime-options.ts';
import { openModelStore } from './store.ts';
import { noted } from './uses.ts';

/** The models of the registry for the steps of a run, by the digest that the run was decided with. */
export function siteModels(context: {
  readonly db: Database;
  readonly archive: Archive;
  readonly settings: Configuration['models'];
  /** `shadow`: what they give is compared and thrown away. Default serving. */
  readonly role?: 'serving' | 'shadow';
}): SiteModels {
  const { db, archive, settings, role = 'serving' } = context;
  const store = openModelStore(archive);
  return {
    async open(digest, { signal, gpu }) {
      const row = await db
        .selectFrom('model')
        .select(['id', 'version', 'files'])
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
      const { id, version } = row;
      const model = await noted({ db, fallBackAfter: settings.fallBackAfter }, { id, version, role }, () =>
        openModel(opened, { signal, gpu, ...runtimeOptions(settings) }),
      );
      return { manifest: opened.manifest, model };
    },
  };
}
