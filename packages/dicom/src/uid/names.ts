import { uidNames } from '../data/generated/uids.ts';

let table: Map<string, readonly [string, string]> | undefined;

function entry(uid: string): readonly [string, string] | undefined {
  table ??= new Map(uidNames.map(([value, name, kind]) => [value, [name, kind]]));
  return table.get(uid);
}

/** Name of a registered UID, such as `CT Image Storage`. */
export function uidName(uid: string): string | undefined {
  return entry(uid)?.[0];
}

/** `SOP Class`, `Transfer Syntax`, … of a registered UID. */
export function uidKind(uid: string): string | undefined {
  return entry(uid)?.[1];
}
