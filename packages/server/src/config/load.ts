import { readFile } from 'node:fs/promises';
import { PhotopeakError } from '@photopeak/imaging';
import { type Document, isMap, isNode, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { AT_KEY, routeDocument } from './route.ts';
import { type Configuration, configurationSchema, type RouteConfiguration } from './schema.ts';
import { checkTlsFiles } from './tls-files.ts';

/** A configuration file is small; anything larger is not one. */
const MAXIMUM_BYTES = 1024 * 1024;
const DEEPEST = 64;
const LONGEST_MESSAGE = 120;

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** All problems of a file at once, each as `file:line:column message`. */
export class ConfigurationError extends PhotopeakError {
  readonly problems: readonly string[];
  readonly places: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map((p) => `${file}:${p.line}:${p.column} ${p.message}`);
    super(lines.join('\n'), {
      code: 'CONFIG_INVALID',
      where: lines[0]?.split(' ')[0] ?? file,
      remedy: 'correct the lines named above; docs/configuration.md lists every setting',
    });
    this.name = 'ConfigurationError';
    this.problems = lines;
    this.places = problems;
  }
}

/** A pipeline as far as a configuration names it. */
export interface KnownPipeline {
  readonly name: string;
  readonly parameters: z.ZodType;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Turns the text of a `photopeak.yaml` into a configuration with every default filled in.
 *
 * `${NAME}` in a text value is replaced by the environment variable NAME, so that secrets stay out of the file. With
 * `pipelines`, a route that names another pipeline, or parameters that it does not take, is refused as well.
 * @throws ConfigurationError naming file, line and column of every problem.
 */
export function parseConfiguration(
  text: string,
  file = 'photopeak.yaml',
  environment: Environment = process.env,
  pipelines?: readonly KnownPipeline[],
): Configuration {
  return parse(text, file, environment, pipelines, () => []);
}

/** What is wrong with a value that is otherwise well formed. */
type Check = (value: Configuration) => readonly { path: readonly PropertyKey[]; message: string }[];

function parse(
  text: string,
  file: string,
  environment: Environment,
  pipelines: readonly KnownPipeline[] | undefined,
  check: Check,
): Configuration {
  const { value, document, refuse } = readYaml(configurationSchema, text, file, environment, pipelines);
  const configuration = { ...value, routesText: routesTextOf(document, text) };
  refuse(check(configuration));
  return configuration;
}

/** Routes and limits alone, as the editor of the workspace and the database hold them. */
export interface RouteSet {
  readonly routes: readonly RouteConfiguration[];
  readonly limits: Configuration['limits'];
}

/** @throws ConfigurationError naming line and column of every problem. */
export function parseRoutes(
  text: string,
  options: {
    readonly destinations: readonly { readonly name: string; readonly kind: string }[];
    readonly pipelines?: readonly KnownPipeline[];
    readonly file?: string;
    readonly environment?: Environment;
  },
): RouteSet {
  const { destinations, pipelines, file = 'routes.yaml', environment = process.env } = options;
  if (text.length > MAXIMUM_BYTES) {
    throw new ConfigurationError(file, [{ line: 1, column: 1, message: 'the routes are too large' }]);
  }
  return readYaml(routeDocument(destinations), text, file, environment, pipelines).value;
}

function readYaml<Schema extends z.ZodType<{ readonly routes: readonly RouteConfiguration[] }>>(
  schema: Schema,
  text: string,
  file: string,
  environment: Environment,
  pipelines: readonly KnownPipeline[] | undefined,
): {
  readonly value: z.output<Schema>;
  readonly document: Document.Parsed;
  /** Throws a ConfigurationError for problems that were found later, at their places. */
  refuse(found: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): void;
} {
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
  const raw: unknown = plainValue(document, lines, file) ?? {};
  const resolved = substitute(raw, environment, (path, message) =>
    problems.push({ ...locate(path), message }),
  );
  const result = schema.safeParse(resolved);
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(...describe(issue));
  } else if (pipelines !== undefined) {
    for (const { path, message } of pipelineProblems(result.data.routes, pipelines))
      problems.push({ ...locate(path), message: `${path.map(String).join('.')}: ${message}` });
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return {
    value: result.data,
    document,
    refuse(found) {
      if (found.length === 0) return;
      throw new ConfigurationError(
        file,
        found.map(({ path, message }) => ({
          ...locate(path),
          message: `${path.map(String).join('.')}: ${message}`,
        })),
      );
    },
  };

  function locate(path: readonly PropertyKey[]): { line: number; column: number } {
    // The nearest node that exists: a missing key is reported at the map that lacks it.
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return position(lines, node.range[0]);
    }
    return { line: 1, column: 1 };
  }

