import type { Code } from '../../codes/index.ts';
import { Dataset, type Keyword } from '../../data/index.ts';

/** Longest Code Value (0008,0100); longer ones go to Long Code Value (0008,0119), PS3.3 section 8.1. */
const CODE_VALUE_LIMIT = 16;

/** A code as the item of a code sequence: Basic Coded Entry Attributes, PS3.3 Table 8.8-1. */
export function codeItem(code: Code): Dataset {
  const isLong = code.value.length > CODE_VALUE_LIMIT;
  return Dataset.of({
    ...(isLong ? { LongCodeValue: code.value } : { CodeValue: code.value }),
    CodingSchemeDesignator: code.scheme,
    CodeMeaning: code.meaning,
  });
}

/** Reads one item of a code sequence; undefined without a value. A missing meaning is shown as the value. */
export function readCodeItem(item: Dataset | undefined): Code | undefined {
  const value = item?.text('CodeValue') ?? item?.text('LongCodeValue') ?? item?.text('URNCodeValue');
  if (item === undefined || value === undefined) return undefined;
  return {
    value,
    scheme: item.text('CodingSchemeDesignator') ?? '',
    meaning: item.text('CodeMeaning') ?? value,
  };
}

/** The first code of a sequence. */
export function readCode(dataset: Dataset, keyword: Keyword): Code | undefined {
  return readCodeItem(dataset.item(keyword));
}

/** All codes of a sequence. */
export function readCodes(dataset: Dataset, keyword: Keyword): readonly Code[] {
  return dataset
    .items(keyword)
    .map(readCodeItem)
    .filter((code) => code !== undefined);
}
