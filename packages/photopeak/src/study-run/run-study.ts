import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type CollectedStudy,
  headersOf,
  inProcessRunner,
  isOwnResult,
  newestTime,
  type Pipeline,
  type PipelineResult,
  type ResultObject,
  requireDeclaredOutputs,
  resultKey,
  type SiteModels,
  type StudyInput,
  studyInput,
} from '@photopeak/pipelines';
import { outputError } from '../terminal/index.ts';

export interface RunSettings<Parameters> {
  readonly parameters: Parameters;
  /** Content time of the results; without it the newest time in the input. */
  readonly at?: string;
  /** Studies from before, the oldest first. */
  readonly priors?: readonly CollectedStudy[];
  /** Models of the site that the pipeline may use. */
  readonly models?: SiteModels;
  readonly say: (text: string) => void;
}

/** Creates the folder for the results of a study. Throws `OUTPUT_NOT_WRITABLE`. */
export async function resultFolder(out: string, studyInstanceUid: string | null): Promise<string> {
  const folder = studyInstanceUid === null ? out : path.join(out, studyInstanceUid);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw outputError(error, folder);
  }
  return folder;
}

/**
 * Runs a pipeline on one study and writes what it delivers. Results of earlier runs that lie among the input are
 * left out: a second run over the same folder is the same run.
 */
export async function runStudy<Parameters, Summary>(
  pipeline: Pipeline<Parameters, Summary>,
  collected: CollectedStudy,
  out: string,
  { parameters, at, priors = [], models, say }: RunSettings<Parameters>,
): Promise<PipelineResult<Summary>> {
  const study = withoutResults(collected);
  say(`study ${study.studyInstanceUid}: ${study.instances.length} files`);
  const earlier: StudyInput[] = [];
  for (const prior of priors) {
    const images = withoutResults(prior);
    say(`  from before: ${images.studyInstanceUid}: ${images.instances.length} files`);
    earlier.push(await studyInput(images));
  }
  const input = { ...(await studyInput(study)), ...(earlier.length === 0 ? {} : { priors: earlier }) };
  const runner = inProcessRunner({
    run: { key: resultKey(pipeline, parameters, input), at: at ?? newestTime(headersOf(study.instances)) },
    ...(models === undefined ? {} : { models }),
    observer: { ended: (step, seconds) => say(`  ${step.padEnd(16)} ${seconds.toFixed(2).padStart(6)} s`) },
  });
  const result = requireDeclaredOutputs(pipeline, await pipeline.run(input, parameters, runner));
  try {
    await removeEarlier(out, result.objects);
    for (const { fileName, bytes } of result.objects) {
      const file = path.join(out, fileName);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
  } catch (error) {
    throw outputError(error, out);
  }
  const hasReport = result.objects.some(({ fileName }) => fileName === 'report.html');
  const first = hasReport ? '; open report.html first' : '';
  say(`results: ${path.resolve(out)} (${result.objects.length} files${first})`);
  return result;
}

/** The images of a study. Throws `INPUT_ONLY_RESULTS`. */
function withoutResults(collected: CollectedStudy): CollectedStudy {
  const instances = collected.instances.filter(({ dataset }) => !isOwnResult(dataset));
  if (instances.length === 0) {
    throw new PhotopeakError('the study holds nothing but results of Photopeak', {
      code: 'INPUT_ONLY_RESULTS',
      expected: 'the images of a study',
      where: collected.studyInstanceUid,
      remedy: 'give the folder with the original images',
    });
  }
  return { ...collected, instances };
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

/** What the summary of an earlier run lists; every pipeline's summary has such a list. */
async function earlierFiles(summaryFile: string): Promise<string[]> {
  try {
    const earlier = JSON.parse(await readFile(summaryFile, 'utf8')) as {
      readonly schema?: unknown;
      readonly objects?: readonly { readonly fileName?: unknown }[];
    };
    if (!String(earlier.schema).startsWith('photopeak/')) return [];
    return (earlier.objects ?? []).flatMap(({ fileName }) =>
      typeof fileName === 'string' ? [fileName] : [],
    );
  } catch {
    // No earlier summary, or a file that is none: there is nothing of ours to remove.
    return [];
  }
}
