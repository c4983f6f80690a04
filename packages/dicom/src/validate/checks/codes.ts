import { PHOTOPEAK_SCHEME } from '../../codes/index.ts';
import { type Dataset, keywordOf, Tag } from '../../data/index.ts';
import { hexTag } from '../../errors/index.ts';
import type { Report } from '../problem.ts';

const SECTION = 'PS3.3 section 8 Basic Coded Entry Attributes';

/** Sequences whose items have coding attributes without being codes. */
const notCodes = new Set([Tag.CodingSchemeIdentificationSequence]);

const isCode = (item: Dataset) =>
  item.has('CodeValue') || item.has('LongCodeValue') || item.has('URNCodeValue') || item.has('CodeMeaning');

function checkCode(item: Dataset, where: string, report: Report): void {
  const values = ['CodeValue', 'LongCodeValue', 'URNCodeValue'] as const;
  const given = values.filter((keyword) => item.text(keyword) !== undefined);
  if (given.length !== 1) {
    const message = given.length === 0 ? 'the code has no value' : 'the code has more than one kind of value';
    report({ code: 'CODE_INCOMPLETE', where, message, section: SECTION });
  }
  if (item.text('CodingSchemeDesignator') === undefined && item.text('URNCodeValue') === undefined) {
    report({ code: 'CODE_INCOMPLETE', where, message: 'the code has no scheme', section: SECTION });
  }
  if (item.text('CodeMeaning') === undefined) {
    report({ code: 'CODE_INCOMPLETE', where, message: 'the code has no meaning', section: SECTION });
  }
}

/** Schemes that begin with 99 are private (PS3.16 section 8.2) and tell nothing unless declared. */
function checkScheme(item: Dataset, declared: ReadonlySet<string>, where: string, report: Report): void {
  const scheme = item.text('CodingSchemeDesignator');
  if (scheme === undefined) return;
  const isRetired = scheme === 'SRT' || scheme === 'SNM3' || scheme === '99SDM';
  if (scheme.startsWith('99') && !isRetired && !declared.has(scheme)) {
    report({
      code: 'CODE_SCHEME_UNDECLARED',
      severity: scheme === PHOTOPEAK_SCHEME ? 'error' : 'warning',
      where,
      message: `the private coding scheme ${scheme} is not declared in (0008,0110)`,
      section: 'PS3.3 C.12.1 Coding Scheme Identification Sequence',
    });
  }
  if (isRetired) {
    report({
      code: 'CODE_INCOMPLETE',
      severity: 'warning',
      where,
      message: `the scheme ${scheme} is retired; SCT takes its place`,
      section: 'PS3.16 section 8.1',
    });
  }
}

/** Every code at any depth has value, scheme and meaning; private schemes are declared. */
export function checkCodes(object: Dataset, report: Report): void {
  const declared = new Set(
    object
      .items('CodingSchemeIdentificationSequence')
      .flatMap((item) => item.text('CodingSchemeDesignator') ?? []),
  );
  const visit = (dataset: Dataset, path: string) => {
    for (const element of dataset) {
      if (element.vr !== 'SQ' || notCodes.has(element.tag)) continue;
      for (const [index, item] of element.items().entries()) {
        const where = `${path}${nameOf(element.tag)}[${index + 1}]`;
        if (isCode(item)) {
          checkCode(item, where, report);
          checkScheme(item, declared, where, report);
        }
        visit(item, `${where}.`);
      }
    }
  };
  visit(object, '');
}

const nameOf = (tag: number) => keywordOf(tag) ?? hexTag(tag);
