import { PhotopeakError } from '@photopeak/imaging';

/** What was asked for; undefined where it failed with this code, which says that there is none. */
export async function absentAs<T>(code: string, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PhotopeakError && error.code === code) return undefined;
    throw error;
  }
}
