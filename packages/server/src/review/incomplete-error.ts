import { PhotopeakError } from '@photopeak/imaging';

/** Not now: tells which findings are still undecided. */
export class IncompleteError extends PhotopeakError {
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[], remedy: string) {
    super(message, { code: 'REVIEW_INCOMPLETE', remedy });
    this.missing = missing;
  }
}
