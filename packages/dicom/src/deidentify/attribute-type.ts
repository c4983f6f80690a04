import { type Dataset, keywordOf } from '../data/index.ts';
import type { Rule } from '../validate/rule.ts';
import { sopClassRules } from '../validate/sop-classes.ts';

/** The rows that hold for one data set: of the IOD, or of the items of a sequence in it; undefined if not known. */
export type Rules = ReadonlyMap<string, Rule> | undefined;

const known = new Map<string, Rules>();

/** The attributes of an IOD by keyword. The strictest row wins where modules name an attribute twice. */
export function rulesOf(dataset: Dataset): Rules {
  const sopClass = dataset.text('SOPClassUID') ?? '';
  if (!known.has(sopClass)) {
    const modules = sopClassRules[sopClass]?.modules;
    known.set(sopClass, modules === undefined ? undefined : strictest(modules.flatMap(({ rules }) => rules)));
  }
  return known.get(sopClass);
}

function strictest(rules: readonly Rule[]): Map<string, Rule> {
  const table = new Map<string, Rule>();
  for (const rule of rules) {
    const other = table.get(rule.keyword);
    if (other === undefined || rule.type < other.type) table.set(rule.keyword, rule);
  }
  return table;
}

export function itemRules(rules: Rules, tag: number): Rules {
  const items = rules?.get(keywordOf(tag) ?? '')?.items;
  return items === undefined ? undefined : strictest(items);
}

/** How much of an attribute its IOD needs: a value (types 1 and 1C), its presence (2, 2C), or nothing (3). */
export function needOf(rules: Rules, tag: number): 'value' | 'presence' | 'nothing' | 'unknown' {
  const type = rules?.get(keywordOf(tag) ?? '')?.type;
  if (type === undefined) return 'unknown';
  if (type.startsWith('1')) return 'value';
  return type.startsWith('2') ? 'presence' : 'nothing';
}
