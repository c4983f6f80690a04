import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, longest first, as `npm test` lists them at its end. Begun last, one of them would run
 * alone while the other workers have nothing to do.
 */
const LONGEST = [
  'photopeak/src/commands/prior-comparison.test.ts',
  'photopeak/src/whole-way.test.ts',
  'photopeak/src/commands/run-results.test.ts',
  'workspace/src/reading/reading-page.test.ts',
  'photopeak/src/commands/run-radiotherapy.test.ts',
  'photopeak/src/commands/run-wrong-input.test.ts',
  'photopeak/src/commands/run-petmr.test.ts',
  'workspace/src/reading/deformed-pet.test.ts',
  'photopeak/src/commands/run-spectct.test.ts',
  'server/src/node/kill.test.ts',
  'server/src/node/worker-machines.test.ts',
  'photopeak/src/commands/acrin.test.ts',
  'workspace/src/app/accessibility.test.ts',
  'photopeak/src/commands/run-anatomy-model.test.ts',
  'photopeak/src/commands/register.test.ts',
  'workspace/src/reading/pictures.test.ts',
  'workspace/src/reading/moved-pet.test.ts',
  'workspace/src/reading/enhancement.test.ts',
  'photopeak/src/commands/radiotherapy.test.ts',
  'photopeak/src/reader-study-page.test.ts',
  'server/src/workflow/gpu/gpu.test.ts',
  'photopeak/src/commands/model.test.ts',
  'server/src/operations/backup/backup.test.ts',
  'photopeak/src/routes-editor.test.ts',
  'photopeak/src/suv-reference.test.ts',
  'analysis/src/cardiac/cardiac.test.ts',
  'analysis/src/registration/deformable/deformable.test.ts',
  'pipelines/src/cardiac-perfusion/cardiac-perfusion.test.ts',
  'pipelines/src/anatomy/organs.test.ts',
  'analysis/src/lesions/touching.test.ts',
  'analysis/src/lesions/lesions.test.ts',
  'analysis/src/registration/linear.test.ts',
  'phantom/src/petct/truth.test.ts',
  'phantom/src/petct/dicom/study.test.ts',
];

/**
 * vitest's order of the files, with the longest put before the others, and those that may share a process last: one
 * after the other, so that they can.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return index < 0 ? LONGEST.length + (project.config.isolate ? 0 : 1) : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
