/** Of the page: no colour says anything that a word does not. */
export const STYLE = `
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
.clock { margin-inline-start: auto; font-variant-numeric: tabular-nums; }
.skip { position: absolute; inset-inline-start: -99rem; }
.skip:focus { inset-inline-start: 1rem; inset-block-start: .5rem; background: var(--back); padding: .5rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h1 small { font-size: 1rem; font-weight: 600; }
h2 { margin: 0 0 .4rem; font-size: 1.05rem; }
p { margin: .2rem 0; }
.verdict { padding: .6rem 1.1rem; border-radius: .6rem; background: var(--ok); color: var(--on); }
[data-status=degraded] .verdict { background: var(--warn); }
[data-status=fail] .verdict { background: var(--bad); }
section, #causes { margin-block-start: .6rem; }
.cause { padding: .6rem 1.1rem; border-radius: .6rem; background: var(--card); border-inline-start: .4rem solid var(--bad); }
.cause h2 span, .quiet { color: var(--quiet); font-weight: 400; }
code, pre, textarea { font: .9rem/1.45 ui-monospace, monospace; }
pre { margin: .4rem 0; padding: .5rem .7rem; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap; }
.columns { display: grid; gap: 0 1.5rem; }
@media (min-width: 56rem) { .columns { grid-template-columns: 1fr 1fr; } }
ul, ol { margin: 0; padding: 0; list-style: none; }
#checks > li { padding: .25rem 0; border-block-end: 1px solid var(--line); }
.state { font-weight: 600; color: var(--ok); }
[data-state=warns] .state { color: var(--warn); }
[data-state=fails] .state, .bad { color: var(--bad); font-weight: 600; }
.strip, .chart { display: block; width: 100%; }
.strip { height: .5rem; margin-block: .2rem; border-radius: .2rem; }
.chart { height: 4.5rem; background: var(--card); border-radius: .3rem; }
.up { fill: var(--ok); } .down { fill: var(--bad); }
.changes, .legend { color: var(--quiet); font-size: .85rem; }
figure { margin: 0 0 .6rem; }
polygon.used { fill: var(--used); }
polyline { fill: none; stroke: var(--bad); stroke-width: 2; vector-effect: non-scaling-stroke; }
.limit { stroke: var(--quiet); stroke-dasharray: 6; vector-effect: non-scaling-stroke; }
.legend span { margin-inline-end: .8rem; }
.legend .used::before, .legend .waiting::before { content: ''; display: inline-block; width: .8rem; height: .6rem; margin-inline-end: .3rem; background: var(--used); }
.legend .waiting::before { height: .15rem; vertical-align: middle; background: var(--bad); }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .5rem .25rem 0; text-align: start; vertical-align: top; border-block-end: 1px solid var(--line); }
.at, code, a { overflow-wrap: anywhere; }
@media (max-width: 30rem) { .backend { display: none; } }
button { padding: .4rem .8rem; font: inherit; cursor: pointer; }
textarea { width: 100%; white-space: pre; overflow: auto; }
label { display: block; margin-block: .4rem .2rem; }
#silence { margin: 0; padding: .6rem 1.1rem; border-radius: .6rem; background: var(--bad); color: var(--on); font-weight: 600; }
footer { margin-block-start: 1rem; font-size: .9rem; } footer a { margin-inline-end: 1rem; }
`;
