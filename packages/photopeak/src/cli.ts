import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT } from './terminal/index.ts';

type AddCommand = (program: Command) => void;

/** By the first word of the command line; only what is called is loaded. */
const COMMANDS: Record<string, () => Promise<AddCommand>> = {
  run: async () => (await import('./commands/run.ts')).addRunCommand,
  enhance: async () => (await import('./commands/enhance.ts')).addEnhanceCommand,
  combat: async () => (await import('./commands/combat.ts')).addCombatCommand,
  'hanging-protocol': async () => (await import('./commands/hanging-protocol.ts')).addHangingProtocolCommand,
  'learn-landmarks': async () => (await import('./commands/learn-landmarks.ts')).addLearnLandmarksCommand,
  'simulate-dose': async () => (await import('./commands/simulate-dose.ts')).addSimulateDoseCommand,
  inspect: async () => (await import('./commands/inspect.ts')).addInspectCommand,
  anatomy: async () => (await import('./commands/anatomy.ts')).addAnatomyCommand,
  measure: async () => (await import('./commands/measure.ts')).addMeasureCommand,
  register: async () => (await import('./commands/register.ts')).addRegisterCommand,
  reconstruct: async () => (await import('./commands/reconstruct.ts')).addReconstructCommand,
  lesions: async () => (await import('./commands/lesions.ts')).addLesionsCommands,
  dvh: async () => (await import('./commands/dvh.ts')).addDvhCommand,
  contours: async () => (await import('./commands/contours.ts')).addContoursCommand,
  deidentify: async () => (await import('./commands/deidentify.ts')).addDeidentifyCommand,
  cardiac: async () => (await import('./commands/cardiac.ts')).addCardiacCommands,
  model: async () => (await import('./commands/model.ts')).addModelCommands,
  phantom: async () => (await import('./commands/phantom.ts')).addPhantomCommand,
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  'config-schema': async () => (await import('./commands/serve.ts')).addServeCommand,
  workers: async () => (await import('./commands/workers.ts')).addWorkersCommand,
  start: async () => (await import('./commands/start.ts')).addStartCommand,
  echo: async () => (await import('./commands/echo.ts')).addEchoCommand,
  find: async () => (await import('./commands/find.ts')).addFindCommand,
  get: async () => (await import('./commands/get.ts')).addGetCommand,
  move: async () => (await import('./commands/move.ts')).addMoveCommand,
  send: async () => (await import('./commands/send.ts')).addSendCommand,
  validate: async () => (await import('./commands/validate.ts')).addValidateCommand,
  'reader-study': async () => (await import('./commands/reader-study.ts')).addReaderStudyCommand,
  worklist: async () => (await import('./commands/worklist.ts')).addWorklistCommand,
  routes: async () => (await import('./commands/routes.ts')).addRoutesCommands,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommands,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  archive: async () => (await import('./commands/archive.ts')).addArchiveCommands,
  backup: async () => (await import('./commands/backup.ts')).addBackupCommands,
  restore: async () => (await import('./commands/backup.ts')).addBackupCommands,
  replay: async () => (await import('./commands/audit.ts')).addAuditCommands,
};

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('photopeak')
  .description(
    'Imaging-AI orchestrator that sits beside a PACS. Not a cleared medical device: for research and evaluation until a site has validated it.',
  )
  .version(version)
  .showHelpAfterError('(photopeak --help lists the commands)')
  .exitOverride();

const called = COMMANDS[process.argv[2] ?? ''];
const additions = await Promise.all(
  (called === undefined ? Object.values(COMMANDS) : [called]).map((load) => load()),
);
for (const add of new Set(additions)) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end here with 0; a command line that cannot be read is an unusable input.
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.unusableInput;
}
// A pool of worker threads must not keep a finished command alive.
if (process.exitCode !== undefined) process.exit();
