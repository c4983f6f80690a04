import { parseConfiguration, parseRoutes } from '../../config/index.ts';
import { type FuzzTarget, observer } from './target.ts';

/** `photopeak.yaml` and the routes that the editor of the workspace sends. */
export const yamlTarget: FuzzTarget = {
  name: 'yaml',
  largestBytes: 64 * 1024,
  slowestCpuMs: 2_000,
  tokens: [
    '\n',
    '  ',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!binary ',
    '|\n',
    '>-\n',
    '? ',
    '---\n',
    '...\n',
    '#',
    '"',
    "'",
    '\u0024{HOME}',
    '\t',
    '__proto__: ',
    'routes: [',
    'all: [',
    'not: {',
    'matches: "(a+)+$"',
    '0x7fffffff',
    '1e999',
    '.nan',
    'null',
  ].map((text) => Buffer.from(text)),
  async open() {
    return {
      async play(bytes) {
        const { attempt, saw, summary } = observer(/^CONFIG_/);
        const text = Buffer.from(bytes).toString('utf8');
        attempt('file', () => parseConfiguration(text, 'fuzz.yaml', { HOME: 'x' }));
        attempt('routes', () => {
          const { routes } = parseRoutes(text, {
            destinations: [{ name: 'pacs', kind: 'dimse' }],
            file: 'fuzz.yaml',
            environment: {},
          });
          saw(`${Math.min(4, routes.length)} routes`);
        });
        return summary();
      },
      close: async () => undefined,
    };
  },
};
