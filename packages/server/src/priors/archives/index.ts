import type { ImageArchive } from '../../config/index.ts';
import type { IntakeSink } from '../../intake/sink.ts';
import type { PriorArchive } from './archive.ts';
import { dicomwebArchive } from './dicomweb.ts';
import { dimseArchive } from './dimse.ts';

export type { PriorArchive, WantedInstance } from './archive.ts';

export function openArchiveOf(
  settings: ImageArchive,
  options: { readonly aeTitle: string; readonly sink: IntakeSink },
): PriorArchive {
  return settings.kind === 'dimse' ? dimseArchive(settings, options) : dicomwebArchive(settings, options);
}
