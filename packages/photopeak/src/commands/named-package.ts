import { stat } from 'node:fs/promises';
import path from 'node:path';
import { laidOutModel, openModelStore, type openNodeStore } from '@photopeak/server';

/** Whether a model of the command line is the folder of a package; else it is ID[@VERSION] of a registry. */
export const isPackage = (name: string): Promise<boolean> =>
  stat(path.join(name, 'model.yaml')).then(
    (found) => found.isFile(),
    () => false,
  );

/** ID[@VERSION] of the registry of a node, with the folder of its package. Throws as `laidOutModel`. */
export function registeredPackage(
  { db, archive }: Awaited<ReturnType<typeof openNodeStore>>,
  name: string,
): ReturnType<typeof laidOutModel> {
  const [id = '', version] = name.split('@');
  return laidOutModel({ db, store: openModelStore(archive) }, id, version);
}
