import { ECHO_CONTEXT, echo, STATUS, statusText } from '@photopeak/dimse';
import type { Command } from 'commander';
import { identityOf, type PeerArguments, peerOf, withAssociation, withPeerOptions } from '../peer/index.ts';
import { EXIT } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

export function addEchoCommand(program: Command): void {
  withPeerOptions(program.command('echo').description('ask a DICOM peer whether it is there (C-ECHO)'))
    .argument('<peer>', 'TITLE@HOST:PORT, such as PACS@10.0.0.5:104')
    .addHelpText(
      'after',
      '\nExit codes: 0 it answered, 2 it could not be reached or refused, 3 it answered a failure.',
    )
    .action((text: string, options: PeerArguments) =>
      runCommand(
        async () => {
          const peer = await peerOf(text, options);
          const start = performance.now();
          const result = await withAssociation(
            peer,
            { contexts: [ECHO_CONTEXT], ...identityOf(options) },
            async (association) => {
              const status = await echo(association);
              return { status, info: association.info, milliseconds: performance.now() - start };
            },
          );
          const { status, info, milliseconds } = result;
          const summary = {
            peer: `${peer.calledAeTitle}@${peer.host}:${peer.port}`,
            status: statusText(status),
            milliseconds: Math.round(milliseconds),
            encrypted: info.isEncrypted,
            implementation: info.peerImplementationVersionName ?? info.peerImplementationClassUid,
            maximumPduLength: info.peerMaxPduLength,
          };
          if (options.json === true) console.log(JSON.stringify(summary, null, 2));
          else {
            console.log(
              `${summary.peer} answers ${summary.status} after ${summary.milliseconds} ms${summary.encrypted ? ', encrypted' : ''} (${summary.implementation}, PDU ${summary.maximumPduLength})`,
            );
          }
          return status === STATUS.success ? EXIT.ok : EXIT.partial;
        },
        { json: options.json === true },
      ),
    );
}
