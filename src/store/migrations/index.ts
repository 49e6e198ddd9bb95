import { sql as hostsAndTrace } from './0001-hosts-and-trace.js';
import { sql as imagesAndSessions } from './0002-images-and-sessions.js';
import { sql as taskEngine } from './0003-task-engine.js';
import { sql as menu } from './0004-menu.js';
import { sql as users } from './0005-users.js';
import { sql as groups } from './0006-groups.js';
import { sql as inventoryHistory } from './0007-inventory-history.js';
import { sql as storageNodes } from './0008-storage-nodes.js';
import { sql as capone } from './0009-capone.js';
import { sql as indexes } from './0010-indexes.js';
import { sql as generations } from './0011-generations.js';
import { sql as bootFiles } from './0012-boot-files.js';
import { sql as tokensAndAudit } from './0013-tokens-and-audit.js';
import { sql as snapins } from './0014-snapins.js';
import { sql as clients } from './0015-clients.js';
import { sql as clientModules } from './0016-client-modules.js';
import { sql as snapinReplication } from './0017-snapin-replication.js';
import { sql as wakePlans } from './0018-wake-plans.js';
import { sql as domainDefaults } from './0019-domain-defaults.js';
import { sql as auditOutcome } from './0020-audit-outcome.js';

/** All migrations in order; the schema version of a store (`user_version`) is how many of them it has seen. Never edited once released. */
export const migrations: readonly string[] = [
  hostsAndTrace,
  imagesAndSessions,
  taskEngine,
  menu,
  users,
  groups,
  inventoryHistory,
  storageNodes,
  capone,
  indexes,
  generations,
  bootFiles,
  tokensAndAudit,
  snapins,
  clients,
  clientModules,
  snapinReplication,
  wakePlans,
  domainDefaults,
  auditOutcome,
];
