import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PipelineResult, ResultObject } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';

/**
 * What a temporary run made, in a folder of its own beside the archive: no index, no PACS and no backup sees it. Removed
 * when it is dropped; what is kept goes the way of every result.
 */
export interface Layers {
  park(runId: string, result: PipelineResult<unknown>): Promise<void>;
  /** Undefined where there is none. */
  read(runId: string): Promise<PipelineResult<unknown> | undefined>;
  /** Paths of the DICOM files of an output, but for what quality control holds back. */
  files(runId: string, output: string): Promise<string[]>;
  remove(runId: string): Promise<void>;
  /** Ids of the runs that have one. */
  list(): Promise<string[]>;
}

interface Manifest {
  readonly objects: readonly (Omit<ResultObject, 'bytes'> & { readonly file: string })[];
  readonly summary: unknown;
  readonly findings: PipelineResult<unknown>['findings'];
  readonly quality?: PipelineResult<unknown>['quality'];
}

const MANIFEST = 'layer.json';

export function openLayers({ dataFolder }: Pick<Archive, 'dataFolder'>): Layers {
  const root = path.join(dataFolder, 'layers');
  const folderOf = (runId: string) => path.join(root, runId);
  const manifestOf = async (runId: string): Promise<Manifest | undefined> => {
    try {
      return JSON.parse(await readFile(path.join(folderOf(runId), MANIFEST), 'utf8')) as Manifest;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    async park(runId, { objects, summary, findings, quality }) {
      const coming = `${folderOf(runId)}.coming`;
      await rm(coming, { recursive: true, force: true });
      await mkdir(coming, { recursive: true, mode: 0o750 });
      const listed: Manifest['objects'][number][] = [];
      for (const [index, { bytes, ...object }] of objects.entries()) {
        const file = `${String(index).padStart(6, '0')}${path.extname(object.fileName)}`;
        await writeFile(path.join(coming, file), bytes, { mode: 0o640 });
        listed.push({ ...object, file });
      }
      const manifest: Manifest = {
        objects: listed,
        summary,
        findings,
        ...(quality === undefined ? {} : { quality }),
      };
      await writeFile(path.join(coming, MANIFEST), JSON.stringify(manifest), { mode: 0o640 });
      await rm(folderOf(runId), { recursive: true, force: true });
      await rename(coming, folderOf(runId));
    },
    async read(runId) {
      const manifest = await manifestOf(runId);
      if (manifest === undefined) return undefined;
      const objects: ResultObject[] = [];
      for (const { file, ...object } of manifest.objects)
        objects.push({ ...object, bytes: await readFile(path.join(folderOf(runId), file)) });
      const { summary, findings, quality } = manifest;
      return { objects, summary, findings, ...(quality === undefined ? {} : { quality }) };
    },
    async files(runId, output) {
      const manifest = await manifestOf(runId);
      return (manifest?.objects ?? []).flatMap((object) =>
        object.output === output && object.kind === 'dicom' && object.isHeld !== true
          ? [path.join(folderOf(runId), object.file)]
          : [],
      );
    },
    remove: (runId) => rm(folderOf(runId), { recursive: true, force: true }),
    async list() {
      const names = await readdir(root).catch(() => []);
      return names.filter((name) => /^[0-9a-f]{32}$/.test(name));
    },
  };
}
