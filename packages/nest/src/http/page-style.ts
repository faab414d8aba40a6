/** What the pages of a service have in common: no colour says anything that a word does not. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; font: 1rem/1.45 system-ui, sans-serif;
  --back: #fff; --card: #f4f5f7; --ink: #16181d; --quiet: #565d6b; --line: #d5d9e0; --link: #0b57b0;
  --ok: #1a7f37; --warn: #8a5a00; --bad: #b42318; --used: #5b8def; --on: #fff; }
@media (prefers-color-scheme: dark) { :root {
  --back: #0f1115; --card: #1a1d24; --ink: #e8eaee; --quiet: #a3abba; --line: #333a47; --link: #82b4ff;
  --ok: #4cc26a; --warn: #e0a838; --bad: #ff7b72; --used: #5b8def; --on: #0f1115; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1rem 1rem; background: var(--back); color: var(--ink); overflow-wrap: break-word; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .6rem 0; color: var(--quiet); font-size: .9rem; }
header strong { color: var(--ink); }
.skip { position: absolute; inset-inline-start: -99rem; }
.skip:focus { inset-inline-start: 1rem; inset-block-start: .5rem; background: var(--back); padding: .5rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h1 small { font-size: 1rem; font-weight: 600; }
h2 { margin: 0 0 .4rem; font-size: 1.05rem; }
p { margin: .2rem 0; }
section, #causes { margin-block-start: .6rem; }
code, pre, textarea { font: .9rem/1.45 ui-monospace, monospace; }
ul, ol { margin: 0; padding: 0; list-style: none; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .5rem .25rem 0; text-align: start; vertical-align: top; border-block-end: 1px solid var(--line); }
.at, code, a { overflow-wrap: anywhere; }
button { padding: .4rem .8rem; font: inherit; cursor: pointer; }
textarea { width: 100%; white-space: pre; overflow: auto; }
label { display: block; margin-block: .4rem .2rem; }
footer { margin-block-start: 1rem; font-size: .9rem; } footer a { margin-inline-end: 1rem; }
`;
