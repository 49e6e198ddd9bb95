/** The modules of FOG Client that are told something in its poll (spec client-protocol 3.5), by their names there. */
export const MODULE_KEYS = [
  'autologout',
  'displaymanager',
  'hostnamechanger',
  'powermanagement',
  'printermanager',
  'snapinclient',
  'taskreboot',
  'usertracker',
] as const;
export type ModuleKey = (typeof MODULE_KEYS)[number];

export function isModuleKey(text: string): text is ModuleKey {
  return (MODULE_KEYS as readonly string[]).includes(text);
}
