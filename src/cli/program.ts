import { addAudit } from './audit.js';
import { addBackup } from './backup.js';
import { addBootfile } from './bootfile.js';
import { addCheck } from './check.js';
import { FogdCommand } from './command.js';
import { addCompletion } from './completion.js';
import { addDhcp } from './dhcp.js';
import { addDoctor } from './doctor.js';
import { addEvents } from './events.js';
import { addClient } from './fog-client.js';
import { addGroup } from './group.js';
import { addHost } from './host.js';
import { addImage } from './image.js';
import { addLease } from './lease.js';
import { addMenu } from './menu.js';
import { addNode } from './node.js';
import { addPki } from './pki.js';
import { addPorts } from './ports.js';
import { addServe } from './serve.js';
import { addSession } from './session.js';
import { addSettings } from './settings.js';
import { addSnapin } from './snapin.js';
import { addStatus } from './status.js';
import { addTask } from './task.js';
import { addToken } from './token.js';
import { addTrace } from './trace.js';
import { addUser } from './user.js';
import { version } from './version.js';

/** The commands, as `fogd --help` and docs/reference/cli.md group them. */
const GROUPS: Readonly<Record<string, ReadonlyArray<(program: FogdCommand) => void>>> = {
  'Look:': [addStatus, addTrace, addEvents, addAudit, addDoctor, addPorts],
  'Machines and what they do:': [addHost, addGroup, addTask, addSession, addImage, addSnapin, addClient],
  'What machines boot:': [addMenu, addBootfile, addLease, addDhcp],
  'Who may do what:': [addUser, addToken, addPki],
  'This server:': [addServe, addCheck, addSettings, addNode, addBackup, addCompletion],
};

/** The command line: one file per command. */
export function createProgram(): FogdCommand {
  const program = new FogdCommand('fogd');
  program
    .description('Boots, registers and images the PCs of a network.')
    .version(version)
    .exitOverride()
    .helpCommand('help [command]', 'how a command is used')
    .hook('preAction', (_, command) => (command as FogdCommand).refuseStrangeWords())
    .addHelpText('after', EXAMPLES);
  for (const [heading, adds] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const add of adds) add(program);
  }
  return program;
}

const EXAMPLES = `
Examples:
  fogd status
  fogd host list
  fogd task deploy lab-pc-01 --image base
  fogd trace lab-pc-01
  fogd task deploy --help`;
