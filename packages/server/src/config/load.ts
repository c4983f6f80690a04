import { readFile } from 'node:fs/promises';
import { PhotopeakError } from '@photopeak/imaging';
import { isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Configuration, configurationSchema } from './schema.ts';

/** A configuration file is small; anything larger is not one. */
const MAXIMUM_BYTES = 1024 * 1024;

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** All problems of a file at once, each as `file:line:column message`. */
export class ConfigurationError extends PhotopeakError {
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map((p) => `${file}:${p.line}:${p.column} ${p.message}`);
    super(lines.join('\n'), {
      code: 'CONFIG_INVALID',
      where: lines[0]?.split(' ')[0] ?? file,
      remedy: 'correct the lines named above; docs/configuration.md lists every setting',
    });
    this.name = 'ConfigurationError';
    this.problems = lines;
  }
}

/**
 * Turns the text of a `photopeak.yaml` into a configuration with every default filled in.
 *
 * `${NAME}` in a text value is replaced by the environment variable NAME, so that secrets stay out of the file.
 * @throws ConfigurationError naming file, line and column of every problem.
 */
export function parseConfiguration(
  text: string,
  file = 'photopeak.yaml',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      file,
      document.errors.map((error) => ({
        ...position(lines, error.pos[0]),
        message: error.message.split('\n')[0] ?? '',
      })),
    );
  }
  const problems: Problem[] = [];
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const resolved = substitute(value, [], (path, message) => problems.push({ ...locate(path), message }));
  const result = configurationSchema.safeParse(resolved);
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(...describe(issue));
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return result.data;

  function locate(path: readonly PropertyKey[]): { line: number; column: number } {
    // The nearest node that exists: a missing key is reported at the map that lacks it.
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return position(lines, node.range[0]);
    }
    return { line: 1, column: 1 };
  }

  function describe(issue: z.core.$ZodIssue): Problem[] {
    const where = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
    if (issue.code === 'unrecognized_keys') {
      const map = issue.path.length > 0 ? document.getIn(issue.path, true) : document.contents;
      return issue.keys.map((key) => {
        const pair = isMap(map) ? map.items.find((item) => String(item.key) === key) : undefined;
        const range = isNode(pair?.key) ? pair.key.range : undefined;
        const at = range ? position(lines, range[0]) : locate(issue.path);
        return { ...at, message: `${where}"${key}" is not a setting` };
      });
    }
    return [{ ...locate(issue.path), message: `${where}${issue.message}` }];
  }

  function substitute(
    node: unknown,
    path: readonly PropertyKey[],
    problem: (path: readonly PropertyKey[], message: string) => void,
  ): unknown {
    if (typeof node === 'string') {
      return node.replaceAll(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, variable: string) => {
        const found = environment[variable];
        if (found === undefined) problem(path, `the environment variable ${variable} is not set`);
        return found ?? whole;
      });
    }
    if (Array.isArray(node)) return node.map((item, index) => substitute(item, [...path, index], problem));
    if (node !== null && typeof node === 'object') {
      return Object.fromEntries(
        Object.entries(node).map(([key, item]) => [key, substitute(item, [...path, key], problem)]),
      );
    }
    return node;
  }
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** Reads and parses a file. `DATABASE_URL` in the environment wins over the file. */
export async function loadConfiguration(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new PhotopeakError('the configuration file cannot be read', {
      code: 'CONFIG_UNREADABLE',
      where: file,
      remedy: 'check the path and the permissions, or start without --config to use the defaults',
      cause,
    });
  }
  if (text.length > MAXIMUM_BYTES) {
    throw new PhotopeakError('the configuration file is too large', {
      code: 'CONFIG_TOO_LARGE',
      where: file,
      expected: `at most ${MAXIMUM_BYTES} characters`,
      found: `${text.length}`,
    });
  }
  return withEnvironment(parseConfiguration(text, file, environment), environment);
}

/** The configuration of a node without a file. */
export function defaultConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  return withEnvironment(configurationSchema.parse({}), environment);
}

function withEnvironment(
  configuration: Configuration,
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const url = environment.DATABASE_URL;
  return url === undefined || url === '' ? configuration : { ...configuration, database: { url } };
}
