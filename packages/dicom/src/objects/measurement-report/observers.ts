import { type Code, dcm } from '../../codes/index.ts';
import { type ContentItem, codeValue, textValue, uidValue } from '../sr/index.ts';
import type { Observer } from './content.ts';

/** Observation context, TID 1002 to 1004. */
export function observerItems(observer: Observer): readonly ContentItem[] {
  const context = 'HAS OBS CONTEXT';
  if (observer.kind === 'person') {
    return [
      codeValue(context, dcm.observerType, dcm.person),
      textValue(context, dcm.personObserverName, observer.name, 'PNAME'),
      ...(observer.organization === undefined
        ? []
        : [textValue(context, dcm.personObserverOrganization, observer.organization)]),
    ];
  }
  const texts: readonly (readonly [Code, string | undefined])[] = [
    [dcm.deviceObserverName, observer.name],
    [dcm.deviceObserverManufacturer, observer.manufacturer],
    [dcm.deviceObserverModelName, observer.model],
    [dcm.deviceObserverSerialNumber, observer.serialNumber],
  ];
  return [
    codeValue(context, dcm.observerType, dcm.device),
    uidValue(context, dcm.deviceObserverUid, observer.uid),
    ...texts.flatMap(([name, value]) => (value === undefined ? [] : [textValue(context, name, value)])),
  ];
}
