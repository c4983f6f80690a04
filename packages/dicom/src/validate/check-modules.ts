import type { Dataset } from '../data/index.ts';
import type { Report } from './problem.ts';
import type { Module, Rule } from './rule.ts';

interface Place {
  readonly root: Dataset;
  readonly path: string;
  readonly section: string;
  readonly report: Report;
}

/** True for values by position, false for one list for all values. */
const isByPosition = (
  values: NonNullable<Rule['values']>,
): values is readonly (readonly string[] | undefined)[] => values.some((value) => typeof value !== 'string');

function checkValues(item: Dataset, rule: Rule, where: string, { section, report }: Place): void {
  if (rule.values === undefined) return;
  for (const [index, value] of item.texts(rule.keyword).entries()) {
    const allowed = isByPosition(rule.values) ? rule.values[index] : rule.values;
    const text = value.trim();
    if (
      allowed === undefined ||
      (text === '' && rule.type.startsWith('2')) ||
      (allowed as readonly string[]).includes(text)
    ) {
      continue;
    }
    report({
      code: 'VALUE_NOT_ENUMERATED',
      where,
      message: `value ${index + 1} must ${allowed.length === 0 ? 'not be there' : `be one of ${allowed.join(', ')}`}`,
      section,
    });
  }
}

function checkItems(item: Dataset, rule: Rule, where: string, place: Place): void {
  const items = item.items(rule.keyword);
  const { least = 0, most = Infinity } = rule.count ?? {};
  // An empty sequence of type 2 is complete; one of type 1 is reported as empty.
  if (items.length > 0 && (items.length < least || items.length > most)) {
    place.report({
      code: 'VALUE_MULTIPLICITY',
      where,
      message: `has ${items.length} items, must have ${most === Infinity ? `at least ${least}` : `${least} to ${most}`}`,
      section: place.section,
    });
  }
  for (const [index, child] of items.entries()) {
    checkRules(child, rule.items ?? [], { ...place, path: `${where}[${index + 1}].` });
  }
}

function isRequired(item: Dataset, rule: Rule, root: Dataset): boolean {
  if (rule.type === '1' || rule.type === '2') return true;
  return rule.type !== '3' && rule.condition?.holds(item, root) === true;
}

function checkRules(item: Dataset, rules: readonly Rule[], place: Place): void {
  for (const rule of rules) {
    const where = `${place.path}${rule.keyword}`;
    const element = item.element(rule.keyword);
    const reason = rule.condition === undefined ? '' : `, because ${rule.condition.text}`;
    if (element === undefined) {
      if (isRequired(item, rule, place.root)) {
        place.report({
          code: 'ATTRIBUTE_MISSING',
          where,
          message: `type ${rule.type} attribute is absent${reason}`,
          section: place.section,
        });
      }
      continue;
    }
    if (element.isEmpty && rule.type.startsWith('1')) {
      place.report({
        code: 'ATTRIBUTE_EMPTY',
        where,
        message: `type ${rule.type} attribute has no value`,
        section: place.section,
      });
    }
    checkValues(item, rule, where, place);
    if (rule.items !== undefined || rule.count !== undefined) checkItems(item, rule, where, place);
  }
}

/** Checks presence, values and items of the attributes of a module. */
export function checkModule(object: Dataset, module: Module, report: Report): void {
  checkRules(object, module.rules, {
    root: object,
    path: '',
    section: `PS3.3 ${module.section} ${module.name}`,
    report,
  });
}
