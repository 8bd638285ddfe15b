"""How the page of a weekly report looks."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2230; --soft: #5b6273; --line: #e3e1da;
  --accent: #1f6f5c; --other: #b9c6c1; --mark: #b4531a; --tint: #eaf2ef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1b1f26; --ink: #e8eaee; --soft: #a2a9b6; --line: #2d323c;
    --accent: #58c2a4; --other: #48535a; --mark: #f0a068; --tint: #1f2b2a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
.kicker {
  margin: 0; color: var(--accent); font-size: .8rem; font-weight: 600;
  letter-spacing: .08em; text-transform: uppercase;
}
h1 { margin: .1rem 0 .6rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .8rem; font-size: 1.12rem; }
.lead { margin: 0; max-width: 46rem; font-size: 1.08rem; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem;
  margin: 1.6rem 0;
}
.tiles div, section {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
.tiles div { padding: .8rem 1rem; display: flex; flex-direction: column; }
.tiles dt { color: var(--soft); font-size: .84rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 650; line-height: 1.3; }
.tiles dd.more { color: var(--soft); font-size: .8rem; font-weight: 400; }
section { margin: 0 0 1rem; padding: 1.15rem 1.25rem; }
section > :last-child { margin-bottom: 0; }
p { margin: .4rem 0; }
ul { margin: .5rem 0; padding-left: 1.15rem; }
li { margin: .25rem 0; }
li::marker { color: var(--soft); }
.steps { list-style: none; counter-reset: step; margin: 0; padding: 0; }
.steps li {
  counter-increment: step; position: relative; display: grid; margin: 0;
  grid-template-columns: 1fr auto; gap: .1rem 1.2rem; padding: .7rem 0 .7rem 2.6rem;
  border-top: 1px solid var(--line);
}
.steps li:first-child { border-top: 0; padding-top: .2rem; }
.steps li::before {
  content: counter(step); position: absolute; left: 0; top: .75rem; width: 1.75rem;
  height: 1.75rem; border-radius: 50%; background: var(--tint); color: var(--accent);
  font-size: .9rem; font-weight: 650; line-height: 1.75rem; text-align: center;
}
.steps li:first-child::before { top: .25rem; }
.steps b { font-weight: 600; }
.why { grid-column: 1; color: var(--soft); font-size: .92rem; }
.amount { grid-column: 2; grid-row: 1 / span 2; align-self: center; color: var(--accent);
  font-weight: 600; white-space: nowrap; font-size: .95rem; }
.items { list-style: none; margin: 0 0 .8rem; padding: 0; }
.items li { display: grid; grid-template-columns: 1fr auto; gap: 0 1.2rem; margin: 0;
  padding: .5rem 0; border-bottom: 1px solid var(--line); }
.items b { font-weight: 400; }
.items .amount { color: var(--ink); }
figure { margin: 0 0 1.4rem; }
figcaption {
  display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; color: var(--soft); font-size: .88rem;
}
.key { display: inline-flex; align-items: center; gap: .5rem; }
.key .mark { width: 1.4rem; border-top: 2.5px solid var(--mark); }
.chart { display: block; width: 100%; height: auto; margin: .4rem 0 0; }
.chart text { font: 13px system-ui, "Noto Sans", sans-serif; text-anchor: middle; }
.chart .amount { fill: var(--ink); font-weight: 600; }
.chart .label { fill: var(--soft); }
.chart .axis { stroke: var(--soft); stroke-width: 1; }
.chart .this { fill: var(--accent); }
.chart .other { fill: var(--other); }
.chart .usual { stroke: var(--mark); stroke-width: 2.5; }
details { color: var(--soft); font-size: .85rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .94rem; margin: .2rem 0 .6rem; }
th, td {
  padding: .42rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; font-weight: 400; vertical-align: top;
}
thead th { color: var(--soft); font-size: .82rem; overflow-wrap: normal; }
tbody tr:last-child > * { border-bottom: 0; }
.text { text-align: left; white-space: normal; min-width: 8rem; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.share { display: block; height: 4px; margin-top: .25rem; border-radius: 2px;
  background: var(--tint); max-width: 15rem; }
.share i { display: block; height: 100%; border-radius: 2px; background: var(--accent); }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 34rem) {
  main { padding: 1.4rem .8rem 2rem; }
  section { padding: .95rem .9rem; }
  h1 { font-size: 1.5rem; }
  .steps li { grid-template-columns: 1fr; }
  .steps .amount { grid-column: 1; grid-row: auto; justify-self: start; }
  .chart text { font-size: 19px; }
  table { font-size: .84rem; }
  th, td { padding: .4rem .3rem; }
  .text { min-width: 5.5rem; }
  thead th { font-size: .76rem; white-space: normal; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc;
    --accent: #1f6f5c; --other: #b9c6c1; --mark: #b4531a; --tint: #eee; }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section, .tiles div, figure, tr, .steps li { break-inside: avoid; }
  details { display: none; }
}
"""
