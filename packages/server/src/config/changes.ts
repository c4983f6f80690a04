import { type Configuration, isLoopback } from './schema.ts';

/**
 * Settings that a running node takes over from a changed file, as `section` or `section.setting`. All others count at
 * its next start: addresses, keys, the database, the archive, workers.
 */
export const LIVE_SETTINGS: ReadonlySet<string> = new Set([
  'alerts.webhooks',
  'alignment',
  'archives',
  'delivery',
  'destinations',
  'hl7.application',
  'hl7.facility',
  'hl7.keepDays',
  'hl7.matchHours',
  'hl7.patientIdIssuer',
  'hl7.processingIds',
  'hl7.senders',
  'limits',
  'priors',
  'protocolSuggestions',
  'routes',
  'security.sessionHours',
  'security.tokens',
  'sources',
  'studies',
  'taskLists',
  'worklists',
]);

type Section = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The settings in which two configurations differ, as in `LIVE_SETTINGS`. */
export function changedSettings(before: Configuration, after: Configuration): string[] {
  const { routesText: _, ...settings } = after;
  return Object.entries(settings as Section).flatMap(([name, value]) => {
    const old = (before as Section)[name];
    if (JSON.stringify(old) === JSON.stringify(value)) return [];
    if (LIVE_SETTINGS.has(name) || !isSection(value) || !isSection(old)) return [name];
    return [...new Set([...Object.keys(old), ...Object.keys(value)])]
      .filter((key) => JSON.stringify(old[key]) !== JSON.stringify(value[key]))
      .map((key) => `${name}.${key}`);
  });
}

/**
 * What a running node does with a changed file: the live settings of the file, the others as it was started. A list
 * of who may send is not emptied while the listener that it guards is open to other machines.
 */
export function inForce(started: Configuration, file: Configuration): Configuration {
  const merged = Object.fromEntries(
    Object.entries(started as unknown as Section).map(([name, value]) => {
      const next = (file as unknown as Section)[name];
      if (LIVE_SETTINGS.has(name)) return [name, next];
      if (!isSection(value) || !isSection(next)) return [name, value];
      const live = Object.entries(next).filter(([key]) => LIVE_SETTINGS.has(`${name}.${key}`));
      return [name, { ...value, ...Object.fromEntries(live) }];
    }),
  ) as unknown as Configuration;
  const { dicom, hl7 } = started;
  const opensDicom =
    dicom.enabled && !isLoopback(dicom.host) && !file.sources.some(({ kind }) => kind === 'dimse');
  const opensHl7 = hl7.enabled && !isLoopback(hl7.host) && file.hl7.senders.length === 0;
  return {
    ...merged,
    ...(opensDicom ? { sources: started.sources } : {}),
    ...(opensHl7 ? { hl7: { ...merged.hl7, senders: hl7.senders } } : {}),
  };
}
