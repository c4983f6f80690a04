import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type CollectedStudy,
  headersOf,
  inProcessRunner,
  isOwnResult,
  newestTime,
  type PetctParameters,
  type PetctSummary,
  petctOncology,
  petctSummary,
  type ResultObject,
  requireDeclaredOutputs,
  resultKey,
  studyInput,
} from '@photopeak/pipelines';

export interface RunSettings {
  readonly parameters: PetctParameters;
  /** Content time of the results; without it the newest time in the input. */
  readonly at?: string;
  readonly say: (text: string) => void;
}

/** Creates the folder for the results of a study. Throws `OUTPUT_NOT_WRITABLE`. */
export async function resultFolder(out: string, studyInstanceUid: string | null): Promise<string> {
  const folder = studyInstanceUid === null ? out : path.join(out, studyInstanceUid);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new PhotopeakError('the folder for the results cannot be made', {
      code: 'OUTPUT_NOT_WRITABLE',
      expected: 'a folder that may be written to',
      found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      where: folder,
      remedy: 'give another folder with --out',
    });
  }
  return folder;
}

/**
 * Runs the pipeline on one study and writes what it delivers. Results of earlier runs that lie among the input are
 * left out: a second run over the same folder is the same run.
 */
export async function runStudy(
  collected: CollectedStudy,
  out: string,
  { parameters, at, say }: RunSettings,
): Promise<PetctSummary> {
  const instances = collected.instances.filter(({ dataset }) => !isOwnResult(dataset));
  if (instances.length === 0) {
    throw new PhotopeakError('the study holds nothing but results of Photopeak', {
      code: 'INPUT_ONLY_RESULTS',
      expected: 'the images of a study',
      where: collected.studyInstanceUid,
      remedy: 'give the folder with the original images',
    });
  }
  say(`study ${collected.studyInstanceUid}: ${instances.length} files`);
  const input = await studyInput({ ...collected, instances });
  const runner = inProcessRunner({
    run: { key: resultKey(petctOncology, parameters, input), at: at ?? newestTime(headersOf(instances)) },
    observer: { ended: (step, seconds) => say(`  ${step.padEnd(16)} ${seconds.toFixed(2).padStart(6)} s`) },
  });
  const result = requireDeclaredOutputs(petctOncology, await petctOncology.run(input, parameters, runner));
  await removeEarlier(out, result.objects);
  for (const { fileName, bytes } of result.objects) {
    const file = path.join(out, fileName);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  say(`results: ${path.resolve(out)} (${result.objects.length} files; open report.html first)`);
  return result.summary;
}

/** Files of an earlier run into the same folder that this run does not write again would be taken for its results. */
async function removeEarlier(out: string, objects: readonly ResultObject[]): Promise<void> {
  const written = new Set(objects.map(({ fileName }) => fileName));
  for (const fileName of await earlierFiles(path.join(out, 'summary.json'))) {
    const file = path.join(out, fileName);
    const isInside = !path.relative(out, file).startsWith('..');
    if (isInside && !written.has(fileName)) await rm(file, { force: true });
  }
}

async function earlierFiles(summaryFile: string): Promise<string[]> {
  try {
    const earlier = petctSummary.safeParse(JSON.parse(await readFile(summaryFile, 'utf8')));
    return earlier.success ? earlier.data.objects.map(({ fileName }) => fileName) : [];
  } catch {
    // No earlier summary, or a file that is none: there is nothing of ours to remove.
    return [];
  }
}
