import { PhotopeakError } from '@photopeak/imaging';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { type ModelManifest, modelManifest } from './schema.ts';

/** A manifest is written by hand; anything larger is not one. */
const LARGEST_BYTES = 1024 * 1024;
const DEEPEST = 32;
const MOST_PROBLEMS = 20;

/** Everything that is wrong with a `model.yaml`, each as `file:line:column message`. */
export class ManifestError extends PhotopeakError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('the description of the model cannot be used', {
      code: 'MODEL_MANIFEST_INVALID',
      found: problems.slice(0, MOST_PROBLEMS).join('; '),
      remedy:
        'correct the lines named above; docs/models.md describes model.yaml, and editors know its schema',
    });
    this.name = 'ManifestError';
    this.problems = problems;
  }
}

/**
 * Reads the text of a `model.yaml`, with every default filled in.
 * @throws ManifestError with all problems, each at its line and column.
 */
export function parseManifest(text: string, file = 'model.yaml'): ModelManifest {
  if (text.length > LARGEST_BYTES) {
    throw new ManifestError([`${file}:1:1 larger than ${LARGEST_BYTES} bytes`]);
  }
  const lines = new LineCounter();
  const at = (offset: number | undefined, message: string) => {
    // Lines are counted while the document is parsed.
    const { line, col } = lines.linePos(offset ?? 0) ?? { line: 0, col: 0 };
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)} ${message}`;
  };
  // Before the parser, whose own stack ends first.
  const deep = deepBracket(text);
  if (deep >= 0) throw new ManifestError([at(deep, `nested more than ${DEEPEST} deep`)]);
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ManifestError(
      document.errors.map((error) => at(error.pos[0], error.message.split('\n')[0] ?? '')),
    );
  }
  refuseDepth(document, (offset, message) => new ManifestError([at(offset, message)]));
  // Without aliases: a manifest needs none, and a few of them can stand for gigabytes.
  const parsed = modelManifest.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return parsed.data;
  throw new ManifestError(
    parsed.error.issues.map((issue) => {
      const where = issue.path.map(String).join('.');
      return at(placeOf(document, issue.path), where === '' ? issue.message : `${where}: ${issue.message}`);
    }),
  );
}

function refuseDepth(
  document: Document.Parsed,
  refuse: (offset: number | undefined, message: string) => Error,
): void {
  visit(document, {
    Node(_, node, path) {
      if (path.length > 2 * DEEPEST) throw refuse(node.range?.[0], `nested more than ${DEEPEST} deep`);
    },
    Alias(_, alias) {
      throw refuse(alias.range?.[0], 'aliases are not allowed');
    },
  });
}

/** Offset of the nearest node that exists: a missing key is told at the map that lacks it. */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return undefined;
}

/** Where brackets first stand deeper in brackets than a person writes; −1 where they do not. */
function deepBracket(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > DEEPEST) return at;
  }
  return -1;
}
