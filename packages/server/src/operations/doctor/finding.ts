import { PhotopeakError } from '@photopeak/imaging';

/** One line of `photopeak doctor`. */
export interface DoctorFinding {
  readonly name: string;
  /** `warning`: works now, will not for long or not well. `problem`: something does not work. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** What was found, also where it is well. */
  readonly found: string;
  /** What to do; absent where it is ok. */
  readonly todo?: string;
}

export const ok = (name: string, found: string): DoctorFinding => ({ name, state: 'ok', found });
export const warning = (name: string, found: string, todo: string): DoctorFinding => ({
  name,
  state: 'warning',
  found,
  todo,
});
export const problem = (name: string, found: string, todo: string): DoctorFinding => ({
  name,
  state: 'problem',
  found,
  todo,
});

/** A check that throws has found a problem. */
export async function guarded(
  name: string,
  todo: string,
  work: () => Promise<DoctorFinding | readonly DoctorFinding[]>,
): Promise<readonly DoctorFinding[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    if (error instanceof PhotopeakError) {
      const found = [`${error.code}: ${error.message}`, error.found].filter(Boolean).join(', ');
      return [problem(name, found, error.remedy ?? todo)];
    }
    const { remedy } = error as { remedy?: unknown };
    const found = error instanceof Error ? error.message : String(error);
    return [problem(name, found, typeof remedy === 'string' ? remedy : todo)];
  }
}
