import { PhotopeakError } from '@photopeak/imaging';
import type { Collected, CollectedStudy, Finding, SiteModels } from '@photopeak/pipelines';
import { type Runnable, type RunSettings, resultFolder, runStudy } from '../study-run/index.ts';
import { EXIT, type ExitCode, isDamage } from '../terminal/index.ts';

export interface ProcessSettings {
  readonly parameters: unknown;
  readonly out: string;
  readonly at?: string;
  readonly priors?: readonly CollectedStudy[];
  /** Models of the site that the pipeline may use. */
  readonly models?: SiteModels;
  readonly json: boolean;
  readonly say: (text: string) => void;
}

/** Says which files of a folder are not used, and why. */
export function sayProblems({ problems }: Collected, say: (text: string) => void): void {
  for (const problem of problems) say(`not used: ${problem.path}: ${problem.code}: ${problem.message}`);
}

/** Something that was asked for is not there: in a node no fault, on a command line what its caller must know. */
const isShortOf = ({ severity, code }: Finding): boolean =>
  severity === 'error' || code.endsWith('_NOTHING_TO_DO');

/** Every study of a folder through a pipeline, several of them each into a folder of its own. */
export async function processStudies(
  runnable: Runnable,
  { studies, problems }: Collected,
  { parameters, out, at, priors = [], models, json, say }: ProcessSettings,
): Promise<ExitCode> {
  const patients = new Set(studies.flatMap(({ patientHashes }) => patientHashes));
  if (studies.length > 1 && patients.size > 1) {
    say(
      `INPUT_MIXED_PATIENTS: the folder holds ${patients.size} patients; each study is processed by itself, into a folder of its own`,
    );
  }
  const isMixed = patients.size > 1;
  let exit: ExitCode = isMixed || problems.some(isDamage) ? EXIT.partial : EXIT.ok;
  const summaries: unknown[] = [];
  const failures: PhotopeakError[] = [];
  for (const study of studies) {
    try {
      const folder = await resultFolder(out, studies.length === 1 ? null : study.studyInstanceUid);
      const settings: RunSettings<unknown> = {
        parameters,
        ...(at === undefined ? {} : { at }),
        priors,
        ...(models === undefined ? {} : { models }),
        say,
      };
      const result = await runStudy(runnable.pipeline, study, folder, settings);
      say(runnable.describe(result));
      summaries.push(result.summary);
      if (result.findings.some(isShortOf)) exit = EXIT.partial;
    } catch (error) {
      if (!(error instanceof PhotopeakError) || studies.length === 1) throw error;
      failures.push(error);
      say(error.describe());
      exit = EXIT.partial;
    }
  }
  if (summaries.length === 0 && failures[0] !== undefined) throw failures[0];
  if (json) console.log(JSON.stringify(studies.length === 1 ? summaries[0] : summaries, null, 2));
  return exit;
}
