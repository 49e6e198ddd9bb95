/**
 * Text of strangers inside iPXE scripts. iPXE expands `${…}` anywhere in a line and gives `||`, `&&`, `#`, quotes, backslash and line
 * ends a meaning (spec fos-protocol 8.1 no. 28): only characters that have none pass, everything else becomes `_`.
 */
export function ipxeText(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 .,:;()@+=!?/%_-]/gu, '_').slice(0, 120);
}
