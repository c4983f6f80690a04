export { type CharacterSet, characterSetOf, defaultCharacterSet, utf8 } from './character-set.ts';
export { decodeIso2022 } from './iso2022.ts';
