import path from 'node:path';
import { enhancementHangingProtocol } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, oneOf } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';
import { writeFiles } from './write-files.ts';

const MODALITIES = ['CT', 'MR', 'PT', 'NM', 'US'] as const;

export function addHangingProtocolCommand(program: Command): void {
  program
    .command('hanging-protocol')
    .description(
      'a DICOM Hanging Protocol for viewers: originals left, enhanced series right, scrolled together',
    )
    .option('--modality <codes...>', `${MODALITIES.join(', ')} (default: CT MR PT)`)
    .option('--out <file>', 'the object', 'enhanced-beside-original.dcm')
    .addHelpText('after', '\nStore it in the PACS (photopeak send) or load it into the viewer, once.')
    .action((options: { readonly modality?: readonly string[]; readonly out: string }) =>
      runCommand(async () => {
        const wanted = options.modality ?? ['CT', 'MR', 'PT'];
        const modalities = wanted.map((code) => oneOf(code.toUpperCase(), MODALITIES, '--modality'));
        const { dir, base } = path.parse(options.out);
        const file = { fileName: base, bytes: enhancementHangingProtocol(modalities) };
        const [written] = await writeFiles(dir === '' ? '.' : dir, [file]);
        console.log(`hanging protocol for ${modalities.join(', ')}: ${written}`);
        return EXIT.ok;
      }),
    );
}
