import { PAGE_STYLE } from '../http/page-style.js';

/** Of the page, beside what all pages have. */
export const STYLE = `${PAGE_STYLE}
.clock { margin-inline-start: auto; font-variant-numeric: tabular-nums; }
.verdict { padding: .6rem 1.1rem; border-radius: .6rem; background: var(--ok); color: var(--on); }
[data-status=degraded] .verdict { background: var(--warn); }
[data-status=fail] .verdict { background: var(--bad); }
.cause { padding: .6rem 1.1rem; border-radius: .6rem; background: var(--card); border-inline-start: .4rem solid var(--bad); }
.cause h2 span, .quiet { color: var(--quiet); font-weight: 400; }
pre { margin: .4rem 0; padding: .5rem .7rem; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap; }
.columns { display: grid; gap: 0 1.5rem; }
@media (min-width: 56rem) { .columns { grid-template-columns: 1fr 1fr; } }
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
@media (max-width: 30rem) { .backend { display: none; } }
#silence { margin: 0; padding: .6rem 1.1rem; border-radius: .6rem; background: var(--bad); color: var(--on); font-weight: 600; }
`;
