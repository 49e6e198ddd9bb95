import { Command } from 'commander';
import { addAudit } from './audit.js';
import { addBackup } from './backup.js';
import { addBootfile } from './bootfile.js';
import { addCheck } from './check.js';
import { addDhcp } from './dhcp.js';
import { addDoctor } from './doctor.js';
import { addEvents } from './events.js';
import { addClient } from './fog-client.js';
import { addGroup } from './group.js';
import { addHost } from './host.js';
import { addImage } from './image.js';
import { addLease } from './lease.js';
import { addLogins } from './logins.js';
import { addMenu } from './menu.js';
import { addNode } from './node.js';
import { addPki } from './pki.js';
import { addPorts } from './ports.js';
import { addPower } from './power.js';
import { addPrinter } from './printer.js';
import { addServe } from './serve.js';
import { addSession } from './session.js';
import { addStatus } from './status.js';
import { addTask } from './task.js';
import { addToken } from './token.js';
import { addTrace } from './trace.js';
import { addUser } from './user.js';
import { version } from './version.js';

/** The command line: one file per command. */
export function createProgram(): Command {
  const program = new Command('fogd')
    .description('Boots, registers and images the PCs of a network.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(fogd --help lists the commands)');
  for (const add of [
    addServe,
    addCheck,
    addPorts,
    addStatus,
    addTrace,
    addHost,
    addImage,
    addTask,
    addUser,
    addMenu,
    addGroup,
    addNode,
    addLease,
    addBootfile,
    addDhcp,
    addPki,
    addSession,
    addToken,
    addAudit,
    addEvents,
    addBackup,
    addDoctor,
    addClient,
    addPower,
    addPrinter,
    addLogins,
  ])
    add(program);
  return program;
}
