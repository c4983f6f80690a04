import { type Code, sameCode } from '../../codes/index.ts';
import type { ContentItem, ItemOf, ValueType } from './content-item.ts';

/** Children of one value type and, if given, one concept name; synonyms of the name are recognised. */
export function childrenOf<T extends ValueType>(
  item: ContentItem,
  type: T | readonly T[],
  ...names: readonly Code[]
): readonly ItemOf<T>[] {
  const types: readonly ValueType[] = Array.isArray(type) ? type : [type as T];
  return item.children.filter(
    (child): child is ItemOf<T> =>
      types.includes(child.type) && (names.length === 0 || names.some((name) => sameCode(child.name, name))),
  );
}

export function childOf<T extends ValueType>(
  item: ContentItem,
  type: T | readonly T[],
  ...names: readonly Code[]
): ItemOf<T> | undefined {
  return childrenOf(item, type, ...names)[0];
}

/** Every item of the tree, depth first, with its 1-based position from the root such as `1.4.2`. */
export function* walk(
  item: ContentItem,
  position = '1',
  parent?: ContentItem,
): Generator<{
  readonly item: ContentItem;
  readonly position: string;
  readonly parent: ContentItem | undefined;
}> {
  yield { item, position, parent };
  for (const [index, child] of item.children.entries()) yield* walk(child, `${position}.${index + 1}`, item);
}
