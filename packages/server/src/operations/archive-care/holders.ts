import type { Configuration, DestinationConfiguration, ImageArchive } from '../../config/index.ts';

/** What is known of where an instance came from and where it went. */
export interface Whereabouts {
  readonly callingAeTitle: string | undefined;
  /** Destinations that acknowledged it. */
  readonly acknowledgedBy: readonly string[];
  /** Archives from which its study was fetched. */
  readonly fetchedFrom: readonly string[];
}

/**
 * Systems of the configuration that should have an instance, the likeliest first: destinations that acknowledged it,
 * the archive it was fetched from, the archive behind its sender. A destination of images is asked at the address at
 * which it takes them, unless `archives` has a better entry for it (C-MOVE, another port).
 */
export function holdersOf(
  configuration: Pick<Configuration, 'destinations' | 'archives' | 'studies'>,
  { callingAeTitle, acknowledgedBy, fetchedFrom }: Whereabouts,
): ImageArchive[] {
  const { destinations, archives, studies } = configuration;
  const behind = studies.askSource
    .filter(({ aeTitle }) => aeTitle === callingAeTitle)
    .map(({ archive }) => archive);
  const found = [
    ...destinations
      .filter(({ name }) => acknowledgedBy.includes(name))
      .flatMap((destination) => asArchive(destination, archives) ?? []),
    ...archives.filter(({ name }) => fetchedFrom.includes(name) || behind.includes(name)),
    ...archives.filter((archive) => archive.kind === 'dimse' && archive.aeTitle === callingAeTitle),
  ];
  return [...new Map(found.map((archive) => [archive.name, archive])).values()];
}

const ONE_AT_A_TIME = { concurrent: 1, perHour: 60 } as const;

function asArchive(
  destination: DestinationConfiguration,
  archives: readonly ImageArchive[],
): ImageArchive | undefined {
  if (destination.kind === 'dimse' && destination.deidentify === undefined) {
    const { name, aeTitle, host, port, tls, user } = destination;
    return (
      archives.find(
        (entry) => entry.kind === 'dimse' && entry.aeTitle === aeTitle && entry.host === host,
      ) ?? {
        kind: 'dimse',
        name,
        aeTitle,
        host,
        port,
        tls,
        user,
        retrieve: 'get',
        ...ONE_AT_A_TIME,
      }
    );
  }
  if (destination.kind === 'stow' && destination.deidentify === undefined) {
    const { name, url, username, password, token } = destination;
    return (
      archives.find((entry) => entry.kind === 'dicomweb' && entry.url === url) ?? {
        kind: 'dicomweb',
        name,
        url,
        username,
        password,
        token,
        ...ONE_AT_A_TIME,
      }
    );
  }
  return undefined;
}
