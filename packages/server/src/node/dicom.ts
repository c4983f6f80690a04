import {
  type AllowedPeer,
  type AssociationInfo,
  type DimseServer,
  type Service,
  STORAGE_COMMITMENT,
  VERIFICATION,
} from '@photopeak/dimse';
import { commitmentReportService } from '../delivery/commitment/index.ts';
import { dicomServices, mayAsk } from '../dicom-services/index.ts';
import { commitmentService } from '../intake/commitment/index.ts';
import { startDimseIntake } from '../intake/dimse/index.ts';
import { evidenceServices } from '../intake/evidence/index.ts';
import { serverTls } from '../network/index.ts';
import type { NodeContext } from './context.ts';
import { listening } from './listen-errors.ts';

/** Where the node is reached by DICOM. */
export interface DicomAddress {
  readonly aeTitle: string;
  readonly host: string;
  /** The plain port; that of TLS where the node listens over TLS alone. */
  readonly port: number;
  /** The port over TLS. */
  readonly tlsPort?: number;
}

export interface DicomListeners {
  address(): DicomAddress;
  close(): Promise<void>;
}

/** The DICOM listeners of the configuration: plain, over TLS, or both, with the same services behind them. */
export async function startDicom(
  context: NodeContext,
  onCommitmentRequest: () => void,
): Promise<DicomListeners> {
  const { configuration, sink, log } = context;
  const { dicom } = configuration;
  const options = {
    sink,
    aeTitles: [dicom.aeTitle],
    // Asked at each association: the sources may change while the node runs.
    peers: () => allowedPeers(context),
    host: dicom.host,
    maxAssociations: dicom.maximumAssociations,
    maxAssociationsPerAddress: dicom.maximumAssociationsPerAddress,
    mayStore: (association: AssociationInfo) => mayAsk(configuration, association, 'store'),
    services: offeredServices(context, onCommitmentRequest),
    onEvent: (event: object) => log.debug({ dimse: event }, 'association'),
  };
  const { tls } = dicom;
  const servers: DimseServer[] = [];
  try {
    if (tls?.only !== true) {
      const { host, port } = dicom;
      servers.push(await listening('dicom.port', dicom, () => startDimseIntake({ ...options, host, port })));
    }
    if (tls !== undefined) {
      const { port } = tls;
      const place = { host: dicom.host, port };
      servers.push(
        await listening('dicom.tls.port', place, () =>
          startDimseIntake({ ...options, port, tls: serverTls(tls) }),
        ),
      );
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close(0)));
    throw error;
  }
  const [first] = servers;
  return {
    address: () => ({
      aeTitle: dicom.aeTitle,
      host: first!.host,
      port: first!.port,
      ...(tls === undefined ? {} : { tlsPort: servers.at(-1)!.port }),
    }),
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Everything besides C-ECHO and C-STORE. */
export function offeredServices(context: NodeContext, onCommitmentRequest: () => void): Service[] {
  return [
    ...evidenceServices(context.db),
    commitmentService({ ...context, onRequest: onCommitmentRequest }),
    commitmentReportService({ ...context, arrivals: context.commitmentArrivals }),
    ...dicomServices(context),
  ];
}

/** Who may call: the sources, or anybody who reaches a loopback address where none is named. */
function allowedPeers({ configuration }: NodeContext): AllowedPeer[] | 'any' {
  const named = configuration.sources.flatMap((source) => (source.kind === 'dimse' ? [source] : []));
  if (named.length === 0) return 'any';
  const reporters = configuration.destinations.flatMap((destination) => {
    if (destination.kind !== 'dimse' || destination.commitment === false) return [];
    return [destination.commitment.reportsFrom ?? destination.aeTitle];
  });
  return [
    ...named.map(({ aeTitle, address, certificates }) => ({
      aeTitle,
      ...(address === undefined ? {} : { addresses: [address] }),
      ...(certificates === undefined ? {} : { certificates }),
    })),
    // Whoever is asked for storage commitment may bring its report, and do nothing else.
    ...reporters.map((aeTitle) => ({ aeTitle, abstractSyntaxes: [STORAGE_COMMITMENT, VERIFICATION] })),
  ];
}
