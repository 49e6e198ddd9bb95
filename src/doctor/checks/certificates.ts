import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type Check, type Finding, fail, ok, warn } from '../finding.js';

const DAY_MS = 86_400_000;
/** fogd renews its own long before. */
const SOON_DAYS = 30;

/** Certificates and keys in the folder `pki` of the state, and those that the settings name. */
export const certificates: Check = async ({ state, now, settings, problems, names, entry, text }) => {
  const folder = join(state, 'pki');
  const own = (await names(folder)).filter((file) => /\.(pem|key|crt)$/.test(file)).sort();
  const named = [settings.https.certificate, settings.https.key].filter((path) => path !== undefined);
  const paths = [...own.map((file) => join(folder, file)), ...new Set(named)];
  if (paths.length === 0) return [ok('none yet')];
  const found: Finding[] = problems
    .filter(({ path }) => path.startsWith('https.'))
    .map(({ path, what, mend }) => fail(`${path} ${what}`, mend));
  for (const path of paths) {
    const content = await text(path);
    if (content === undefined) {
      found.push(warn(`${path} cannot be read`, 'run this command as root, or as the user of fogd'));
      continue;
    }
    const mode = (await entry(path))?.mode ?? 0;
    if (content.includes('PRIVATE KEY') && (mode & 0o077) !== 0)
      found.push(
        fail(`the key in ${path} can be read by others`, `chmod 600 ${path}; who read it must be feared`),
      );
    found.push(...judge(path, content, now));
  }
  return found;
};

function judge(path: string, content: string, now: number): Finding[] {
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(content)?.[0];
  if (pem === undefined) return [];
  let days: number;
  try {
    days = Math.floor((Date.parse(new X509Certificate(pem).validTo) - now) / DAY_MS);
  } catch {
    return [fail(`${path} is no certificate`, 'restore it from a backup')];
  }
  if (days < 0) return [fail(`the certificate ${path} has ended`, 'look at the clock and at: fogd status')];
  const told = `${path} ends in ${days} days`;
  return [days < SOON_DAYS ? warn(told, 'replace it, or let fogd renew it: look at fogd status') : ok(told)];
}
