/** Variables that runtimes, drivers and interpreters may need; nothing else of our environment reaches a model. */
const BASE = ['PATH', 'LD_LIBRARY_PATH', 'HOME', 'TMPDIR', 'LANG', 'CUDA_PATH', 'XDG_RUNTIME_DIR'];

/** Of our environment what every model gets, and what the site passes on by name. */
export function environmentFor(passedOn: readonly string[] = []): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of [...BASE, ...passedOn]) {
    const value = process.env[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}
