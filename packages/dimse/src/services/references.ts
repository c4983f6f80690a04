import type { Attribute, DataSetReader } from '../data-set/index.ts';

/** An instance as it is referred to: SOP Instance Reference Macro, PS3.3 table 10-11. */
export interface InstanceReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

export const REFERENCED_SOP_CLASS = 0x00081150;
export const REFERENCED_SOP_INSTANCE = 0x00081155;
export const REFERENCED_SOP_SEQUENCE = 0x00081199;
export const TRANSACTION_UID = 0x00081195;

export const referenceItem = ({ sopClassUid, sopInstanceUid }: InstanceReference): Attribute[] => [
  { tag: REFERENCED_SOP_CLASS, vr: 'UI', value: sopClassUid },
  { tag: REFERENCED_SOP_INSTANCE, vr: 'UI', value: sopInstanceUid },
];

export const referenceOf = (item: DataSetReader): InstanceReference => ({
  sopClassUid: item.text(REFERENCED_SOP_CLASS) ?? '',
  sopInstanceUid: item.text(REFERENCED_SOP_INSTANCE) ?? '',
});
