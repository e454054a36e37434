/** The report's style sheet: light, dark and print. */
export const reportStyle = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--page:#fff;--tint:#fff3eb;--accent:#b84a00}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ea7b3;--line:#3d444d;--page:#0d1117;--tint:#2b1c12;--accent:#ff9a57}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:80rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem}
p{max-width:46rem}
.lead{font-size:1.1rem}
.verdict{border-left:4px solid var(--soft);padding:.4rem .8rem}
.verdict.wins{border-color:var(--accent);background:var(--tint)}
figure{margin:1rem 0}
figcaption,.note,small{color:var(--soft);font-size:.85rem}
svg text{font-family:inherit}
.scroll{overflow-x:auto}
.scroll th:first-child{position:sticky;left:0;background:var(--page)}
table{border-collapse:collapse;font-size:.8rem;font-variant-numeric:tabular-nums;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:right;white-space:nowrap}
th:first-child{text-align:left}
td.tried{white-space:normal;min-width:14em;color:var(--soft)}
th.tried,td.tried{text-align:left}
td.tried b{color:var(--ink)}
table small{font-size:1em}
tr.learned{background:var(--tint)}
tr.learned th{color:var(--accent)}
.scroll tr.learned th:first-child{background:var(--tint)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.9rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
@media print{:root{--ink:#000;--soft:#444;--line:#999;--page:#fff;--tint:#f4f4f4;--accent:#000}body{font-size:10pt}main{max-width:none;padding:0}.scroll{overflow:visible}table{font-size:7.5pt}th,td{padding:.2rem .3rem}figure,tr,dl{break-inside:avoid}h2{break-after:avoid}}
`;
