/** Tokens with which programs use the API over the network, and what each may do. */

export const RESOURCES = [
  'hosts',
  'groups',
  'images',
  'tasks',
  'sessions',
  'menu',
  'leases',
  'boot-files',
  'snapins',
  'users',
  'tokens',
  'settings',
  'status',
  'trace',
  'nodes',
  'pki',
  'audit',
  'metrics',
] as const;

export type Resource = (typeof RESOURCES)[number];
/** What a route needs. */
export type Scope = `${Resource}:${'read' | 'write'}`;

/** All that a token can be given: each scope, reading everything, or everything. */
export const GRANTS: readonly string[] = [
  '*',
  '*:read',
  ...RESOURCES.flatMap((resource) => [`${resource}:read`, `${resource}:write`]),
];

export const isGrant = (text: string): boolean => GRANTS.includes(text);

/** Whether grants are enough for a scope. Who may change a thing may read it. */
export function allows(grants: readonly string[], scope: string): boolean {
  const [resource, right] = scope.split(':');
  return grants.some(
    (grant) =>
      grant === '*' ||
      grant === scope ||
      (right === 'read' && (grant === '*:read' || grant === `${resource}:write`)),
  );
}

/** So that a token is known for one wherever it is found, by people and by programs that look for leaked secrets. */
export const TOKEN_PREFIX = 'fogd_';
export const TOKEN_BYTES = 32;

export interface ApiToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  /** To the minute. */
  readonly lastUsedAt: number | null;
}

export function isTokenName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,39}$/.test(text);
}