  function locateKey(path: readonly PropertyKey[], key: PropertyKey): { line: number; column: number } {
    const map = path.length > 0 ? document.getIn(path, true) : document.contents;
    const pair = isMap(map) ? map.items.find((item) => String(item.key) === String(key)) : undefined;
    const range = isNode(pair?.key) ? pair.key.range : undefined;
    return range ? position(lines, range[0]) : locate([...path, key]);
  }

  function describe(issue: z.core.$ZodIssue): Problem[] {
    const where = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...locateKey(issue.path, key),
        message: `${where}"${key}" is not a setting`,
      }));
    }
    const atKey = issue.code === 'custom' && issue.params?.at === AT_KEY.at;
    const place = atKey ? locateKey(issue.path.slice(0, -1), issue.path.at(-1)!) : locate(issue.path);
    return [{ ...place, message: `${where}${issue.message}` }];
  }
}

function substitute(
  node: unknown,
  environment: Environment,
  problem: (path: readonly PropertyKey[], message: string) => void,
  path: readonly PropertyKey[] = [],
): unknown {
  if (path.length > DEEPEST) {
    problem(path.slice(0, DEEPEST), `settings are nested at most ${DEEPEST} deep`);
    return null;
  }
  if (typeof node === 'string') {
    return node.replaceAll(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, variable: string) => {
      const found = environment[variable];
      if (found === undefined) problem(path, `the environment variable ${variable} is not set`);
      return found ?? whole;
    });
  }
  if (Array.isArray(node))
    return node.map((item, index) => substitute(item, environment, problem, [...path, index]));
  if (node !== null && typeof node === 'object') {
    return Object.fromEntries(
      Object.entries(node).map(([key, item]) => [
        key,
        substitute(item, environment, problem, [...path, key]),
      ]),
    );
  }
  return node;
}

function pipelineProblems(
  routes: readonly RouteConfiguration[],
  pipelines: readonly KnownPipeline[],
): { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  return routes.flatMap(({ run }, index) => {
    if (run === undefined) return [];
    const path = ['routes', index, 'run'];
    const pipeline = pipelines.find(({ name }) => name === run.pipeline);
    if (pipeline === undefined) {
      const known = pipelines.map(({ name }) => name).join(', ');
      return [
        {
          path: [...path, 'pipeline'],
          message: `there is no pipeline "${run.pipeline}"; there are: ${known}`,
        },
      ];
    }
    const parsed = pipeline.parameters.safeParse(run.parameters);
    if (parsed.success) return [];
    return parsed.error.issues.map((issue) => ({
      path: [...path, 'parameters', ...issue.path],
      message: issue.message,
    }));
  });
}

/** The values of a document. An alias may name nothing, or stand for too much: that shows only now. */
function plainValue(document: Document.Parsed, lines: LineCounter, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    let place = { line: 1, column: 1 };
    visit(document, {
      Alias(_, alias) {
        if (alias.range == null || alias.resolve(document) !== undefined) return undefined;
        place = position(lines, alias.range[0]);
        return visit.BREAK;
      },
    });
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(file, [{ ...place, message: message.slice(0, LONGEST_MESSAGE) }]);
  }
}

/** `routes` and `limits` as they stand in the text, comments inside them included. */
function routesTextOf(document: Document.Parsed, text: string): string {
  if (!isMap(document.contents)) return '';
  const parts = document.contents.items.flatMap((pair) => {
    const isPart = String(pair.key) === 'routes' || String(pair.key) === 'limits';
    const from = isNode(pair.key) ? pair.key.range?.[0] : undefined;
    const to = isNode(pair.value) ? pair.value.range?.[2] : undefined;
    return isPart && from !== undefined && to !== undefined ? [text.slice(from, to).trimEnd()] : [];
  });
  return parts.length === 0 ? '' : `${parts.join('\n')}\n`;
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/**
 * Reads and parses a file, and the certificates and keys that it names. `DATABASE_URL` in the environment wins over
 * the file.
 */
export async function loadConfiguration(
  file: string,
  environment: Environment = process.env,
  pipelines?: readonly KnownPipeline[],
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
  const tlsProblems: Check = (value) =>
    checkTlsFiles(value, new Date()).problems.map(({ path, code, message, remedy }) => ({
      path,
      message: `${code}: ${message}: ${remedy}`,
    }));
  return withEnvironment(parse(text, file, environment, pipelines, tlsProblems), environment);
}

/** The configuration of a node without a file. */
export function defaultConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  return withEnvironment({ ...configurationSchema.parse({}), routesText: '' }, environment);
}

function withEnvironment(
  configuration: Configuration,
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const url = environment.DATABASE_URL;
  return url === undefined || url === '' ? configuration : { ...configuration, database: { url } };
}
