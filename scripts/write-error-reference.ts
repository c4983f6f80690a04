// Writes docs/errors.md from the sources: every error code, what it says and what to do.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A code in one of the forms the packages use: `code: 'X'`, a call `f('X', …)`, or a key of a catalogue. */
const CODE =
  /(?:code:\s*|[A-Za-z]*(?:Error|Refused|error|refused|problem|finding|notice)\(\s*)'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const CATALOGUE_KEY = /^ {2}([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): (\{[^}]*\}|'(?:[^'\\]|\\.)*')/gm;
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const REMEDY = /remedy:\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/;
const MESSAGE = /message:\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/;

interface Entry {
  meaning: string;
  remedy: string;
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(name);
    else if (/\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) yield name;
  }
}

const plain = (text: string): string =>
  text
    .replace(/\$\{[^}]*\}/g, '…')
    .replace(/\\(.)/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/\|/g, '\\|')
    .trim();

const CALL = ['(', ')'] as const;
const OBJECT = ['{', '}'] as const;

/** The text of the innermost call or object around a position: from its opening to its closing bracket. */
function enclosing(text: string, position: number, [open, close]: typeof CALL | typeof OBJECT): string {
  let depth = 0;
  let start = position;
  while (start > 0) {
    const character = text[start];
    if (character === close) depth += 1;
    if (character === open) {
      if (depth === 0) break;
      depth -= 1;
    }
    start -= 1;
  }
  depth = 0;
  for (let end = start; end < text.length; end++) {
    if (text[end] === open) depth += 1;
    if (text[end] === close) {
      depth -= 1;
      if (depth === 0) return text.slice(start, end + 1);
    }
  }
  return text.slice(start, start + 2000);
}

function sentences(call: string, code: string): Entry {
  const texts = [...call.matchAll(LITERAL)]
    .map((match) => plain(match[1] ?? match[2] ?? match[3] ?? ''))
    .filter((text) => text !== code && text.includes(' '));
  const remedy = REMEDY.exec(call);
  const isPositional = /^\(\s*'/.test(call) && remedy === null;
  return {
    meaning: texts[0] ?? '',
    remedy:
      remedy === null ? (isPositional && texts.length > 1 ? (texts.at(-1) ?? '') : '') : literal(remedy),
  };
}

const literal = (match: RegExpExecArray | null): string =>
  plain(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');

const findingSentences = (finding: string): Entry => ({
  meaning: literal(MESSAGE.exec(finding)),
  remedy: literal(REMEDY.exec(finding)),
});

function collect(): Map<string, Map<string, Entry>> {
  const byPackage = new Map<string, Map<string, Entry>>();
  for (const name of readdirSync(path.join(root, 'packages')).sort()) {
    if (name === 'testing') continue;
    const entries = new Map<string, Entry>();
    const add = (code: string, entry: Entry) => {
      const known = entries.get(code);
      entries.set(code, { meaning: known?.meaning || entry.meaning, remedy: known?.remedy || entry.remedy });
    };
    const files = [...sources(path.join(root, 'packages', name, 'src'))].sort();
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    // Catalogues first: what they say of a code goes before what a single place says.
    for (const text of texts) {
      for (const match of text.matchAll(CATALOGUE_KEY)) {
        const body = match[2] ?? '';
        const part = (key: string) =>
          new RegExp(`${key}:\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|"([^"]*)")`, 's').exec(body);
        const meaning = body.startsWith('{') ? part('(?:meaning|message|text)') : [null, body.slice(1, -1)];
        const remedy = body.startsWith('{') ? part('remedy') : null;
        const says = plain(meaning?.[1] ?? meaning?.[2] ?? '');
        if (says.includes(' '))
          add(match[1] ?? '', { meaning: says, remedy: plain(remedy?.[1] ?? remedy?.[2] ?? '') });
      }
    }
    for (const text of texts) {
      for (const match of text.matchAll(CODE)) {
        const code = match[1] ?? '';
        const isCall = !match[0].startsWith('code');
        const at = isCall ? match.index + match[0].length - 1 : match.index;
        // A finding is an object with a message of its own, and may stand in no call at all.
        const finding = isCall ? '' : enclosing(text, at, OBJECT);
        const isFinding = MESSAGE.test(finding);
        add(code, isFinding ? findingSentences(finding) : sentences(enclosing(text, at, CALL), code));
      }
    }
    if (entries.size > 0) byPackage.set(name, entries);
  }
  return byPackage;
}

const lines = [
  '# Errors',
  'Every error has a code, says what was expected and what was found, where, and what to do. `…` stands for a value.',
  'This page is written from the sources by `node scripts/write-error-reference.ts`.',
];
for (const [name, entries] of collect()) {
  lines.push('', `## ${name}`, '| code | what it says | what to do |', '|---|---|---|');
  for (const [code, { meaning, remedy }] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`| \`${code}\` | ${meaning} | ${remedy} |`);
  }
}
writeFileSync(path.join(root, 'docs', 'errors.md'), `${lines.join('\n')}\n`);
