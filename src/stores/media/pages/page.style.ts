import { PAGE_STYLE } from '@holdfast/nest/http/page-style';

/** Of the pages of the media store, beside what all pages have. */
export const STYLE = `${PAGE_STYLE}
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.2rem; }
nav [aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
[hidden] { display: none !important; }
.quiet { color: var(--quiet); }
main { padding-block-end: 2rem; }
time { white-space: nowrap; }
figure { margin: 0; }
main a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.scroll { overflow-x: auto; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
form, fieldset { display: grid; gap: .8rem; max-width: 44rem; margin: 0; padding: 0; border: 0; min-width: 0; }
label { margin: 0; font-weight: 600; }
label small { font-weight: 400; color: var(--quiet); }
input, select, textarea { width: 100%; padding: .5rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--quiet); border-radius: .3rem; }
input[type=checkbox] { width: auto; margin-inline-end: .5rem; }
form > label { margin-block-end: -.5rem; }
.columns { display: grid; gap: 0 2.5rem; }
@media (min-width: 56rem) { .columns { grid-template-columns: 1fr 1fr; } }
section { margin-block-start: 1.2rem; }
textarea[spellcheck=false] { font: .9rem/1.45 ui-monospace, monospace; }
textarea { min-height: 6rem; white-space: pre-wrap; }
button { justify-self: start; border: 1px solid var(--quiet); border-radius: .3rem; background: var(--card); color: inherit; }
button.main { background: var(--link); color: var(--back); border-color: var(--link); }
button[disabled] { opacity: .6; cursor: progress; }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; }
.message { margin: 0; padding: .6rem 1rem; border-radius: .4rem; background: var(--card); border-inline-start: .4rem solid var(--ok); white-space: pre-wrap; }
.message[data-state=fails] { border-color: var(--bad); }
.message[data-state=warns] { border-color: var(--warn); }
progress { width: 100%; height: 1.2rem; }
.preview { max-width: 100%; max-height: 20rem; border-radius: .4rem; }
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem; }
.photos img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: .4rem; background: var(--card); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem; }
.figures > div { padding: .6rem 1rem; border-radius: .5rem; background: var(--card); }
.figures dt { color: var(--quiet); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.chart { display: block; width: 100%; height: 11rem; background: var(--card); border-radius: .4rem; }
.chart .done { fill: var(--ok); } .chart .failed { fill: var(--bad); } .chart .timeout { fill: var(--warn); }
.chart polyline { fill: none; stroke: var(--ink); stroke-width: 2; vector-effect: non-scaling-stroke; }
.legend { color: var(--quiet); font-size: .9rem; }
.legend span { margin-inline-end: 1rem; }
.legend span::before { content: ''; display: inline-block; width: .8rem; height: .7rem; margin-inline-end: .35rem; background: var(--ink); }
.legend .done::before { background: var(--ok); } .legend .failed::before { background: var(--bad); } .legend .timeout::before { background: var(--warn); }
.legend .line::before { height: .15rem; vertical-align: middle; }
`;
