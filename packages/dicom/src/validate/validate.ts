import { type Dataset, isKeyword } from '../data/index.ts';
import { checkModule } from './check-modules.ts';
import { checkValues } from './check-values.ts';
import { checkCodes } from './checks/codes.ts';
import type { Problem, Report } from './problem.ts';
import { sopClassRules } from './sop-classes.ts';

export interface ValidateOptions {
  /**
   * The source image that a result took attributes over from. A problem of an attribute that is the same in the
   * source becomes a warning: we add results beside originals, and do not invent what these lack.
   */
  readonly inheritedFrom?: Dataset;
}

/** The top level attribute of a path such as `SegmentSequence[2].SegmentLabel`. */
const topLevel = (where: string) => /^[A-Za-z0-9]+/.exec(where)?.[0] ?? '';

function isInherited(object: Dataset, source: Dataset, where: string): boolean {
  const keyword = topLevel(where);
  if (!isKeyword(keyword)) return false;
  const [mine, theirs] = [object.element(keyword), source.element(keyword)];
  if (mine === undefined || theirs === undefined) return mine === theirs;
  if (mine.vr === 'SQ') return theirs.vr === 'SQ' && mine.items().length === theirs.items().length;
  return mine.texts().join('\\') === theirs.texts().join('\\');
}

/**
 * Checks an object against the module tables of its SOP class, the templates of its content, and the forms of its
 * values. Without problems of severity `error` the object may leave. Sites have no dciodvfy; this finds what that
 * finds in the objects we write, and the rules of TID 1500 besides.
 */
export function validate(object: Dataset, options: ValidateOptions = {}): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (problem) => {
    const severity = problem.severity ?? 'error';
    const inherited =
      severity === 'error' &&
      options.inheritedFrom !== undefined &&
      isInherited(object, options.inheritedFrom, problem.where);
    problems.push(
      inherited
        ? { ...problem, severity: 'warning', message: `${problem.message} (as in the source)` }
        : { ...problem, severity },
    );
  };
  checkValues(object, report);
  checkCodes(object, report);
  const rules = sopClassRules[object.text('SOPClassUID') ?? ''];
  if (rules === undefined) {
    report({
      code: 'SOP_CLASS_UNKNOWN',
      severity: 'warning',
      where: 'SOPClassUID',
      message: 'no rules are known for this SOP class; only general ones were checked',
      section: 'PS3.4 Annex B',
    });
    return problems;
  }
  for (const module of rules.modules) checkModule(object, module, report);
  for (const check of rules.checks) check(object, report);
  return problems;
}

/** The problems that keep an object from leaving. */
export function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((problem) => problem.severity === 'error');
}
