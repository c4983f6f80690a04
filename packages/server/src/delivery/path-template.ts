import { type Dataset, isKeyword } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** A part of a path: names of other systems are short and plain. */
const LONGEST_PART = 96;

/**
 * Fills `{Keyword}` of a path template with values of an object. What a file system or a URL could misread becomes an
 * underscore; a value that is absent is `unknown`. A value can never lead out of the folder.
 * @throws PhotopeakError DELIVERY_TEMPLATE_INVALID for what is no keyword.
 */
export function fillTemplate(template: string, dataset: Dataset): string {
  const filled = template.replace(/\{([^{}]*)\}/g, (_, keyword: string) => {
    if (!isKeyword(keyword)) {
      throw new PhotopeakError('The path template of a destination names no attribute.', {
        code: 'DELIVERY_TEMPLATE_INVALID',
        expected: 'a keyword of PS3.6 in braces',
        found: keyword.slice(0, 64),
        remedy: 'Correct the template in the configuration.',
      });
    }
    return plain(dataset.text(keyword) ?? 'unknown');
  });
  return filled
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

function plain(value: string): string {
  const text = value
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .slice(0, LONGEST_PART);
  return /^\.*$/.test(text) ? 'unknown' : text;
}
