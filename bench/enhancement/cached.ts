import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Grid, Volume } from '@photopeak/imaging';

/** Images that are dear to make, kept as raw float32 under a folder; made each time where no folder is given. */
export function cached<Name extends string>(
  folder: string | undefined,
  key: string,
  names: readonly Name[],
  make: () => Readonly<Record<Name, Volume>>,
): Readonly<Record<Name, Volume>> {
  if (folder === undefined) return make();
  const at = (name: string) => path.join(folder, `${key}.${name}`);
  const about = at('json');
  if (!existsSync(about)) {
    const made = make();
    mkdirSync(folder, { recursive: true });
    for (const name of names) writeFileSync(at(name), Float32Array.from(made[name].data));
    const { data: _, ...rest } = made[names[0]!];
    writeFileSync(about, JSON.stringify(rest));
  }
  const rest = JSON.parse(readFileSync(about, 'utf8')) as Grid & { readonly unit: string };
  const read = (name: Name): Volume => ({
    ...rest,
    data: new Float32Array(Uint8Array.from(readFileSync(at(name))).buffer),
  });
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, Volume>;
}
