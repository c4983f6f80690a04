/** The whole look of the report; nothing is loaded from elsewhere. */
export const STYLE = `
:root { color-scheme: light; --ink: #16202c; --dim: #566272; --line: #d9e0e8; --ground: #f4f6f9; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); margin: 0; }
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 20px; padding-bottom: 14px; border-bottom: 2px solid var(--ink); }
.draft { display: inline-block; margin: 0 0 6px; padding: 2px 10px; border-radius: 3px; background: #8a1c1c; color: #fff; font-weight: 600; }
h1 { font-size: 23px; margin: 0 0 8px; } h2 { font-size: 17px; margin: 26px 0 8px; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 28px; margin: 0; }
dt { color: var(--dim); font-size: 12.5px; } dd { margin: 0; font-weight: 600; }
.check { margin-top: 18px; padding: 2px 18px 10px; background: #fff5e2; border-left: 4px solid #c77700; }
.check h2 { margin-top: 10px; } .check ul { margin: 0; padding-left: 18px; } .check li { margin: 4px 0; overflow-wrap: anywhere; }
.check .error::marker { color: #b00020; } .check .error span { font-weight: 600; } .check em { font-style: normal; color: #5d4715; font-weight: 400; }
code { font-size: 11.5px; color: #7a6a45; }
.overview { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 32px; align-items: start; }
.overview figure { margin-top: 26px; max-width: 560px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--dim); font-weight: 600; font-size: 13px; } tfoot th { border-bottom: 0; }
th[scope=row] { white-space: nowrap; font-weight: 600; width: 1%; padding-right: 24px; }
.number { text-align: right; white-space: nowrap; padding-right: 0; padding-left: 12px; } .number + td { padding-left: 20px; }
.pill { display: inline-block; padding: 1px 10px; border-radius: 10px; font-weight: 600; background: #e3e7ec; }
.green { background: #d4efdc; color: #0f5527; } .amber { background: #ffe8bd; color: #6b4400; } .red { background: #fbd5d5; color: #7d1010; }
.dim { color: var(--dim); } figure { margin: 0 0 22px; }
img { display: block; max-width: 100%; height: auto; background: #0b0e13; border-radius: 4px; }
figcaption { color: var(--dim); font-size: 13px; padding-top: 4px; }
details { margin: 10px 0; } summary { cursor: pointer; color: #1d4f91; } pre { font-size: 13px; white-space: pre-wrap; background: var(--ground); padding: 10px; }
footer { padding-top: 16px; padding-bottom: 28px; color: var(--dim); font-size: 13px; }
@media (max-width: 980px) { .overview { display: block; } }
@media print { body { font-size: 11px; } figure, tr { break-inside: avoid; } .overview figure { max-width: 300px; } }
`;
