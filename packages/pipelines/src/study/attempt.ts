import { PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';

/** A part that the input does not allow becomes a finding; the rest goes on. */
export async function attempt<T>(findings: Finding[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    findings.push({
      code: error.code,
      severity: 'warning',
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
    return null;
  }
}
