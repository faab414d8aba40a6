const USERINFO = /([a-z][a-z0-9+.-]*:\/{1,3})[^\s,;"']*@/gi;
const BARE_USERINFO = /^([^\s:@/]+):(?!\/)[^\s]*@/;
const PARAMETER = /\b((?:ssl)?password|passwd|pwd)(\s*=\s*)(?:'[^']*'|[^\s&;]+)/gi;

/** Whether a text that is no secret holds a password, as a connection string does. */
export function holdsPassword(text: string): boolean {
  return (
    /[a-z][a-z0-9+.-]*:\/{1,3}[^\s@/?#]*:[^\s]*@/i.test(text) || /\bpassword\s*=\s*\S/i.test(text)
  );
}

/** What may be printed of a text that should hold no password: that of a URL or a parameter is hidden. */
export function maskedText(text: string): string {
  return text
    .replace(USERINFO, '$1***@')
    .replace(BARE_USERINFO, '$1:***@')
    .replace(PARAMETER, '$1$2***');
}
